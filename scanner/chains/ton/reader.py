"""Reads TON accounts and jettons in the state after a masterchain block.

Nodes keep the states of some days; archive nodes keep all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Reading, Refusal, State
from scanner.chains.interface import Counted, Reach
from scanner.chains.ton.api import AccountState, TonApi
from scanner.chains.ton.jetton import LAYOUTS, Account, Layout, read_wallet, wallet_address
from scanner.chains.ton.keys import wallet_key
from scanner.errors import HeightNotReachedError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.addresses.ton import TonCodec
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyPolicy
from scanner.model.network import Network
from scanner.model.parts import Part
from scanner.model.ton_cells import Builder, Cell, Slice, read_bag, write_bag

FIRST_STATE: Final = {"-239": "17a3a92992aabea785a7a090985a265cd31f323d849da51239737e321fb05569"}
"""Global id of a network -> root hash of its first state, as every node's configuration has it."""

_CODE_AT: Final = 4
"""Place of the wallets' code in what get_jetton_data returns (TEP-74)."""


@dataclass(frozen=True, slots=True)
class _Jetton:
    """How the wallets of one master are found and read."""

    master: Account
    code: Cell
    layout: Layout


class TonReader(OneReader):
    """One node behind ton-http-api. A Reader."""

    ability = ReaderAbility(Reach.WINDOW, batch=10, workers=2, chunk=200)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._codec = TonCodec(network.name, "")
        self._api = TonApi(endpoint)
        self._jettons: dict[tuple[str, str], _Jetton] = {}

    def check(self) -> None:
        """See Reader. The chain is known by its first state. Raises SourceRejectedError."""
        seqno, first = self._api.tip()
        network = self._api.block(seqno).network
        if str(network) != self._chain or first != FIRST_STATE.get(self._chain, first):
            what = f"is not on {self._network} ({self._chain}): its network is {network}"
            raise SourceRejectedError(self._name, what)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. height: a masterchain seqno. Masterchain blocks are final.

        Raises HeightNotReachedError.
        """
        tip = self._api.tip()[0]
        if height is not None and height > tip:
            raise HeightNotReachedError(self._name, height, tip)
        block = self._api.block(tip if height is None else height)
        return BlockRef(self._network, self._chain, block.seqno, block.hash, block.time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return self._api.block(height).hash

    def other_counts(self, height: int) -> list[Counted]:
        """See CountingReader. Shards of the base chain count their own blocks, which accounts are
        shown of by explorers; their time leads to a block of the masterchain, which is no reading
        of the number and only named.
        """
        time = self._api.shard_time(height)
        seqno = None if time is None else self._api.seqno_at(time)
        if seqno is None:
            return []
        block = self._api.block(seqno)
        at = BlockRef(self._network, self._chain, block.seqno, block.hash, block.time)
        return [Counted("seqno of a shard", at, exact=False)]

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        return [self._read(query, at) for query in queries]

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyReader. Raises SourceRejectedError."""
        if address.format != "ton":
            raise SourceRejectedError(self._name, f"{address.format} is not a TON account")
        found = self._api.account(address.text, at.height)
        if (found.seqno, found.hash) != (at.height, at.hash):
            raise SourceUnavailableError(self._name, "gave the keys of another block")
        return wallet_key(address, found)

    def probe(self) -> dict[str, str]:
        """See Reader."""
        return {"newest block": str(self._api.tip()[0])}

    def close(self) -> None:
        """See Reader."""
        self._api.close()

    def _read(self, query: BalanceQuery, at: BlockRef) -> Answer:
        if query.address.format != "ton":
            return Refusal(f"{query.address.format} is not a TON account")
        if not query.holding.is_native:
            try:
                return self._jetton_balance(query, at)
            except (ValueError, SourceRejectedError) as e:
                return Refusal(f"{query.holding.asset}: {e}")
        found = self._api.account(query.address.text, at.height)
        state = State(found.seqno, found.hash)
        caution = "the account is frozen until its state is shown again" * (
            found.status == "frozen"
        )
        return Reading({Part.LIQUID: found.balance}, state, caution=caution)

    def _jetton_balance(self, query: BalanceQuery, at: BlockRef) -> Answer:
        owner = _account(query.address)
        jetton = self._jetton(query.holding.contract, owner, at)
        account = wallet_address(jetton.layout, jetton.code, owner, jetton.master)
        found = self._api.account(self._codec.encode(0, account), at.height)
        state = State(found.seqno, found.hash)
        if found.status != "active":
            return self._without_wallet(found, state)
        wallet = read_wallet(jetton.layout, read_bag(found.data))
        if wallet.owner != owner or wallet.master != jetton.master:
            raise SourceUnavailableError(self._name, "showed a wallet of another owner")
        caution = "its issuer has locked it" if wallet.locked else ""
        detail = {"frozen": True} if wallet.locked else {}
        return Reading({Part.LIQUID: wallet.balance}, state, detail=detail, caution=caution)

    def _without_wallet(self, found: AccountState, state: State) -> Answer:
        if found.status == "frozen":
            return Refusal("its wallet is frozen: only the hash of its state is known")
        return Reading({}, state, absent=True)

    def _jetton(self, contract: str, owner: Account, at: BlockRef) -> _Jetton:
        """What is needed to find a master's wallets, found out once a block.

        The master is asked for the address of one holder's wallet: the layout that gives it is the
        right one. Raises ValueError where none does.
        """
        key = contract, at.hash
        if key not in self._jettons:
            master = _account(self._codec.decode(contract))
            data = self._api.run(contract, "get_jetton_data", [], at.height)
            code = read_bag(self._api.cell(data, _CODE_AT))
            holder = write_bag(Builder().address(*owner).cell())
            asked: list[object] = [["tvm.Slice", holder]]
            said = self._api.run(contract, "get_wallet_address", asked, at.height)
            place = Slice(read_bag(self._api.cell(said, 0))).address()
            fitting = [
                layout
                for layout in LAYOUTS
                if (0, wallet_address(layout, code, owner, master)) == place
            ]
            if not fitting:
                raise ValueError("the scanner does not know how its wallets are made")
            self._jettons[key] = _Jetton(master, code, fitting[0])
        return self._jettons[key]


def _account(address: Address) -> Account:
    return int(address.key.partition(":")[0]), address.payload
