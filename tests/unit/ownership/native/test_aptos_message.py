"""The fullMessage of Aptos' wallets: what is certainly one, what it says, and whom it is for."""

from __future__ import annotations

import pytest
from support.native_rows import native_rows
from support.signed_rows import MESSAGE, altered, ed_key

from scanner.model.control import Control, ControlResult
from scanner.model.statement import Statement, StatementRule
from scanner.ownership.judge import judge
from scanner.ownership.native.aptos_message import full_message
from scanner.ownership.native.parts import Said, has_text, said_by, said_in
from scanner.ownership.statement import judge_listed, settle
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROW = next(r for r in native_rows(1) if r.label == "fullMessage" and r.scheme == "aptos_text")
OWN = ROW.claim.address
OTHER = "0x" + "11" * 32


def full(*head: str, message: str = MESSAGE, nonce: str = "1") -> str:
    return "\n".join(["APTOS", *head, f"message: {message}", f"nonce: {nonce}"])


def signed(text: str) -> ControlResult:
    signature = ed_key(1).sign(text.encode()).signature.hex()
    return judge(altered(ROW, message=text, signatures=(signature,)), REGISTRY)


@pytest.mark.parametrize(
    "text",
    [
        "APTOS\nwe own this\naddress: our treasury\n",
        f"APTOS\naddress: {OTHER}\nis not ours, but this is",
        f"APTOS\naddress: {OTHER}\nmessage: x",
        f"APTOS\naddress: {OTHER}\nnonce: 1",
        f"APTOS\naddress: {OTHER}\naddress: {OWN}\nmessage: x\nnonce: 1",
        f"APTOS\nchainId: 2\nour accounts\naddress: {OWN}\nmessage: x\nnonce: 1",
        f"APTOS\r\naddress: {OTHER}\r\nmessage: x\r\nnonce: 1",
        "APTOS\nchainId: 7",
        "APTOS\n",
    ],
)
def test_a_text_of_ones_own_that_begins_alike_is_a_text(text: str) -> None:
    assert full_message(text) is None
    assert said_by("aptos_text", text) == Said(text)
    assert signed(text).control is Control.CONTROLS


@pytest.mark.parametrize(
    "head",
    [
        (),
        (f"address: {OWN}",),
        (f"address: {OWN[2:]}", "chainId: 1"),
        ("chainId: 1", f"address: {OWN}"),
        ("application: https://a.org", "chainId: 1"),
    ],
)
def test_a_full_message_of_the_rows_own_account(head: tuple[str, ...]) -> None:
    for message in (MESSAGE, "two\nlines", "", f"address: {OTHER}", "chainId: 2"):
        assert signed(full(*head, message=message)).control is Control.CONTROLS


@pytest.mark.parametrize(
    ("line", "control"),
    [
        (f"address: {OTHER}", Control.MISMATCH),
        ("address: some.apt", Control.UNSUPPORTED),
        (f"address: @{OWN}", Control.UNSUPPORTED),
        ("address: ", Control.UNSUPPORTED),
        ("chainId: 2", Control.MISMATCH),
        ("chainId: 0", Control.MISMATCH),
        ("chainId: mainnet", Control.UNSUPPORTED),
        ("chainId: 0x1", Control.UNSUPPORTED),
        ("chainId: 01", Control.UNSUPPORTED),
        ("chainId: ", Control.UNSUPPORTED),
    ],
)
def test_what_a_head_names_must_be_the_rows(line: str, control: Control) -> None:
    """False is what names another; what cannot be read names nobody."""
    for text in (full(line), full("application: https://a.org", line), full(line, nonce="1\n2")):
        result = signed(text)
        assert result.control is control, result
        assert "signed text" in result.reason


def test_what_the_signer_was_shown() -> None:
    assert said_by("aptos_text", full()) == Said(MESSAGE)
    head = (f"address: {OWN}", "application: https://a.org", "chainId: 1")
    assert said_by("aptos_text", full(*head)) == Said(MESSAGE, "https://a.org")
    assert said_by("aptos_text", full("application: ")) == Said(MESSAGE, "nobody")
    lines = "one\n\nmessage: two\nnonce 3"
    assert said_by("aptos_text", full(message=lines)) == Said(lines)
    assert said_by("ed25519", full()) == Said(full()), "another scheme signs no fullMessage"


@pytest.mark.parametrize(
    "text",
    [
        full(message="mine\nnonce: 5"),
        full(nonce="1\nbut this is not true"),
        full(nonce="1\nnonce: 2"),
        full(nonce="5 and nothing of this is true"),
        full(nonce=""),
        full(nonce="1" * 129),
    ],
)
def test_a_message_without_a_certain_end_is_not_understood(text: str) -> None:
    assert signed(text).control is Control.CONTROLS
    assert said_by("aptos_text", text) == Said(text)


@pytest.mark.parametrize(
    ("head", "nonce", "expected"),
    [
        ((), "1", Statement.STATED),
        (("application: https://a.org",), "1", Statement.STATED),
        (("application: https://sub.a.org/x",), "1", Statement.STATED),
        (("application: https://b.org",), "1", Statement.NOT_STATED),
        (("application: ",), "1", Statement.NOT_STATED),
        ((), "1\nnonce: 2", Statement.NOT_STATED),
        ((), "1 is a lie", Statement.NOT_STATED),
    ],
)
def test_a_statement_is_judged_by_the_message(
    head: tuple[str, ...], nonce: str, expected: Statement
) -> None:
    text = full(f"address: {OWN}", *head, nonce=nonce)
    row = altered(ROW, message=text)
    rule = StatementRule("Some Exchange", wanted=(MESSAGE,), places=("a.org",))
    assert settle(signed(text), row, rule).statement is expected


def test_what_a_list_signs_is_told_as_it_was_shown() -> None:
    """So an option that a report suggests accepts the rows that it is about."""
    for head in ((), ("application: https://b.org",)):
        text = full(*head)
        shown = said_in(text).shown
        assert shown == MESSAGE + (" (for https://b.org)" if head else "")
        rule = StatementRule("Some Exchange", wanted=(shown,), places=("a.org",))
        assert judge_listed(text, rule)[0] is Statement.STATED
        row = altered(ROW, message=text)
        assert settle(signed(text), row, rule).statement is Statement.STATED
        other = StatementRule("Some Exchange", wanted=("another",))
        assert judge_listed(text, other)[0] is Statement.NOT_STATED


def test_a_full_message_is_no_json_of_parts() -> None:
    assert has_text(("nep413", "ton_connect"), full("application: https://a.org")) is None
