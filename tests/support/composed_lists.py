"""Lists composed of honest rows and of attacks, on a chain in memory, with a known truth.

A row is made of choices: who signed, which text, whose contract, which network and height, which
issuer, how often. What may at most be verified of it follows from the choices alone, never from
the program under test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from scanner.lists.reconcile import ListAudit
from scanner.model.addresses.table import address_key
from scanner.model.balance import Balance, Evidence
from scanner.model.claim import Claim
from scanner.model.finding import FindingKind
from scanner.model.statement import StatementRule
from scanner.ownership.judge import judge_claims
from scanner.ownership.statement import settle
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import NumberedClaim
from scanner.snapshots.tally import AssetTotal, Tally
from support.signed_rows import account, bls_key, bls_sign, evm_address, evm_sign, key
from support.wallet_state import SINGLETON, TableChain, code_named, safe_storage

REGISTRY = load_registry()
TEXT = "I am an Example Exchange address"
OTHER_TEXTS = ("I am an OKX address", "Welcome to a web page! Sign in: 4711", "I vote for option 2")
RULE = StatementRule("example", wanted=(TEXT,))
HEIGHT = 100
TIED = [key(n) for n in range(1, 7)]
WORD = {signer: evm_sign(signer, TEXT) for signer in TIED}
FOREIGN = {(signer, text): evm_sign(signer, text) for signer in TIED for text in OTHER_TEXTS}
VALIDATOR_SECRET, VALIDATOR = bls_key(1)
BY_VALIDATOR = bls_sign(VALIDATOR_SECRET, TEXT)
SAFE, SINK, YES = (bytes.fromhex(two * 20) for two in ("5a", "b1", "e5"))


@dataclass
class Composed:
    """One list, and what may be verified of it: asset -> amount. false: findings it must have."""

    claims: list[Claim] = field(default_factory=list)
    truth: Counter[str] = field(default_factory=Counter)
    false: set[FindingKind] = field(default_factory=set)

    def add(self, claim: Claim, *, honest: bool) -> None:
        self.claims.append(claim)
        if honest:
            self.truth[claim.asset] += claim.amount or 0


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
    """What somebody issues in a coin's name: verified, and under its own name."""
    signer = random.choice(TIED)
    claim = _row(
        made, "USDT", "BSC", evm_address(signer), random.randrange(1, 10**9),
        signatures=(WORD[signer],),
    )  # fmt: skip
    if _fresh(made, claim):
        assert claim.asset != "USDT"
        made.add(claim, honest=True)


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
        copy = claim._replace(row=len(made.claims) + 1, address=spelling(claim.address))
        made.add(copy, honest=False)
        made.false.add(FindingKind.DUPLICATE)


def another_height(random: Random, made: Composed) -> None:
    """A row of the same network at another height."""
    claim = _signed(random, made)
    if _fresh(made, claim):
        if any(c.network == claim.network and c.height == HEIGHT for c in made.claims):
            made.false.add(FindingKind.MIXED_HEIGHTS)
            made.add(claim._replace(height=HEIGHT + 5_000), honest=True)
        else:
            made.add(claim, honest=True)


HONEST: tuple[Callable[[Random, Composed], None], ...] = (honest, honest_safe, issued)
ATTACKS: tuple[Callable[[Random, Composed], None], ...] = (
    *(other_text, other_key, named_by_code, half_a_safe, stake, again, another_height),
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


def verified(made: Composed, pin: Evidence, calls: Evidence) -> tuple[dict[str, AssetTotal], set]:
    """What the program makes of a list: totals by asset, and what it finds wrong with the list."""
    audit, tally, view = ListAudit(REGISTRY), Tally(), chain(calls)
    twice = [audit.observe(claim) for claim in made.claims]
    for number, (claim, duplicate) in enumerate(zip(made.claims, twice, strict=True), 1):
        (verdict,) = judge_claims([claim], view, registry=REGISTRY)
        balance = Balance(claim.amount, Evidence.PROVEN, ("node",))
        row = NumberedClaim(number, claim, duplicate)
        tally.add(row, settle(verdict, claim, RULE), balance, pin)
    totals = {total.asset: total for total in tally.totals()}
    return totals, {finding.kind for finding in audit.findings()}
