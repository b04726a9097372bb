"""Lists composed of honest rows and of attacks, on a chain in memory, with a known truth.

A row is made of choices: who signed, which text, whose contract, whose keys the account has, which
network, which moment, which issuer, how often; a list, of the endpoints that are asked and of which
one lies. What may at most be verified of it follows from the choices alone, never from the program
under test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from coincurve import PrivateKey

from scanner.chains.fleet.ballot import Ballot
from scanner.chains.fleet.interface import liquid
from scanner.lists.reconcile import ListAudit
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import address_key, decode_address
from scanner.model.balance import Balance, Evidence
from scanner.model.claim import Claim
from scanner.model.finding import FindingKind
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.model.statement import StatementRule
from scanner.ownership.judge import judge_claims
from scanner.ownership.primitives.envelopes import tip191_text
from scanner.ownership.statement import settle
from scanner.settings.tables import load_registry
from scanner.snapshots.apart import of_other_moments
from scanner.snapshots.interface import ONE_MOMENT, NumberedClaim
from scanner.snapshots.tally import AssetTotal, Tally
from support.signed_rows import (
    account,
    bls_key,
    bls_sign,
    evm_address,
    evm_sign,
    key,
    tron_address,
)
from support.wallet_state import SINGLETON, TableChain, code_named, safe_storage

REGISTRY = load_registry()
TEXT = "I am an Example Exchange address"
OTHER_TEXTS = ("I am an OKX address", "Welcome to a web page! Sign in: 4711", "I vote for option 2")
RULE = StatementRule("example", wanted=(TEXT,))
HEIGHT = 100
LATER = 900_000
"""Heights from here on are a month after those below."""
TIED = [key(n) for n in range(1, 7)]
WORD = {signer: evm_sign(signer, TEXT) for signer in TIED}
FOREIGN = {(signer, text): evm_sign(signer, text) for signer in TIED for text in OTHER_TEXTS}
VALIDATOR_SECRET, VALIDATOR = bls_key(1)
BY_VALIDATOR = bls_sign(VALIDATOR_SECRET, TEXT)
KEPT = TIED[:3]
"""Whose accounts have their own keys; those of the others were given to the first."""
TRON_WORD = {signer: evm_sign(signer, TEXT, envelope=tip191_text) for signer in TIED}
ISSUED = (
    *(("USDT", "BSC"), ("ETH", "XLAYER"), ("DAI", "ARBITRUM"), ("WBTC", "OPTIMISM")),
    *(("USDT", "OPTIMISM"), ("USDC.e", "POLYGON"), ("LINK", "BSC"), ("WETH", "POLYGON")),
)
SAFE, SINK, YES = (bytes.fromhex(two * 20) for two in ("5a", "b1", "e5"))


@dataclass(frozen=True)
class Nodes:
    """Who is asked for balances. says: operators, and what each adds to every balance.

    outcome: what is known then: "all", "nothing", or "one word", which may be a lie.
    """

    says: tuple[tuple[str, int], ...]
    quorum: int
    outcome: str

    @property
    def evidence(self) -> Evidence:
        """What their word is worth."""
        return Evidence.REPORTED if self.quorum == 1 else Evidence.AGREED

    def read(self, amount: int) -> Balance:
        """What the program makes of their answers."""
        ballot = Ballot()
        for number, (operator, lie) in enumerate(self.says):
            ballot.add(f"node {number}", operator, liquid(amount + lie))
        return ballot.balance(self.quorum, self.evidence, ())


NODES = (
    Nodes((("a", 0),), 1, "all"),
    Nodes((("a", 7),), 1, "one word"),
    Nodes((("a", 0), ("b", 0)), 2, "all"),
    Nodes((("a", 0), ("b", 7)), 2, "nothing"),
    Nodes((("a", 0), ("b", 7), ("c", 0)), 2, "all"),
    Nodes((("a", 7), ("a", 7), ("b", 0)), 2, "nothing"),  # one operator under two names
)


@dataclass
class Composed:
    """One list. honest: whether a row may be verified. false: findings that it must have."""

    claims: list[Claim] = field(default_factory=list)
    honest: list[bool] = field(default_factory=list)
    again: list[bool] = field(default_factory=list)

    def add(self, claim: Claim, *, honest: bool, again: bool = False) -> None:
        self.claims.append(claim)
        self.honest.append(honest)
        self.again.append(again)

    @property
    def late(self) -> bool:
        """Which moment is the list's: that of most rows, of two the later."""
        now = [
            c.height >= LATER for c, twice in zip(self.claims, self.again, strict=True) if not twice
        ]
        return sum(now) * 2 >= len(now) and any(now)

    @property
    def truth(self) -> Counter[str]:
        """What may be verified: asset -> amount."""
        found: Counter[str] = Counter()
        for claim, honest in zip(self.claims, self.honest, strict=True):
            if honest and (claim.height >= LATER) is self.late:
                found[claim.asset] += claim.amount or 0
        return found

    @property
    def false(self) -> set[FindingKind]:
        """Findings that it must have."""
        heights: dict[str, set[int]] = {}
        for claim in self.claims:
            heights.setdefault(claim.network, set()).add(claim.height)
        mixed = any(len(of) > 1 for of in heights.values())
        told = {FindingKind.MIXED_HEIGHTS} if mixed else set()
        return told | ({FindingKind.DUPLICATE} if any(self.again) else set())

    @property
    def attacked(self) -> bool:
        """Whether something in it must not be verified, or is told."""
        claimed = sum(claim.amount or 0 for claim in self.claims)
        return bool(self.false) or sum(self.truth.values()) < claimed


def _row(made: Composed, coin: str, network: str, address: str, amount: int, **more) -> Claim:
    held = REGISTRY.resolve(coin, network)
    where = REGISTRY.network(held.network)
    given = {"message": TEXT, "height": HEIGHT, **more}
    no = len(made.claims) + 1
    key_ = address_key(where, address)
    return Claim(no, coin, held.asset, held.network, address, key_, held.decimals, amount, **given)


def _signed(random: Random, made: Composed) -> Claim:
    """A fresh place for one of the keys: accounts are few, so the amount tells lists apart."""
    signer = random.choice(TIED)
    coin, network = random.choice(
        (("ETH", "ETH"), ("USDC", "ETH"), ("USDT", "ETH"), ("ETH", "BASE"))
    )
    amount = random.randrange(1, 10**9)
    return _row(made, coin, network, evm_address(signer), amount, signatures=(WORD[signer],))


def _fresh(made: Composed, claim: Claim) -> bool:
    place = REGISTRY.state(claim.asset, claim.network), claim.address_key
    return all((REGISTRY.state(c.asset, c.network), c.address_key) != place for c in made.claims)


def honest(random: Random, made: Composed) -> None:
    """Its own key signed the text that is demanded."""
    claim = _signed(random, made)
    if _fresh(made, claim):
        made.add(claim, honest=True)


def honest_safe(random: Random, made: Composed) -> None:
    """Two of a known Safe's three owners."""
    owners = tuple(evm_address(k) for k in TIED[:2])
    claim = _row(
        made, "ETH", "ETH", "0x" + SAFE.hex(), random.randrange(1, 10**9),
        signatures=(WORD[TIED[0]], WORD[TIED[1]]), owners=owners,
    )  # fmt: skip
    if _fresh(made, claim):
        made.add(claim, honest=True)


def issued(random: Random, made: Composed) -> None:
    """What somebody issues or carries in a coin's name: verified, and under its own name."""
    signer = random.choice(TIED)
    coin, network = random.choice(ISSUED)
    claim = _row(
        made, coin, network, evm_address(signer), random.randrange(1, 10**9),
        signatures=(WORD[signer],),
    )  # fmt: skip
    if _fresh(made, claim):
        assert claim.asset != coin
        assert REGISTRY.group(claim.asset) == REGISTRY.group(coin)
        made.add(claim, honest=True)


def _on_tron(random: Random, made: Composed, whose: PrivateKey, by: PrivateKey) -> Claim:
    word = TRON_WORD[by]
    amount = random.randrange(1, 10**9)
    return _row(made, "TRX", "TRX", tron_address(whose), amount, signatures=(word,))


def honest_keys(random: Random, made: Composed) -> None:
    """An account whose keys the chain says: its own, or whom it was given to."""
    whose = random.choice(TIED)
    claim = _on_tron(random, made, whose, whose if whose in KEPT else TIED[0])
    if _fresh(made, claim):
        made.add(claim, honest=True)


def key_given_away(random: Random, made: Composed) -> None:
    """An account that was given away, by the key that its address is made of."""
    whose = random.choice([k for k in TIED if k not in KEPT])
    claim = _on_tron(random, made, whose, whose)
    if _fresh(made, claim):
        made.add(claim, honest=False)


def other_text(random: Random, made: Composed) -> None:
    """A text that was signed for another reason."""
    claim, text = _signed(random, made), random.choice(OTHER_TEXTS)
    signer = next(k for k in TIED if evm_address(k) == claim.address)
    if _fresh(made, claim):
        bad = claim._replace(message=text, signatures=(FOREIGN[signer, text],))
        made.add(bad, honest=False)


def other_key(random: Random, made: Composed) -> None:
    """Somebody else's signature."""
    claim = _signed(random, made)
    other = random.choice([k for k in TIED if evm_address(k) != claim.address])
    if _fresh(made, claim):
        made.add(claim._replace(signatures=(WORD[other],)), honest=False)


def named_by_code(random: Random, made: Composed) -> None:
    """Code that names the signer, or accepts whatever it is given."""
    where = random.choice((SINK, YES))
    owners = (evm_address(TIED[0]),) if where is SINK else ()
    claim = _row(
        made, "ETH", "ETH", "0x" + where.hex(), random.randrange(1, 10**9),
        signatures=(WORD[TIED[0]],), owners=owners,
    )  # fmt: skip
    if _fresh(made, claim):
        made.add(claim, honest=False)


def half_a_safe(random: Random, made: Composed) -> None:
    """One signature where two are wanted."""
    claim = _row(
        made, "USDC", "ETH", "0x" + SAFE.hex(), random.randrange(1, 10**9),
        signatures=(WORD[TIED[0]],), owners=(evm_address(TIED[0]),),
    )  # fmt: skip
    if _fresh(made, claim):
        made.add(claim, honest=False)


def stake(random: Random, made: Composed) -> None:
    """A validator's own key, as ether or as staked ether."""
    coin = random.choice(("ETH", "BETH"))
    claim = _row(made, coin, coin, "0x" + VALIDATOR.hex(), 32, signatures=(BY_VALIDATOR,))
    if _fresh(made, claim):
        made.add(claim, honest=False)


def again(random: Random, made: Composed) -> None:
    """A row once more, in another spelling."""
    if made.claims:
        claim = random.choice(made.claims)
        spelling = random.choice((str, str.lower, lambda a: "0x" + a[2:].upper()))
        if claim.network == "tron":
            spelling = str  # base58 has one
        copy = claim._replace(row=len(made.claims) + 1, address=spelling(claim.address))
        made.add(copy, honest=False, again=True)


def another_height(random: Random, made: Composed) -> None:
    """A row of the same network at another height, minutes apart: told, and of the same moment."""
    claim = _signed(random, made)
    if _fresh(made, claim):
        made.add(claim._replace(height=HEIGHT + 50), honest=True)


def another_moment(random: Random, made: Composed) -> None:
    """Coins at another address a month later, where they may have come from the others."""
    claim = _signed(random, made)
    if _fresh(made, claim):
        made.add(claim._replace(height=LATER), honest=True)


HONEST: tuple[Callable[[Random, Composed], None], ...] = (
    *(honest, honest_safe, honest_keys, issued),
)
ATTACKS: tuple[Callable[[Random, Composed], None], ...] = (
    *(other_text, other_key, named_by_code, half_a_safe, key_given_away, stake, again),
    *(another_height, another_moment),
)


def compose(random: Random) -> Composed:
    """A list of one to ten rows; one in four has honest rows only."""
    made, choices = Composed(), HONEST + (ATTACKS if random.random() < 0.75 else ())
    for _ in range(random.randrange(1, 11)):
        random.choice(choices)(random, made)
    return made


def chain(calls: Evidence) -> TableChain:
    """The chain that all lists are about: one Safe, code that talks, and nothing else."""
    wallet = "0x" + YES.hex()
    answers = {
        ("0x" + SINK.hex(), "owner()"): bytes(12) + account(TIED[0]),
        (wallet, "isValidSignature(bytes32,bytes)"): bytes.fromhex("1626ba7e").ljust(32, b"\0"),
    }
    owners = [account(k) for k in TIED[:3]]
    states = {
        SAFE: (code_named("Safe proxy 1.4.1"), safe_storage(2, owners)),
        SINGLETON: (code_named("Safe 1.4.1"), {}),
    }
    return TableChain(answers, states, calls)


def keys_of(word: Evidence) -> Callable[[Address], KeyPolicy]:
    """What the chain says of accounts whose keys may change."""
    network = REGISTRY.network("tron")
    payloads = {k: decode_address(network, tron_address(k)).payload for k in TIED}
    owner = {payloads[k]: payloads[k if k in KEPT else TIED[0]] for k in TIED}

    def ask(address: Address) -> KeyPolicy:
        by = PolicyKey(KeyKind.ACCOUNT, owner[address.payload])
        return KeyPolicy((single("owner permission", by),), HEIGHT, evidence=word)

    return ask


def _time(height: int) -> int:
    return 1_790_000_000 + height + (30 * 86_400 if height >= LATER else 0)


def verified(
    made: Composed, pin: Evidence, calls: Evidence, nodes: Nodes
) -> tuple[dict[str, AssetTotal], set[FindingKind]]:
    """What the program makes of a list: totals by asset, and what it finds wrong with the list."""
    audit, tally = ListAudit(REGISTRY), Tally()
    view, keys = chain(calls), keys_of(calls)
    twice = [audit.observe(claim) for claim in made.claims]
    balances = [nodes.read(claim.amount or 0) for claim in made.claims]
    read: Counter[tuple[str, int]] = Counter(
        (claim.network, claim.height)
        for claim, balance, duplicate in zip(made.claims, balances, twice, strict=True)
        if balance.amount is not None and not duplicate
    )
    places = {place: (_time(place[1]), rows) for place, rows in read.items()}
    others = of_other_moments(places, ONE_MOMENT)
    for number, (claim, balance) in enumerate(zip(made.claims, balances, strict=True), 1):
        asked = (None, keys) if claim.network == "tron" else (view, None)
        (verdict,) = judge_claims([claim], *asked, REGISTRY)
        row = NumberedClaim(number, claim, twice[number - 1])
        told = settle(verdict, claim, RULE)
        other = (claim.network, claim.height) in others
        tally.add(row, told, balance, pin, other_moment=other)
    totals = {total.asset: total for total in tally.totals()}
    return totals, {finding.kind for finding in audit.findings()}
