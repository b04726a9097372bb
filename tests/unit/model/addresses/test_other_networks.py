"""The codecs of the other networks: specification examples, spellings of one holder, refusals."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanner.errors import AddressFormatError, ConfigError
from scanner.model.addresses import base58
from scanner.model.addresses.base32_keys import AlgorandCodec, ConfluxCodec, StrkeyCodec
from scanner.model.addresses.base58_keys import AelfCodec, RippleCodec, Ss58Codec
from scanner.model.addresses.cardano import CardanoCodec
from scanner.model.addresses.cosmos import CosmosCodec
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import decode_address
from scanner.model.addresses.ton import TonCodec
from scanner.model.addresses.tron import TronCodec
from scanner.settings.tables import load_registry

NETWORKS = load_registry().networks
KEYS = st.binary(min_size=32, max_size=32)
ACCOUNTS = st.binary(min_size=20, max_size=20)
KEY = bytes(range(32))


def two_byte_ss58(prefix: int) -> str:
    head = bytes((0x40 | prefix >> 2, (prefix & 3) << 6))
    body = head + KEY
    return base58.encode(body + hashlib.blake2b(b"SS58PRE" + body).digest()[:2])


def decode(network: str, text: str) -> Address:
    return decode_address(NETWORKS[network], text)


# network -> spellings that are the same holder
SAME = {
    "aptos-short": ("aptos", ["0x1", "0x" + "1".rjust(64, "0"), "1".rjust(64, "0"), "0x0001"]),
    "sui": ("sui", ["0x" + "2".rjust(64, "0"), "2".rjust(64, "0")]),
    "zcash tex": (
        "zcash",
        ["tex1s2rt77ggv6q989lr49rkgzmh5slsksa9khdgte", "t1VmmGiyjVNeCjxDZzg7vZmd99WyzVby9yC"],
    ),
    "starknet": ("starknet", ["0x0abc", "0xABC", "0x" + "abc".rjust(64, "0")]),
    "ton": (
        "ton",
        [
            "0:" + KEY.hex(),
            "0:" + KEY.hex().upper(),
            TonCodec("t", "").encode(0, KEY),
            TonCodec("t", "").encode(0, KEY, bounceable=False),
            TonCodec("t", "").encode(0, KEY).replace("_", "/").replace("-", "+"),
        ],
    ),
    "aelf": (
        "aelf",
        [AelfCodec("a", "").encode(KEY), f"ELF_{AelfCodec('a', '').encode(KEY)}_AELF"],
    ),
    "conflux": (
        "conflux-core",
        [
            "cfx:aak2rra2njvd77ezwjvx04kkds9fzagfe6ku8scz91",
            "CFX:TYPE.USER:AAK2RRA2NJVD77EZWJVX04KKDS9FZAGFE6KU8SCZ91",
            "cfx:type.user:aak2rra2njvd77ezwjvx04kkds9fzagfe6ku8scz91",
        ],
    ),
    "xrpl-x": (  # from the XLS-5 text: an account and its X-address without a tag
        "xrpl",
        [
            "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59",
            "X7AcgcsBL6XDcUb289X4mJ8djcdyKaB5hJDWMArnXr61cqZ",
            "X7AcgcsBL6XDcUb289X4mJ8djcdyKaGZMhc9YTE92ehJ2Fu",
        ],
    ),
    "stellar-muxed": (  # SEP-23: an account, and the same with an id
        "stellar",
        [
            "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
            "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ",
        ],
    ),
    "hedera": ("hedera", ["0.0.123", "0.0.123-vfmkw"]),
    "validator": ("ethereum-beacon", ["0x" + "a" * 96, "A" * 96, "0x" + "A" * 96]),
    "bech32 upper": (
        "terra-classic",
        [
            CosmosCodec("t", "terra").encode(KEY[:20]),
            CosmosCodec("t", "terra").encode(KEY[:20]).upper(),
        ],
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_spellings_of_one_holder_share_key_and_text(case: str) -> None:
    network, spellings = SAME[case]
    addresses = [decode(network, s) for s in spellings]
    assert len({a.key for a in addresses}) == 1
    assert len({a.text for a in addresses}) == 1


KNOWN = [
    # examples of the networks' own specifications: network, address, payload in hex
    ("tron", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "a614f803b6fd780986a42c78ec9c7f77e6ded13c"),
    ("conflux-core", "cfx:aarc9abycue0hhzgyrr53m6cxedgccrmmyybjgh4xg", "1a2f80341409639ea6a35bbcab8299066109aa55"),
    ("polkadot", "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5", "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"),
    ("stellar", "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ", "3f0c34bf93ad0d9971d04ccc90f705511c838aad9734a4a2fb0d7a03fc7fe89a"),
    ("algorand", "7777777777777777777777777777777777777777777777777774MSJUVU", "ff" * 32),
    ("filecoin", "f15ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq", "ea0f0ea039b291a0f08fd179e0556a8c3277c0d3"),
    ("cardano", "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8", "619493315cd92eb5d8c4304e67b7e16ae36d61d34502694657811a2c8e"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "text", "payload"), KNOWN)
def test_specification_examples(network: str, text: str, payload: str) -> None:
    assert decode(network, text).payload.hex() == payload


def test_antelope_name_is_the_64_bit_number_of_the_chain() -> None:
    # eosio is 6138663577826885632 in every Antelope chain's tables
    assert int.from_bytes(decode("vaulta", "eosio").payload, "big") == 6138663577826885632


@pytest.mark.parametrize(
    ("number", "letters"),
    [("1", "dfkxr"), ("4", "cjcuq"), ("5", "ktach"), ("6", "tcxjy"), ("12", "uuuup")],
)
def test_hip15_checksums(number: str, letters: str) -> None:
    assert decode("hedera", f"0.0.{number}-{letters}").text == f"0.0.{number}"


@given(KEYS)
def test_round_trips_of_32_bytes(key: bytes) -> None:
    for network, text in (
        ("polkadot", Ss58Codec("p", "0").encode(key)),
        ("stellar", StrkeyCodec("s", "").encode(key)),
        ("algorand", AlgorandCodec("a", "").encode(key)),
        ("aelf", AelfCodec("a", "").encode(key)),
        ("ton", TonCodec("t", "").encode(0, key)),
        ("ton", TonCodec("t", "").encode(-1, key, bounceable=False)),
        ("terra-classic", CosmosCodec("c", "terra").encode(key)),
    ):
        assert decode(network, text).payload == key


@given(ACCOUNTS)
def test_round_trips_of_20_bytes(account: bytes) -> None:
    for network, text in (
        ("tron", TronCodec("t", "").encode(account)),
        ("xrpl", RippleCodec("r", "").encode(account)),
        ("filecoin", FilecoinCodec("f", "").encode(1, account)),
        ("filecoin", FilecoinCodec("f", "").encode(2, account)),
        ("terra-classic", CosmosCodec("c", "terra").encode(account)),
        ("conflux-core", ConfluxCodec("c", "1029").encode(b"\x1f" + account[1:])),
    ):
        expected = b"\x1f" + account[1:] if network == "conflux-core" else account
        assert decode(network, text).payload == expected


@given(st.binary(min_size=28, max_size=28), st.binary(min_size=28, max_size=28))
def test_cardano_round_trip(payment: bytes, stake: bytes) -> None:
    codec = CardanoCodec("cardano", "")
    enterprise = codec.decode(codec.encode(b"\x61" + payment))
    base = codec.decode(codec.encode(b"\x01" + payment + stake))
    assert (enterprise.format, enterprise.payload[1:]) == ("cardano_enterprise", payment)
    assert (base.format, base.payload[1:29]) == ("cardano_base", payment)
    assert enterprise.key != base.key


@given(st.integers(0, 16383), KEYS)
@example(42, KEY)  # the prefix that wallets write for every chain is told in words of its own
def test_ss58_prefixes(prefix: int, key: bytes) -> None:
    codec = Ss58Codec("any", str(prefix))
    assert codec.decode(codec.encode(key)).payload == key
    with pytest.raises(AddressFormatError, match=r"another network|of no network alone"):
        Ss58Codec("any", str(prefix + 1)).decode(codec.encode(key))


def test_ton_workchains_are_different_holders() -> None:
    codec = TonCodec("t", "")
    assert codec.decode(codec.encode(0, KEY)).key != codec.decode(codec.encode(-1, KEY)).key


def test_filecoin_protocols_are_different_holders() -> None:
    codec = FilecoinCodec("f", "")
    assert (
        codec.decode(codec.encode(1, KEY[:20])).key != codec.decode(codec.encode(2, KEY[:20])).key
    )


REFUSED = [
    ("aelf", f"ELF_{AelfCodec('a', '').encode(KEY)}_tDVV", "another chain of the network"),
    ("aelf", f"ELF_{AelfCodec('a', '').encode(KEY)}", "half a wrapping"),
    ("algorand", AlgorandCodec("a", "").encode(KEY).lower(), "lower case"),
    ("aptos", "0x", "no digits"),
    ("aptos", "1", "bare and short"),
    ("aptos", "0x" + "1" * 65, "too long"),
    ("cardano", "stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw", "a stake address"),
    ("cardano", "stake_test1uzmggtulkyt5df9rpmqvh9acuc4etr5vntehx65nq2uz2mg8293u0", "test network"),
    ("sui", "0x2", "short, which wallets never write"),
    ("sui", "0x" + "2" * 40, "an EVM account"),
    ("cardano", "addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz", "test network"),
    ("conflux-core", "cfx:type.contract:aak2rra2njvd77ezwjvx04kkds9fzagfe6ku8scz91", "wrong type"),
    ("conflux-core", "cfx:user:aak2rra2njvd77ezwjvx04kkds9fzagfe6ku8scz91", "half an option"),
    ("conflux-core", "cfx:a:b:aak2rra2njvd77ezwjvx04kkds9fzagfe6ku8scz91", "two options"),
    ("conflux-core", "cfxtest:aak2rra2njvd77ezwjvx04kkds9fzagfe6d5r8e957", "test network"),
    ("ethereum-beacon", "0x" + "a" * 98, "trailing byte"),
    ("ethereum-beacon", "0x" + "0" * 96, "not compressed"),
    ("ethereum-beacon", "0xc0" + "0" * 94, "the point at infinity"),
    ("filecoin", "t15ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq", "test network"),
    ("filecoin", "F15IHQ5IBZWKI2B4EP2F46AVLKRQZHPQGTGA7PDRQ", "capitals"),
    ("filecoin", "f001", "leading zero"),
    ("filecoin", FilecoinCodec("f", "").encode(4, b"\xff" + bytes(19)), "an id as f410"),
    ("filecoin", "f09223372036854775808", "over 63 bits"),
    ("hedera", "0.0.123-vfmkx", "wrong checksum"),
    ("hedera", "0.1.123", "another shard"),
    ("hedera", "0.0.0123", "leading zero"),
    ("near", "Alice.near", "capitals"),
    ("near", "a", "too short"),
    ("near", "a..near", "empty part"),
    ("near", "a--b.near", "double dash"),
    ("near", "a" * 65, "too long"),
    ("polkadot", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "generic prefix 42"),
    ("polkadot", two_byte_ss58(0), "prefix 0 in two bytes"),
    ("starknet", hex(2**251 - 256), "above the largest contract address"),
    ("stellar", "SBU2RRGLXH3E5CQHTD3ODLDF2BWDCYUSSBLLZ5GNW7JXHDIYKXZWHOKR", "a secret seed"),
    ("ton", TonCodec("t", "").encode(0, KEY).lower(), "case folded"),
    ("ton", "1:" + KEY.hex(), "no such workchain"),
    ("ton", "kQAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH9hl", "test network or checksum"),
    ("vaulta", "Eosio", "capital"),
    ("vaulta", "eosio6", "digit 6"),
    ("vaulta", "eosio.", "trailing dot"),
    ("vaulta", "aaaaaaaaaaaaz", "13th letter over j"),
    ("vaulta", "aaaaaaaaaaaaaa", "14 letters"),
    ("xrpl", "T7gSwEFBcvPtD8KP1NApVDeoB48hoEWeMkdVPJrdJnCRjSm", "test network X-address"),
    ("xrpl", "snoPBrXtMeMyMHUVTgbuqAfg1SUTb", "a secret seed"),
    ("zcash", "zs1z7rejlpsa98s2rrrfkwmaxu53e4ue0ulcrw0h4x5g8jl04tak0d3mm47vdtahatqrlkngh9sly", "shielded"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "text", "why"), REFUSED)
def test_refused(network: str, text: str, why: str) -> None:
    with pytest.raises(AddressFormatError):
        decode(network, text)


def test_near_kinds() -> None:
    assert decode("near", "a" * 64).format == "near_implicit"
    assert decode("near", "0x" + "b" * 40).format == "near_eth_implicit"
    assert decode("near", "binance.near").format == "near_named"
    assert decode("near", "0x" + "b" * 41).format == "near_named"


def test_a_prefix_that_is_no_number_is_a_config_error() -> None:
    with pytest.raises(ConfigError):
        Ss58Codec("polkadot", "zero")
