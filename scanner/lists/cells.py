"""Reads the cells of one record: coin, amount, height, address, what was signed.

What cannot be read for sure leaves the row a claim without it, and a finding beside the claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import itemgetter

from scanner.errors import UnknownAssetError, clip
from scanner.lists.amounts import MUCH, AmountReader, BadCellError
from scanner.lists.blanks import NULLS, names_no_contract, present, value
from scanner.lists.days import apart, several_days
from scanner.lists.layout import TableLayout
from scanner.lists.marks import Marks
from scanner.lists.numbers import height_of
from scanner.lists.other_coins import OtherCoins
from scanner.lists.spelling import usual_address
from scanner.lists.spoken import beside, is_no_holding, label_says
from scanner.lists.total_rows import total_word
from scanner.model.addresses.table import address_key
from scanner.model.claim import Claim, Row
from scanner.model.finding import Finding, FindingKind
from scanner.model.key_text import usual_key
from scanner.model.network import Holding, Network
from scanner.model.registry import Registry
from scanner.model.signature_text import usual_signatures
from scanner.model.speech import note_says, says_unit

SIGNATURES = ("signature1", "signature2")
OWNERS = ("owner1", "owner2")

_new = tuple.__new__
_CACHE = 4096
NO_LIMIT = 2**300
"""Base units from which on the unit of an amount is doubted, where that is not to be."""
NO_SUCH_COIN = ": the row is in no total until config/coin_names.csv or config/tokens.csv has it"
_UNSEEN = -1
_IN_HEX = 132
"""Characters of 65 bytes in hex behind 0x; as many are 97 bytes in base64."""
_DITTO = frozenset({'"', "''", "\u3003", "\u2033", "ditto", "idem", "same", "do."})
_LONG = 200  # of a text that is kept because it says nothing
_SHORT = 1024  # characters of what is kept of rows alike
_PAGE = re.compile(r"https?://\S*")  # says nothing in words
_ALL_FIELDS = (
    *("coin", "network", "address", "amount", "height", "message", "signed_hex", "script"),
    *("row_type", "status", "contract"),
)

KeyOf = Callable[[Network, str], str]

Resolved = tuple[str, Holding, Network, int, int]
"""Coin as written, what it means, its network, from how many base units on their unit is doubted,
and how long a signature there usually is: another one may be in another spelling."""

Alike = tuple[Resolved, str, tuple[str, ...], str, int | None]
"""What rows have in common: `Resolved`, message, owners, row type and height."""


class CellReader:
    """Reads cells by one layout."""

    def __init__(
        self,
        layout: TableLayout,
        registry: Registry,
        key_of: KeyOf = address_key,
        marks: Marks | None = None,
    ) -> None:
        self.layout, self.registry, self.key_of = layout, registry, key_of
        at = dict(layout.places)
        # Index -1 is an empty cell that is added to every record: a column that is not there.
        place = {name: at.get(name, -1) for name in _ALL_FIELDS}
        self._coin, self._network = place["coin"], place["network"]
        self._address, self._amount = place["address"], place["amount"]
        self._height, self._message = place["height"], place["message"]
        self._script, self._row_type = place["script"], place["row_type"]
        self._status, self._signed_hex = place["status"], place["signed_hex"]
        self._signatures = tuple(at[name] for name in SIGNATURES if name in at)
        self._owners = tuple(at[name] for name in OWNERS if name in at)
        self._contract = place["contract"]
        told = self._contract >= 0 or layout.asset or layout.wide
        self._no_coin = self._coin < 0 and not told
        silent = layout.needless | {self._row_type, self._status} - {-1}
        self._others = OtherCoins(tuple(sorted(silent)), registry) if self._no_coin else None
        self._holders = layout.holders
        self._notes, self._holdings = layout.notes, {""}  # types of rows that are holdings
        self._silent: dict[int, set[str]] = {}  # labels and notes that say nothing of a row
        self._days, self._far = dict(layout.days), set[tuple[int, str]]()  # texts of other days
        self._told_days = False
        self._known: dict[tuple[str, ...], Resolved] = {}
        self._heights: dict[str, int | None] = {"": None, "-": None}
        self._blank = layout.blank
        self._seen: set[int] = set()  # of those columns: which were told to hold something
        kinds = self._row_type, self._status, *self._owners, *layout.notes
        self._same = itemgetter(self._coin, self._network, self._message, self._height, *kinds)
        # Of other layouts more cells decide what rows have in common, or what was told before.
        more_cells = self._contract >= 0 or self._signed_hex >= 0 or self._no_coin
        self._alike: dict[tuple[str, ...], Alike] | None = None if more_cells or layout.days else {}
        self._last: tuple[tuple[str, ...], Alike | None] = ((), None)
        self.asides: list[Row] = []
        """What else there is to say of the row just made; whoever takes the row takes these."""
        self.amounts = AmountReader(layout, registry, at, self.asides, marks)
        self._read_amount = self.amounts.read

    @property
    def names_network(self) -> bool:
        """Whether rows have a place for their network, or a contract that says it."""
        return self._network >= 0 or self._contract >= 0

    def taken_asides(self) -> list[Row]:
        """What there is to say beside the row just made; it is said once."""
        taken = self.asides[:]
        self.asides.clear()
        return taken

    def _claim(self, cells: list[str], line: int) -> Claim:
        same: tuple[str, ...] = self._same(cells)
        before, alike = self._last  # nearly always the same again, and that is quicker to see
        if same != before:
            alike = self._alike.get(same) if self._alike else None
            if alike is not None:
                self._last = same, alike
        if alike is None:
            found = self._known.get((cells[self._coin], cells[self._network])) or self._resolve(
                cells
            )
            message = self._message_of(cells, found)
        else:
            found, message, owners, row_type, height = alike
        coin, holding, network, limit, usual = found
        address = cells[self._address].strip()
        if address in NULLS:
            raise BadCellError(self._address + 1, FindingKind.BAD_ROW, "no address")
        key = self.key_of(network, address)
        if key[0] == "?":
            address, key = self._respelled(network, address, key, line)
        if alike is None:
            row_type = self._type_of(cells, line)
        amount = self._read_amount(cells, holding, limit, line) if self._amount >= 0 else None
        if alike is None:
            owners = present(cells, self._owners)
            height = self._height_of(cells[self._height], holding, line)
            self._keep(same, (found, message, owners, row_type, height))
        signatures = present(cells, self._signatures)
        script = cells[self._script]
        for signature in signatures:
            if len(signature) != usual or (usual == _IN_HEX and signature[1] != "x"):
                signatures, key_beside = usual_signatures(network, signatures)
                script = script or key_beside
                break
        # As `Claim(..)` does, but quicker: lists have hundreds of thousands of rows.
        return _new(
            Claim,
            (
                line,
                coin,
                holding.asset,
                holding.network,
                address,
                key,
                holding.decimals,
                amount,
                height,
                message,
                signatures,
                usual_key(network.kind, value(script)) if script else "",
                owners,
                row_type,
            ),
        )

    def _message_of(self, cells: list[str], found: Resolved) -> str:
        """The text that was signed. Raises BadCellError, also for what may name another coin."""
        if self._others is not None:
            self._others.refuse(cells, found[2])
        message = cells[self._message]  # never trimmed: these are the characters that were signed
        if self._signed_hex >= 0:
            message = self._as_signed(cells) or message
        return message if message not in NULLS else ""

    def _type_of(self, cells: list[str], line: int) -> str:
        """The row's type or status; what else stands beside the row is looked at, too."""
        row_type = cells[self._row_type].strip()
        if not row_type and (status := cells[self._status].strip()):
            row_type = "status " + status
        if self._notes or row_type not in self._holdings:
            self._look_beside(cells, row_type, line)
        return row_type

    def _keep(self, same: tuple[str, ...], alike: Alike) -> None:
        """Keep what rows of the same cells have in common, unless there is something to say of it.

        Then it is said of each of them.
        """
        known = self._alike
        short = not self.asides and sum(map(len, same)) <= _SHORT
        if short and known is not None and len(known) < _CACHE:
            known[same] = alike

    def _watch(self, cells: list[str], line: int) -> None:
        """Tell the first value in a column without a name that was blank in the first rows.

        Where nothing names the coin, it may: such a row is no claim.
        """
        for at in self._blank:
            text = cells[at].strip() if at < len(cells) else ""
            if text and (self._no_coin or at not in self._seen or says_unit(text)):
                self._seen.add(at)
                reason = (
                    f"{clip(text)!r} in column {at + 1}, which has no name and was blank before"
                )
                if self._no_coin:
                    what = f"{reason}, may name the coin: give it a name, or use --asset"
                    raise BadCellError(at + 1, FindingKind.UNKNOWN_COIN, what)
                told = f"{reason}, was not understood: give it a name"
                self.asides.append(Finding(FindingKind.NOT_UNDERSTOOD, told, line))

    def _look_beside(self, cells: list[str], row_type: str, line: int) -> None:
        """Ask about words beside the row that may say something of it."""
        said = []
        for at in self._notes:
            text = cells[at]
            if text[:2] == "0x" and at in self._holders and " " not in text:
                continue  # an account, as nearly always: it says nothing in words
            silent = self._silent.get(at)
            if text and (silent is None or text not in silent):
                if at in self._days and self._is_far(at, text):
                    self._ask_days(at, text, cells)
                elif self._says(at, text):
                    said.append(text)
        if row_type not in self._holdings and is_no_holding(row_type):
            said.append(row_type)
        elif len(self._holdings) < _CACHE:
            self._holdings.add(row_type)
        for text in said:
            self.asides.append(Finding(FindingKind.NOT_UNDERSTOOD, beside(text), line))

    def _says(self, at: int, text: str) -> bool:
        """Whether a note or a label may say something of its row; what does not is kept."""
        if at in self.layout.labels:
            told = not _PAGE.fullmatch(text) and label_says(text)
        else:
            told = is_no_holding(text) if at in self._holders else note_says(text)
        if told:
            return True
        silent = self._silent.setdefault(at, set())
        if len(silent) < _CACHE and len(text) <= _LONG:
            silent.add(text)
        return False

    def _is_far(self, at: int, text: str) -> bool:
        """Whether a date is of another day than the first one of the file."""
        if (at, text) in self._far:
            return True
        far = apart(self._days[at], text) and not note_says(text)
        if far and len(self._far) < _CACHE and len(text) < _LONG:
            self._far.add((at, text))
        return far

    def _ask_days(self, at: int, text: str, cells: list[str]) -> None:
        """Ask, once in a part of the table, about rows of several days that state no height."""
        if not self._told_days and cells[self._height].strip() in (*NULLS, "-"):
            self._told_days = True
            self.asides.append(several_days(self._days[at], text, dict(self.layout.dates)[at]))

    def _as_signed(self, cells: list[str]) -> str:
        """The text as it was signed, from its own column: UTF-8 in hex. "" where that is empty.

        Programs on a list's way change line ends and letters of a text, and nothing of its hex.
        """
        text = value(cells[self._signed_hex])
        try:
            return bytes.fromhex(text.removeprefix("0x")).decode("utf-8")
        except ValueError:
            what = f"{clip(text)!r} is not UTF-8 text in hex"
            raise BadCellError(self._signed_hex + 1, FindingKind.BAD_ROW, what) from None

    def _respelled(self, network: Network, address: str, key: str, line: int) -> tuple[str, str]:
        """The address in its usual spelling, if it is one in another; else as it is.

        Raises BadCellError for the name of a line of totals.
        """
        if total_word(address):
            what = "a line of totals"
            raise BadCellError(self._address + 1, FindingKind.BAD_ROW, what)
        usual = usual_address(network, address, self.registry)
        if usual is None:
            return address, key
        reason = f"{clip(address)!r} is read as {usual}, the usual spelling on {network.name}"
        self.asides.append(Finding(FindingKind.RESPELLED, reason, line, "", network.name, usual))
        return usual, self.key_of(network, usual)

    def _resolve(self, cells: list[str]) -> Resolved:
        contract = ""
        named: tuple[str, ...] = cells[self._coin], cells[self._network]
        if self._contract >= 0:
            contract = cells[self._contract].strip()
            named += (contract,)
        known = self._known.get(named)
        if known is not None:
            return known
        coin, label = named[0].strip(), named[1].strip()
        try:
            found = self._look_up(coin, label, contract)
        except UnknownAssetError as e:
            unknown_network = bool(e.network) and not e.coin
            at = self._network if unknown_network else self._coin
            kind = FindingKind.UNKNOWN_NETWORK if unknown_network else FindingKind.UNKNOWN_COIN
            todo = NO_SUCH_COIN if str(e).startswith("unknown coin") else ""
            raise BadCellError(at + 1, kind, f"{e}{todo}") from None
        if len(self._known) < _CACHE:
            self._known[named] = found
        return found

    def _look_up(self, coin: str, label: str, contract: str) -> Resolved:
        name, holding = self._holding(coin, label, contract)
        limit = NO_LIMIT
        if not self.layout.unit_said and holding.asset in self.registry.supplies:
            limit = self.registry.supplies[holding.asset] * 10**holding.decimals // MUCH
        network = self.registry.networks[holding.network]
        return name, holding, network, limit, 88 if network.kind == "utxo" else _IN_HEX

    def _holding(self, coin: str, label: str, contract: str) -> tuple[str, Holding]:
        layout = self.layout
        if layout.chain_ids and label.isdecimal():
            label = f"eip155:{label}"
        label = label or layout.network
        if contract and not names_no_contract(contract, coin, label, self.registry):
            return self._by_contract(coin, label, contract)
        name = coin or layout.asset
        if name in _DITTO:
            raise UnknownAssetError(
                name, "", f"{name!r} is not a coin: write the coin in every row"
            )
        if not name and label and layout.native and self._coin < 0:
            # A list without a coin column names wallets: the network's own coin is meant.
            network = self.registry.network(label)
            here = [a for a in layout.named if network.name in self.registry.networks_of(a)]
            if set(here) - {network.native}:
                named = " or ".join(sorted(here))
                where = "the file's name, folder or address"
                reason = f"no column names the coin, {where} names {named}: use --asset"
                raise UnknownAssetError("no coin", "", reason)
            return network.native, self.registry.holding(network.native, network.name)
        if not name:
            reason = "the row has no coin, as below a merged cell: write it there, or use --asset"
            if self._coin < 0:
                reason = (
                    "nothing names the coin: use --asset, or name its column: --columns coin=.."
                )
            raise UnknownAssetError("no coin", "", reason)
        holding = self.registry.resolve(name, label)
        if not label and not layout.any_network and (holding.contract or self._network >= 0):
            places = self.registry.networks_named(name, holding)
            known = self.registry.coins.get(name.upper())
            if len(places) > 1 and (known is None or known.name.upper() == holding.asset.upper()):
                reason = f"{clip(name)} is on {len(places)} networks: choose one with --network"
                raise UnknownAssetError("", "no network", reason)
        return name, holding

    def _by_contract(self, coin: str, label: str, contract: str) -> tuple[str, Holding]:
        network = self.registry.network(label) if label else None
        if network is None:
            raise UnknownAssetError(
                "", "no network", "a token's contract, but no network: use --network"
            )
        holding = self.registry.by_contract(network.name, contract)
        if coin and self.registry.names_coin(coin):
            named = self.registry.resolve(coin, network.name)
            if named != holding:
                reason = f"coin {clip(coin)!r}, but the contract is that of {holding.asset}"
                raise UnknownAssetError(coin, "", reason)
        return coin or holding.asset, holding

    def _height_of(self, text: str, holding: Holding, line: int) -> int | None:
        known = self._heights.get(text, _UNSEEN)
        if known != _UNSEEN:
            return known
        stripped = text.strip()
        height, blank = None, stripped in NULLS or stripped == "-"
        if not blank:
            layout = self.layout
            height = height_of(stripped, layout.decimal, dots_doubted=layout.dots_doubted)
        if height is None and not blank:
            reason = f"height {clip(text)!r} is not a block number; give it with --at"
            self.asides.append(
                Finding(FindingKind.BAD_HEIGHT, reason, line, holding.asset, holding.network)
            )
        elif len(self._heights) < _CACHE:
            self._heights[text] = height
        return height
