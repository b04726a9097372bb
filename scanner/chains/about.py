"""What is read of each network, at which heights, and what nobody can show; docs/networks.md.

One row a protocol. For families of readers the heights and the evidence are what the readers
declare; for the older sources they stand here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scanner.chains.fleet.interface import ReaderAbility
from scanner.chains.fleet.quorum import operators_of
from scanner.chains.interface import Reach
from scanner.chains.table import READERS, chosen_endpoints, reader_class
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry

_REPORTED: Final = (Evidence.REPORTED, Evidence.AGREED)
_NEWEST: Final = (Evidence.LATEST_ONLY,)

HEIGHTS: Final[Mapping[Reach, str]] = {
    Reach.ANY: "any that the node keeps",
    Reach.WINDOW: "recent ones; any on nodes that keep all",
    Reach.TIP: "the newest only",
}


@dataclass(frozen=True, slots=True)
class About:
    """reads: what a row's balance is made of. unshown: what is not in it and cannot be had so.

    endpoint: what kind of server is asked. heights, evidence: None where readers declare them.
    """

    endpoint: str
    reads: str
    unshown: str
    heights: str | None = None
    evidence: tuple[Evidence, ...] | None = None


_UNSPENT: Final = "unspent outputs of the address's script"
_OMNI: Final = "Omni tokens"

ABOUT: Final[Mapping[str, About]] = {
    "utxo_snapshot": About(
        "a file of all coins", _UNSPENT, _OMNI, "that of the file", (Evidence.PROVEN,)
    ),
    "bitcoin_core": About(
        "own node, or another's",
        _UNSPENT,
        _OMNI,
        "the tip and a day back",
        (Evidence.PROVEN, Evidence.REPORTED),
    ),
    "bitcoin_filters": About(
        "own node, or another's, with block filters",
        _UNSPENT,
        _OMNI,
        "any",
        (Evidence.PROVEN, Evidence.REPORTED),
    ),
    "electrum": About("Electrum servers", _UNSPENT, _OMNI, "any", _REPORTED),
    "esplora": About("Esplora servers", _UNSPENT, _OMNI, "any, recent ones quickly", _REPORTED),
    "blockbook": About("Blockbook servers", _UNSPENT, _OMNI, "any, recent ones quickly", _REPORTED),
    "ethereum_rpc": About(
        "JSON-RPC nodes",
        "the coin, and tokens by balanceOf",
        "what contracts hold for somebody",
        "any that the node keeps",
        (*_REPORTED, Evidence.PROVEN),
    ),
    "filecoin_rpc": About(
        "Lotus nodes with the Ethereum API",
        "an actor's whole balance after the epoch, of f0 to f4 and 0x",
        "escrow in the storage market; which part is pledged or vests",
        "any that the node keeps",
        _REPORTED,
    ),
    "beacon": About(
        "beacon nodes",
        "validators' balances",
        "rewards already paid out",
        "any that the node keeps",
        _REPORTED,
    ),
    "aelf_http": About(
        "nodes of the main chain and of tDVV",
        "ELF on both chains, added up",
        "ELF locked for votes; what is on its way between the chains",
        HEIGHTS[Reach.TIP],
        _NEWEST,
    ),
    "xrpl_rpc": About(
        "rippled or Clio with history",
        "XRP with the reserve; tokens by trust line",
        "escrows and payment channels; what lies in pools",
    ),
    "tron_http": About(
        "java-tron",
        "TRX liquid, staked, lent out, unfreezing; TRC-20 by balanceOf, hundreds of holders in one "
        "call that names its block; the solid state",
        "votes' rewards not yet taken; any past state, except on a node stopped there",
    ),
    "solana_rpc": About(
        "JSON-RPC nodes",
        "lamports, stake by its withdrawer, all token accounts of both programs",
        "stake, where the node has no search for it; stake accounts by themselves (their SOL is in "
        "their withdrawer's row); confidential balances; past states",
    ),
    "ton_http": About(
        "ton-http-api (toncenter version 2)",
        "coins; jettons in the wallet whose address is computed",
        "stake in nominators' pools; jettons of unknown wallets",
    ),
    "aptos_rest": About(
        "full nodes' REST",
        "APT as coin and fungible asset; assets in the primary store",
        "stake in delegation pools; secondary stores",
    ),
    "substrate_rpc": About(
        "archive nodes",
        "free and reserved, split by the staking ledger; assets on Asset Hub; DOT there with what "
        "the relay chain still holds of the account in the block that Asset Hub's is built on",
        "rows of the relay chain after its DOT moved to Asset Hub; stake in pools before 2024-10",
    ),
    "antelope_rpc": About(
        "nodeos",
        "A with stake given, refunds and REX; EOS in its token contract",
        "past states, except on a node started from a snapshot",
    ),
    "sui_graphql": About(
        "GraphQL servers",
        "coin objects and address balances; principals of stake",
        "rewards of stake before they are paid; objects owned by objects",
    ),
    "starknet_rpc": About(
        "JSON-RPC nodes",
        "the coin and tokens, by balanceOf at the block's hash",
        "what contracts hold for somebody",
    ),
    "cosmos_rest": About(
        "nodes' REST gateways",
        "bank balance, delegations, what unbonds, rewards",
        "what contracts hold; which part vests",
    ),
    "stellar_horizon": About(
        "Horizon servers",
        "the coin with its reserve, and assets by trust line",
        "claimable balances and pools; past ledgers",
    ),
    "near_rpc": About(
        "JSON-RPC nodes",
        "what is at hand, and what a validator has locked",
        "stake in pools' contracts; lockup contracts; tokens",
    ),
    "cardano_koios": About(
        "Koios servers",
        "unspent outputs of the address",
        "rewards of stake keys; tokens; past blocks",
    ),
    "algorand_rest": About(
        "algod nodes",
        "the coin with pending rewards, and assets that the account opted into",
        "past rounds",
    ),
    "hedera_mirror": About(
        "mirror nodes",
        "the last balance on record and every transfer since, up to the block's end",
        "tokens; accounts that the mirror does not know",
    ),
}
"""Protocol -> what there is to say of it. Protocols that only stand beside another have no row."""


def heights_of(protocol: str) -> str:
    """At which heights a protocol's endpoints answer, in words."""
    if protocol in READERS:
        return HEIGHTS[_reader(protocol).reach]
    return ABOUT[protocol].heights or ""


def evidence_of(protocol: str) -> Sequence[Evidence]:
    """What answers over a protocol can be worth, the most common first."""
    if protocol not in READERS:
        return ABOUT[protocol].evidence or ()
    ability = _reader(protocol)
    if ability.reach is Reach.TIP:
        return _NEWEST
    proven = (Evidence.PROVEN,) if ability.evidence is Evidence.PROVEN else ()
    return (*_REPORTED, *proven)


def _reader(protocol: str) -> ReaderAbility:
    ability: ReaderAbility = reader_class(READERS[protocol]).ability
    return ability


def table(registry: Registry) -> str:
    """The table of docs/networks.md: a row for each protocol, networks of one kind together.

    Networks that nothing reads come last, by name.
    """
    rows = []
    for protocol, about in ABOUT.items():
        names = [n.name for n in registry.networks.values() if protocol in n.sources]
        if not names:
            continue
        evidence = ", ".join(f"`{e}`" for e in evidence_of(protocol))
        cells = (
            ", ".join(sorted(names)),
            f"`{protocol}`: {about.endpoint}",
            about.reads,
            heights_of(protocol),
            evidence,
            about.unshown,
        )
        rows.append("| " + " | ".join(cells) + " |")
    unread = sorted(n.name for n in registry.networks.values() if not _is_read(n))
    if unread:
        nothing = "none | nothing: rows are `unavailable` | | | all"
        rows.append(f"| {', '.join(unread)} | {nothing} |")
    head = "| networks | endpoints | what is read | heights | evidence | what is left out |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows]) + "\n"


def operators(registry: Registry, endpoints: Mapping[str, Sequence[Endpoint]]) -> str:
    """A paragraph: for how many operators' endpoints each network's shipped table is good.

    endpoints: by network, as loaded. Those are counted that a quorum of two would ask.
    """
    names: dict[int, list[str]] = {}
    for network in sorted(registry.networks.values(), key=lambda n: n.name):
        if _is_read(network):
            _, chosen = chosen_endpoints(network, endpoints, 2)
            count = min(2, len(operators_of(chosen)))
            names.setdefault(count, []).append(network.name)
    return (
        "**Operators.** `config/endpoints.toml` names keyless public endpoints. A quorum of two "
        "can be had without others for all networks but these. "
        f"One operator is known for {', '.join(names.get(1, ()))}; "
        f"none for {', '.join(names.get(0, ()))}. None of the addresses was tried when the "
        "table was made: `scanner endpoints check` does.\n"
    )


def _is_read(network: Network) -> bool:
    return any(protocol in ABOUT for protocol in network.sources)
