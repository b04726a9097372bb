"""Stellar's and Pi's reader against a published answer of a Horizon server."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from support.reader_contract import ReaderContract
from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.stellar.reader import StellarReader
from scanner.errors import SourceUnavailableError
from scanner.model.addresses.base32_keys import StrkeyCodec
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
PHRASES = {"stellar": "Public Global Stellar Network ; September 2015", "pi": "Pi Network"}
MAINNET = "GAN2JTIWVKGZIDN5R2AFYLUV4IUXLBG3MQA3R5ECIIM5RUYT74Y3LDOP"


def account(n: int) -> str:
    import base64

    raw = bytes([6 << 3]) + bytes([n]) * 32
    crc = 0
    for byte in raw:  # CRC-16/XMODEM, as SEP-23 wants it
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return base64.b32encode(raw + crc.to_bytes(2, "little")).decode()


def query(n: int | str, network: str = "stellar", holding: Holding | None = None) -> BalanceQuery:
    row = REGISTRY.network(network)
    text = n if isinstance(n, str) else account(n)
    return BalanceQuery(decode_address(row, text), holding or REGISTRY.holding(row.native, network))


class HorizonStub(WorldServer):
    """quirks: "mute" leaves the ledger's header out, "page" answers 404 with a web page."""

    protocol = "stellar_horizon"

    def __init__(self, network: str, world: World, *quirks: str) -> None:
        super().__init__(world, *quirks)
        self.network = network  # type: ignore[misc]
        self.claimable: Sent | None = None

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        way = urlsplit(path).path.strip("/").split("/")
        if way == [""]:
            phrase = "Test" if self.trap is Trap.WRONG_CHAIN else PHRASES[self.network]
            root = {"network_passphrase": phrase, "history_latest_ledger": self.world.tip}
            return sent(root | {"history_elder_ledger": 2})
        if way[0] == "ledgers":
            height = int(way[1])
            if height > self.world.tip:
                return self._missing()
            name = hashlib.sha256(f"{self.fork}{height}".encode()).hexdigest()
            return sent({"sequence": height, "hash": name, "closed_at": "2026-06-18T16:00:04Z"})
        if way[0] == "claimable_balances":
            return self._claimable()
        return self._account(way[1])

    def _claimable(self) -> Sent:
        """As Horizon's reference shows one; everybody who holds something sponsors one here."""
        if self.claimable is not None:
            return self.claimable
        id_ = "00000000da0d57da7d4850e7fc10d2a9d0ebc731f7afb40574c03395b17d49149b91f5be"
        told = {"id": id_, "asset": "native", "amount": "10.0000000", "claimants": []}
        more = {"last_modified_ledger": 400, "flags": {"clawback_enabled": False}}
        records = [told | more | {"sponsor": who} for who, _ in self.world.held]
        return sent({"_links": {}, "_embedded": {"records": records[:3]}}, 200, self._headers())

    def _account(self, who: str) -> Sent:
        amount = self.held(who, self.world.tip)
        if amount is None:
            return self._missing()
        said = recorded("stellar", "account") | {"id": who, "account_id": who}
        said["balances"][1]["balance"] = f"{Decimal(amount).scaleb(-7):.7f}"
        if self.trap is Trap.DROPS:
            del said["balances"][1]
        return sent(said, 200, self._headers())

    def _missing(self) -> Sent:
        if "page" in self.quirks:
            return Sent(b"{}", 404, self._headers())
        kind = "https://stellar.org/horizon-errors/not_found"
        said = {"type": kind, "title": "Resource Missing", "status": 404}
        return sent(said, 404, self._headers())

    def _headers(self) -> dict[str, str]:
        ledger = str(self.state(self.world.tip))
        return {} if "mute" in self.quirks else {"Latest-Ledger": ledger}


class TestStellar(ReaderContract):
    network, height, too_high = "stellar", 500, 501
    funded = tuple((query(n), amount) for n, amount in ((1, 2**60 + 1), (2, 5), (3, 70), (4, 9)))
    absent = (query(8), query(9))

    def start(self) -> HorizonStub:
        world = World()
        for asked, amount in self.funded:
            world.put(asked.address.text, amount)
        return HorizonStub(self.network, world)

    def reader(self, endpoint: Endpoint) -> StellarReader:
        return StellarReader(endpoint, REGISTRY.network(self.network))


class TestPi(TestStellar):
    network = "pi"
    funded = tuple((query(n, "pi"), amount) for n, amount in ((1, 2**54), (2, 5), (3, 70), (4, 9)))
    absent = (query(8, "pi"),)


@pytest.fixture
def stub() -> HorizonStub:
    world = World()
    world.put(MAINNET, 309_999_077)
    return HorizonStub("stellar", world)


def test_the_published_account_has_coins_and_a_trust_line(stub: HorizonStub) -> None:
    reader = StellarReader(stub.endpoint("a"), REGISTRY.network("stellar"))
    issuer = "GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN"
    usdc = Holding("USDC", "stellar", f"USDC:{issuer}", 7)
    other = Holding("USDC", "stellar", f"USDC:{account(5)}", 7)
    asked = [query(MAINNET), query(MAINNET, holding=usdc), query(MAINNET, holding=other)]
    said = [s for s in reader.read(asked, reader.pin(None)) if isinstance(s, Reading)]
    assert [(s.amount, s.absent) for s in said] == [
        (309_999_077, False), (276_243_772, False), (0, True)
    ]  # fmt: skip
    wrong = Holding("USDC", "stellar", usdc.contract, 6)
    (no,) = reader.read([query(MAINNET, holding=wrong)], reader.pin(None))
    assert isinstance(no, Refusal)
    reader.close()
    stub.close()


def test_an_answer_that_names_no_ledger_and_a_404_of_somebody_else(stub: HorizonStub) -> None:
    reader = StellarReader(stub.endpoint("a"), REGISTRY.network("stellar"))
    at = reader.pin(None)
    stub.quirks = {"mute"}
    for asked in (query(MAINNET), query(9)):
        with pytest.raises(SourceUnavailableError, match="which ledger"):
            reader.read([asked], at)
    stub.quirks = {"page"}
    (said,) = reader.read([query(9)], at)
    assert isinstance(said, Refusal)
    reader.close()
    stub.close()


def test_who_pays_a_reserve_is_named_once(stub: HorizonStub) -> None:
    stub.world.put(account(3), 5)
    reader = StellarReader(stub.endpoint("a"), REGISTRY.network("stellar"))
    at = reader.pin(None)
    assert [(h.address.text, h.least) for h in reader.holders_at(at)] == [
        (MAINNET, 1),
        (account(3), 1),
    ]
    twice = {"_embedded": {"records": [{"sponsor": MAINNET}, {"sponsor": MAINNET}, {"id": "0"}]}}
    stub.claimable = sent(twice)
    assert [h.address.text for h in reader.holders_at(at)] == [MAINNET]
    reader.close()
    stub.close()


@pytest.mark.parametrize(
    "said",
    [
        sent({"status": 404}, 404),
        sent({"status": 400}, 400),
        sent([]),
        sent({"_embedded": {}}),
        sent({"_embedded": {"records": [5, {"sponsor": 5}, {"sponsor": "GABC"}]}}),
    ],
)
def test_a_server_without_claimable_balances_names_nobody(stub: HorizonStub, said: Sent) -> None:
    stub.claimable = said
    reader = StellarReader(stub.endpoint("a"), REGISTRY.network("stellar"))
    assert reader.holders_at(reader.pin(None)) == []
    reader.close()
    stub.close()


def test_strkeys_of_the_tests_are_strkeys() -> None:
    assert StrkeyCodec("stellar", "").decode(account(1)).payload == b"\x01" * 32
