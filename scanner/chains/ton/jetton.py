"""Jettons: a token's coins lie in one small contract per holder, whose address can be computed.

That address is the hash of the wallet's code and first state, and the first state names holder and
master. So a wallet is found without asking anybody, and no contract can pass for it.
Source: TEP-74 and its reference contracts; the stablecoin contract that USDT runs on TON.
"""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.ton_cells import Builder, Cell, Slice, cell_hash

Account = tuple[int, bytes]
"""Workchain and 32 bytes."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a wallet's state is written.

    status: bits of a status before the balance (USDT's; not 0: locked by its issuer).
    code: whether the wallet's own code follows the addresses.
    """

    status: int
    code: bool


LAYOUTS = (Layout(4, False), Layout(0, True))
"""Of the stablecoin contract, and of TEP-74's reference."""


@dataclass(frozen=True, slots=True)
class WalletState:
    """A wallet's state. balance: raw. locked: its issuer does not let it go."""

    balance: int
    owner: Account
    master: Account
    locked: bool


def wallet_address(layout: Layout, code: Cell, owner: Account, master: Account) -> bytes:
    """The account id (workchain 0) of a holder's wallet."""
    first = Builder().uint(0, layout.status + 4).address(*owner).address(*master)
    state = first.cell(code) if layout.code else first.cell()
    # StateInit: no split depth, not special, code, data, no library: bits 00110.
    return cell_hash(0b00110, 5, [(code.hash, code.depth), (state.hash, state.depth)])


def read_wallet(layout: Layout, state: Cell) -> WalletState:
    """Read a wallet's state. Raises ValueError if it is not laid out like this."""
    fields = Slice(state)
    status = fields.uint(layout.status)
    balance = fields.coins()
    return WalletState(balance, fields.address(), fields.address(), status != 0)
