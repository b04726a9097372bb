"""A publisher's name in a text, or in a file's name, is no claim by that publisher.

Exchanges hold thousands of texts that customers signed and that name the exchange: for the travel
rule, for a withdrawal, to show whose wallet it is. A name that a list's writer chose for the file is
nobody's word at all. The signatures here are good, as everywhere.
"""

from __future__ import annotations

import re
import time

import pytest
from support.attack_lab import (
    account_of,
    evm_endpoint,
    key,
    sign_evm,
    write_rows,
    write_table,
)
from support.other_texts import signed

from scanner.model.control import ControlResult
from scanner.model.publisher import Publisher, Publishers
from scanner.model.statement import StatedBy, Statement
from scanner.ownership.judge import judge
from scanner.ownership.signed_texts import SignedTexts
from scanner.ownership.statement import make_rule, settle
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry
from scanner.web.list_check import check

REGISTRY = load_registry()
TABLE: Publishers = load_publishers()
BANK = "Northbank"
OWNS = "Northbank owns this address"


def verdicts(publisher: str, *texts: str, **more: object) -> list[ControlResult]:
    """What becomes of rows that sign these texts, each by a key of its own."""
    rows = [signed(text, n) for n, text in enumerate(texts, 1)]
    counted = SignedTexts()
    counted.add_claims(rows)
    rule = make_rule(publisher, more.pop("table", TABLE), counted, **more)  # type: ignore[arg-type]
    found = [settle(judge(row, REGISTRY), row, rule) for row in rows]
    assert all(result.shows_control for result in found)
    return found


def stated(publisher: str, *texts: str, **more: object) -> list[bool]:
    return [r.statement is Statement.STATED for r in verdicts(publisher, *texts, **more)]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("ETH", "This ETH address belongs to Alice"),
        ("holder", "I, Bob, am the holder of this address"),
        ("account", "Bob owns this account"),
        ("cold", "Northbank cold storage address"),
        ("proof_of_reserves", "Proof of Reserves: Northbank owns this address"),
        ("2026", "Northbank owns this address, 2026-06-30"),
        ("2026-06-30", "Northbank owns this address, 2026-06-30"),
        ("wallets_2026", "wallets of Northbank"),
        ("northbank", OWNS),
    ],
)
def test_a_files_name_is_nobodys_word(scanner, tmp_path, file, text) -> None:
    owned_rows(tmp_path / f"{file}.csv", text)
    shipped = {"SCANNER_PUBLISHERS": ""}
    done = scanner("verify", f"{file}.csv", env=shipped)
    assert done.status == 3, done.text
    assert "not stated" in done.text
    told = " ".join(done.text.split())
    assert "--publisher" in told, "what to do is said"
    assert "--statement" in told
    if file == "northbank":
        named = scanner("verify", f"{file}.csv", "--publisher", "Northbank", env=shipped)
        assert named.status == 0, named.text
        assert "weaker" in named.text


def owned_rows(path, text=OWNS):
    return write_rows(
        path,
        [
            {"coin": "ETH", "network": "ethereum", "height": 2, "address": account_of(key(n)),
             "amount": "0", "message": text, "signature1": sign_evm(key(n), text)}
            for n in (1, 2)
        ],
    )  # fmt: skip


def test_the_page_that_checks_a_list_takes_no_files_name_either(tmp_path) -> None:
    file = owned_rows(tmp_path / "northbank.csv")
    form = {"publisher": "", "statement": "", "columns": "", "network": "", "asset": ""}
    assert check(file, form)["exit_status"] == 3
    assert check(file, form | {"publisher": " "})["exit_status"] == 3
    assert check(file, form | {"publisher": BANK})["exit_status"] == 0


@pytest.mark.node
def test_nor_does_a_snapshot(scanner, tmp_path, anvil_factory) -> None:
    node = anvil_factory()
    node.rpc("anvil_mine", "0x3")
    owned_rows(tmp_path / "northbank.csv")
    write_table(tmp_path / "ends.toml", evm_endpoint(node))
    shipped = {"SCANNER_PUBLISHERS": ""}
    taken = "snapshot", "northbank.csv", "--endpoints", "ends.toml"
    guessed = scanner(*taken, env=shipped)
    assert guessed.status == 3, guessed.err
    assert "--publisher" in guessed.err
    again = scanner(*taken, env=shipped)
    assert again.status == 3, "that it is in the database now makes it nobody's word either"
    named = scanner(*taken, "--publisher", BANK, env=shipped)
    assert named.status == 0, named.err


def test_a_files_name_that_the_table_has_is_that_publishers() -> None:
    assert stated("kraken", "I am a Kraken address", guessed=True) == [True]
    assert stated("okx", "I am an OKX address", guessed=True) == [True]
    assert stated(BANK, OWNS, guessed=True) == [False]
    (told,) = verdicts(BANK, OWNS, guessed=True)
    assert "--publisher" in told.reason
    (told,) = verdicts("reserves", "these reserves are owned by Bob")
    assert "--publisher" not in told.reason, "that was given: the name names nobody"
    assert "--statement" in told.reason


@pytest.mark.parametrize(
    "text",
    [
        "I hereby confirm that I am the beneficial owner of this wallet and ask Northbank to pay "
        "my withdrawal to it",
        "Northbank travel rule: I, the customer, am the sole owner of this address. Case 4711",
        "Northbank travel rule declaration: this address belongs to Alice",
        "I am a client of Northbank and own this wallet",
        "A user of Northbank owns this address",
        "Bob of Northbank owns this address",
        "This address belongs to a customer of Northbank",
        "This address belongs to Northbank customer 17",
        "Northbank owns this address for KYC",
        "This is my Northbank withdrawal address",
        "This is a Northbank deposit address of Alice",
        "I transfer my coins from Northbank to this address",
        "Northbank account 4711: this address is owned by its holder",
        "Verify my account at Northbank: I own this address",
        "Link this wallet to Northbank: the owner of this address is Alice",
        "Satoshi test for Northbank: I control this address",
        "Northbank holds this address as collateral for a loan",
        "Northbank, I own this address",
        "Dear Northbank, this address belongs to Alice",
        "To Northbank: this address is controlled by Alice",
        "This is not an address of Northbank",
        "Northbank does not own this address",
        "Northbank no longer owns this address",
        "I am not a Northbank address",
        "This address was owned by Northbank",
        "I am a formerly Northbank address",
        "Formerly Northbank: owned by Alice, address of Southbank",
        "Is this a Northbank address?",
        "This is a fake Northbank address",
        "Southbank confirms that this is a Northbank address",
        "Alice says that Northbank owns this address",
        "Northbank confirms that this is an OKX address",
        "I am an OKX and Northbank address",
        "I am a Neo-Northbank address",
        "I am a New Northbank address",
        "Old Northbank owns this address",
        "Northbank Securities owns this address",
        "NorthbankX owns this address",
        "northbank.example owns this address",
        "https://northbank/owns this address",
        "alice@northbank owns this address",
        "I am a northbank.eth address",
        "I am a N\u043erthbank address",
        "I am a Northbank\u0327 address",
        "I am a North\u200bbank address",
        "I am a \uff2eorthbank address of Alice",
        "Northbank",
        "Northbank and Southbank own this address together with Alice",
        "This wallet is Northbank Wallet, and its owner is Alice",
        "Source: bc1qalice\nNorthbank address: 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "Northbank BTC address: 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "Northbank address 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "I send 5 BTC to: wallet owned by Northbank",
        "Destination\naddress of Northbank",
        "Sent from here. Address of Northbank: see below",
        "To: address of Northbank",
        "Alice writes: Northbank owns this address",
        "I agree that Northbank owns this address. Alice",
        "I authorise it. Northbank controls this address",
        "Northbank holds these assets on 1 June for Alice",
        "Northbank holds this wallet since 2020 on behalf of Alice",
        "Northbank owns this address. Sign it with your wallet",
        "Northbank address ownership proof: Alice",
        "I own this address, Northbank",
        "This address is controlled by me. Northbank",
    ],
)
def test_a_text_that_mentions_the_publisher_is_no_claim_by_it(text) -> None:
    assert stated(BANK, text, text) == [False, False]


BESIDE = [
    *("It is a lie. {}", "Lie: {}", "{} - wrong", "{} - Nope, this one belongs to Eve", "{}. Eve"),
    *("{}. Just kidding", "{} (Eve does)", "{} (or so)", "{}\nno it is Eve's", "{}\n\nEve", "Eve\n{}"),
    *("{}!", "{} :)", "{} ;)", "{}...", "{}?", "({})?", "{}, says Eve", "{}; me", "{}, Eve", "{}. No."),
    *("{}. Not", "{}, not 5", "Not: {}", "no. {}", "{}: no. 5", "{}. Until 2020", "{} until 2020"),
    *("I am the owner of this address. {}", "{}. I own this wallet", "{}. I, Bob, sign it", "I: {}"),
    *("{}. I sign it to show that I sent coins there", "{}, address owned by Eve", "{} of Eve"),
    *("{}. Das ist falsch", "{}. C'est faux", "Falso: {}", "{}, nein", "Ich bestreite: {}"),
    *("{}. \u042d\u0442\u043e \u043b\u043e\u0436\u044c", "\u5047: {}", "{}\u3002\u5047"),
    *("{}. \u0643\u0630\u0628", "{}\u2026", "{}\uff1f", "\u00bf{}", "{}\u203d", "{}\u2028Eve", "{}\x00"),
    *('"{}"', 'Eve writes "{}"', "\u201c{}\u201d", "\u00ab{}\u00bb", "'{}'", "`{}`", "<b>{}</b>"),
    *("> {}", "~~{}~~", "*{}*", "// {}", "# {}", "\\{}", "{} \U0001f923", "\u200b{}", "{}\u202e.evE"),
    *("Alleged: {}", "{}, allegedly", "{} as I hear", "{} for Eve", "{} and Eve", "{} since Eve"),
    *("{} on Eve", "{}: this address is Eve's", "{}, nonce eve", "nonce: this-is-a-lie-1 {}", "0 {}"),
    *("{}, block eve", "{}, people", "{} one", "{}, near", "opposite day, {}", "To: {}", "From: {}"),
    *("{}, block this-is-a-lie-as-eve-owns-it-1", "{} | Eve", "{} - - Eve", "{}, , 5", "{} ()", "() {}"),
]  # fmt: skip
"""What somebody may write beside a claim, and so take it back, joke about it or quote it."""


@pytest.mark.parametrize("beside", BESIDE)
def test_a_claim_beside_words_that_are_not_understood_is_none(beside: str) -> None:
    claims = (OWNS, "This is the address of Northbank", "This address is owned by Northbank")
    for text in (beside.format(claim) for claim in claims):
        assert stated(BANK, text, text) == [False, False], text


@pytest.mark.parametrize(
    "text",
    [
        "I am the owner of this address. Northbank holds this account",
        "I own this wallet. These assets are held by Northbank",
        "This is the address of Northbank. I sign it to show that I sent coins there",
        "coins held by Northbank, address owned by Eve",
        "I confirm that this account is held by Northbank",
        "I confirm that Northbank holds these coins",
        "These coins belong to Northbank. I owe them.",
        "Northbank owns the main wallet; this address is owned by Eve",
        "Northbank owns the cold wallet",
        "Northbank holds its coins in 0x1234567890abcdef; key of this address: Bob",
        "Northbank holds this key, and I hold this address",
        "Northbank has custody of these coins for me",
        "This is the Northbank address, to which Bob sent 5 BTC",
        "Northbank declares that Eve owns this address",
        "Northbank declares that we, Eve, own this address",
        "We, Northbank, own this address, and we, Eve, own this address",
        "We own this address. Northbank owns this address",
        "Northbank's rival owns this address",
        "This wallet is controlled by Northbank's competitor",
        "Northbank reserves nothing",
        "Northbank reserves this address for Eve",
        "I am a Northbank people address",
        "I am a Northbank user address",
        "I am a Northbank one address",
        "bitcoin held by Northbank",
        "accounts of Northbank",
        "funds held by Northbank",
    ],
)
def test_nor_is_one_that_another_clause_takes_back(text: str) -> None:
    assert stated(BANK, text, text) == [False, False]


@pytest.mark.parametrize("beside", ["I own this address. {}", "It is a lie. {}"])
def test_a_clause_more_ends_with_the_status_of_what_is_not_verified(
    scanner, tmp_path, beside
) -> None:
    owned_rows(tmp_path / "list.csv", beside.format(OWNS))
    done = scanner("verify", "list.csv", "--publisher", BANK)
    assert done.status == 3, done.text
    assert "--statement" in done.text
    taken = scanner("verify", "list.csv", "--publisher", BANK, "--statement", beside.format(OWNS))
    assert taken.status == 0, taken.text


def test_an_address_in_a_claim_is_the_rows_own() -> None:
    """Who signs that the publisher owns another's address, says nothing of his own."""
    for text in (f"{BANK} owns {{address}}", f"{BANK} cold wallet: {{address}}",
                 f"{OWNS}\nAddress: {{address}}\nBlock: 5", f"{{address}} belongs to {BANK}"):  # fmt: skip
        assert stated(BANK, text, text) == [True, True], text
        other = text.format(address=account_of(key(9)))
        assert stated(BANK, other, other) == [False, False], other
        assert stated(BANK, text, other) == [True, False], text


@pytest.mark.parametrize(
    "text",
    [
        OWNS,
        "Northbank owns this address.\nDate: 2026-10-31\nBlock: 925000\nNonce: 4f1c9a77b2",
        "Northbank proof of reserves\n2026-10-31T12:00:00Z\nThis address is owned by Northbank",
        "Northbank owns this address (Bitcoin), October 31st, 2026, 12:00 UTC",
        "Northbank owns this address on Arbitrum One, signed on 31.10.2026",
        "Northbank owns this address - block 925000 hash "
        "00000000000000000001b0d2c5ff2ad1a3c0b1d2e3f405162738495a6b7c8d9e",
        "We, Northbank Ltd., hereby certify that we have full control of the coins at this address.",
        "The exchange Northbank is the sole owner of this BTC wallet, challenge: 17",
        "I am a Northbank address",
        "I am a NORTHBANK address, 2026-11-01",
        "This is a Northbank cold wallet",
        "This BTC address belongs to Northbank.",
        "This address is owned and controlled by Northbank",
        "Northbank Ltd owns and controls this address as of 31 October 2026",
        "We, Northbank, own this address",
        "We hereby confirm that Northbank controls the private keys of this address",
        "Northbank hereby declares that it owns this address, block 925000",
        "Proof of Reserves: Northbank owns this address",
        "As of 31 October 2026, Northbank holds this wallet",
        "Northbank holds this address for its customers, 31 October 2026",
        "Northbank cold storage address",
        "Northbank reserve addresses",
        "wallets of Northbank",
        "Reserve address of Northbank",
        "Northbank proof of reserves 2026-10-31",
        "Northbank's cold wallet no. 17",
    ],
)
def test_a_claim_by_its_name_is_one(text) -> None:
    for result in verdicts(BANK, text, text):
        assert (result.is_proof, result.stated_by) == (True, StatedBy.NAMED), result.reason
    for other in re.findall(r"\w+", text):
        if other.casefold() != BANK.casefold():
            assert not any(stated(other, text, text)), other


@pytest.mark.parametrize(
    ("publisher", "texts"),
    [
        ("21Bank", ("21Bank owns this address", "22Bank owns this address")),
        ("Bank21X", ("Bank21X owns this address", "Bank22X owns this address")),
        (
            "NorthbankExchangeLimited",
            (
                "Address owned by NorthbankExchangeLimited",
                "Address owned by SouthbankExchangeLimited",
            ),
        ),
        ("deadbeefcafe", ("I am a deadbeefcafe address", "I am a beefdeadcafe address")),
    ],
)
def test_every_row_names_the_publisher_itself(publisher, texts) -> None:
    """What differs between the rows of a template may be the very name."""
    assert stated(publisher, *texts)[1] is False
    assert stated(publisher, *reversed(texts))[0] is False


@pytest.mark.parametrize(
    "name",
    [
        *("2026", "2026-06-30", "Q3 2026", "october 2026", "eth", "bitcoin", "BTC wallets", "usdt"),
        *("cold wallets", "proof of reserves", "my exchange", "reserve-addresses", "holder"),
        *("customer", "the bank", "wallet_1", "por2026", "eth2", "account", "owner", "hot"),
    ],
)
def test_common_words_dates_and_coins_are_no_name(name) -> None:
    for text in (f"I am a {name} address", f"{name} owns this address", f"wallets of {name}"):
        assert stated(name, text, text) == [False, False]


def test_a_name_of_the_table_may_be_a_coins() -> None:
    table = Publishers([*TABLE.all.values(), Publisher("near", ("Near Exchange",))])
    assert stated("near", "I am a Near address", table=table) == [True]
    assert stated("near", "I am a Near Exchange address", table=table) == [True]
    assert stated("near", "I am a Near address") == [False]
    assert stated("htx", "Huobi owns this address") == [True]


def test_what_takes_long_is_bounded() -> None:
    """Hostile texts cost no more than their length."""
    begun = time.monotonic()
    for text in (
        "this the all " * 150, "as of " + "a " * 900, "northbank " * 200, "we, northbank, " * 130,
        "a" * 2_000, "- " * 1_000, "owned and " * 200, "0x" + "f" * 1_900, "(" * 2_000,
    ):  # fmt: skip
        assert stated(BANK, text) == [False]
    assert time.monotonic() - begun < 2
