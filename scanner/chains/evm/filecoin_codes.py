"""Which kind of actor a Filecoin code CID stands for, of mainnet.

Until version 7 of the actors a code is its own name ("fil/7/multisig" as an identity CID); since
then it is the hash of the code, another with each network upgrade.
Source: Lotus, build/builtin_actors_gen.go, commit b835fab of 2026-08-06 (Apache-2.0 or MIT):
mainnet, versions 8 to 19, of which the last two are equal. A code that is not here is of no known
kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final

from scanner.model.addresses.parsing import base32_decode


class Kind(Enum):
    """What is known of an actor. ACCOUNT: of one key, f1 or f3."""

    MULTISIG = "multisig"
    ACCOUNT = "account"
    OTHER = "other"


_HASHED: Final = "bafk2bzace"

_CODES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.MULTISIG: (
        "bhldfjuy4o5v7amrhp5p2gzv2qo5275jut4adnbyp56fxkwy5fag",
        "c4va3nmugyqjqrs3lqyr2ij67jhjia5frvx7omnh2isha6abxzya",
        "duf3hayh63jnl4z2knxv7cnrdenoubni22fxersc4octlwpxpmy4",
        "afajceqwg5ybiz7xw6rxammuirkgtuv625gzaehsqfprm4bazjmk",
        "cw5lyp3n3t67xdwrmo36h4z7afc3lobmmr6wg55w6yjzg5jhmh42",
        "cr5zqarfqak42xqcfeulsxlavcltawsx2fvc7zsjtby6ti4b3wqc",
        "ajcmsngu3f2chk2y7nanlen5xlftzatytzm6hxwiiw5i5nz36bfc",
        "d3csl3buj7chpunsubrhwhchtskx674fpukfen4u6pbpkcheueya",
        "astb65il5j3v2q2pfxgk7brmzh6djzisjo3mfybbiplgy3w7iscm",
        "blf5vqw4dwjueoetgawhg7t6he7qhdnfy3shf7ufnfv4mkwchgbm",
        "cgyiuanstjcdo43xkax274hmyyfiw7ju44uvcyreayonp7r3fmls",
    ),
    Kind.ACCOUNT: (
        "dudbf7fc5va57t3tmo63snmt3en4iaidv4vo3qlyacbxaa6hlx6y",
        "ct2p7urje3pylrrrjy3tngn6yaih4gtzauuatf2jllk3ksgfiw2y",
        "ampw4romta75hyz5p4cqriypmpbgnkxncgxgqn6zptv5lsp2w2bo",
        "alnlr7st6lkwoh6wxpf2hnrlex5sknaopgmkr2tuhg7vmbfy45so",
        "boftg75mdiba7xbo2i3uvgtca4brhnr3u5ptihonixgpnrvhpxoa",
        "dxnbtlsqdk76fsfmnhyvsblwyfducerwwtp3mqtx2wbrvs5idl52",
        "br7ik7lng7vysm754mu5x7sakphwm4soqi6zwbox4ukpd6ndwvqy",
        "cia5zacqt4gvd4z7275lnkhgraq75shy63cphakphhw6crf4joii",
        "def4sqdsfebspu7dqnk7naj27ac4lyho4zmvjrei5qnf2wn6v64u",
        "b4as5yyhjfkvxgooum37uvm5gbjr4dtbpxmqnpvvbjfpu5qouii4",
        "bt5o43hdveql4tqrnr7bg62by3d336ddsfl3l72xedhlsrbe6nia",
    ),
}
"""Kind -> what follows `_HASHED` in the CIDs of its versions, oldest first."""

_KINDS: Final = {_HASHED + rest: kind for kind, listed in _CODES.items() for rest in listed}

_NAMED: Final = re.compile(rb"\x01\x55\x00.fil/[1-7]/(multisig|account)", re.DOTALL)
"""CID version 1, raw bytes, identity, the length, the name."""


def kind_of(code: str) -> Kind:
    """The kind of actor that a code CID stands for."""
    known = _KINDS.get(code)
    if known is not None:
        return known
    try:
        raw = base32_decode(code[1:].upper()) if len(code) < 64 and code[:1] == "b" else b""
    except ValueError:
        return Kind.OTHER
    named = _NAMED.fullmatch(raw)
    if named is None or raw[3] != len(raw) - 4:
        return Kind.OTHER
    return Kind(named[1].decode())
