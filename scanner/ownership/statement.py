"""Whose claim a signed text is: of these reserves by this publisher, or anybody's about anything.

A text counts, the strongest reason first, when it is the challenge that was issued, when the user
demands it, when the table of publishers knows it of this publisher, or (weaker, and said so) when
the whole list signs one text, each row of which claims addresses in the publisher's own name
(`own_words`). A name that was guessed from a file's name is nobody's word, and states nothing.
Typed data counts by an allow-list only: votes, permits and orders are typed data, too, and their
signatures lie open for anybody. Pure: a verdict comes from the row and the snapshot's rule alone.
"""

from __future__ import annotations

import re
from dataclasses import replace

from scanner.errors import ConfigError, clip
from scanner.model.claim import Claim
from scanner.model.control import MALFORMED, MISMATCH, ControlResult
from scanner.model.publisher import Publishers, host_of, name_key
from scanner.model.statement import StatedBy, Statement, StatementRule
from scanner.ownership.attestations import NotAttested, attested
from scanner.ownership.challenge import parse_challenge
from scanner.ownership.native.parts import Said, place_words, said_by, said_in
from scanner.ownership.own_words import LONGEST as LONGEST_NAMED
from scanner.ownership.own_words import claims_by_name, is_name, named_addresses
from scanner.ownership.purposes import other_purpose
from scanner.ownership.signed_texts import SignedTexts, template

LEAST_SAID = 8
"""Letters and digits that a pattern must name, or it would accept nearly anything."""

REMEMBERED = 4_096
"""Texts whose answers are kept."""

_ADDRESS = "{address}"
_new = tuple.__new__

Answer = tuple[Statement, StatedBy, str]
"""What a text is, what shows it, and why it is not stated ("" where it is)."""


def settle(result: ControlResult, claim: Claim, rule: StatementRule | None) -> ControlResult:
    """The verdict with the statement answered. rule: None where nobody kept one: not stated.

    Of a row whose control is shown and whose text is not stated, the reason says why first.
    """
    _, _, _, _, address, _, _, _, _, message, signatures, _, _, _ = claim[:]
    control, binding, freshness, scheme, needed, who, reason, evidence, _, _, lock = result[:]
    if not any(signatures) or control is MISMATCH or control is MALFORMED:
        # Whatever the text says: nothing was signed, or not by the address's keys.
        return result._replace(statement=Statement.NONE, stated_by=StatedBy.NOTHING)
    said = said_by(scheme, message)
    statement, stated_by, why = judge_said(said, address, rule)
    if not why or not result.shows_control:
        # As `_replace` does, but quicker: lists have hundreds of thousands of rows.
        first = control, binding, freshness, scheme, needed, who, reason, evidence
        return _new(ControlResult, (*first, statement, stated_by, lock))
    whole = f"{why}; {reason}" if reason else why
    return result._replace(reason=whole, statement=statement, stated_by=stated_by)


def settled_alike(result: ControlResult, claim: Claim, rule: StatementRule) -> bool:
    """Whether rows are settled in the same way that differ from this in address and signer only."""
    return not _names_addresses(said_by(result.scheme, claim.message), rule)


def judge_said(said: Said, address: str | None, rule: StatementRule | None) -> Answer:
    """Judge what was signed. address: of the row, as written; a text may have to name it.

    None where it is asked of a whole list's text: which row's address it names is not looked at.
    """
    if rule is None:
        return _not("the program that planned this snapshot did not check what was signed")
    global _latest  # noqa: PLW0603 - replaced as a whole: threads see one or the other
    held, answers = _latest
    if held is not rule:
        answers = {}
        _latest = rule, answers
    answer = answers.get(said)
    if answer is not None:
        return answer
    answer = _judge(said, address, rule)
    by_address = _names_addresses(said, rule)
    size = len(said.text) + len(said.place)
    if not by_address and size <= LONGEST_NAMED and len(answers) < REMEMBERED:
        answers[said] = answer
    return answer


def judge_listed(text: str, rule: StatementRule | None) -> Answer:
    """Judge a text of a whole list: as it is written, or what a wallet shows of its JSON.

    A row is judged by what its scheme signs; that the text counts does not make a row count.
    """
    answer = judge_said(Said(text), None, rule)
    said = said_in(text)
    if answer[0] is Statement.STATED or not said.place:
        return answer
    return judge_said(said, None, rule)


def _names_addresses(said: Said, rule: StatementRule) -> bool:
    """Whether the answer is another for each row's address."""
    if any(_ADDRESS in pattern for pattern in rule.wanted):
        return True
    return bool(rule.named) and bool(named_addresses(attested(said.text), rule.names))


_latest: tuple[StatementRule | None, dict[Said, Answer]] = (None, {})
"""The rule that was asked for last, and its answers: the rows of a list sign few texts."""


def _not(why: str) -> Answer:
    return Statement.NOT_STATED, StatedBy.NOTHING, why


def _stated(by: StatedBy) -> Answer:
    return Statement.STATED, by, ""


def _judge(signed: Said, address: str | None, rule: StatementRule) -> Answer:
    said = attested(signed.text)
    if isinstance(said, NotAttested):
        return _not(said.why)
    stated_by = _stated_by(said, address, rule)
    if stated_by is None and not _demanded_there(signed, address, rule):
        return _not(_why_not(signed, said, rule))
    if stated_by is None:
        return _stated(StatedBy.RULE)
    if signed.place and not _is_own(signed, rule):
        return _not(_of_another_place(signed, rule))
    return _stated(stated_by)


def _stated_by(said: str, address: str | None, rule: StatementRule) -> StatedBy | None:
    """What makes a text the publisher's claim, wherever it was signed; None if nothing does."""
    if rule.challenge:
        return StatedBy.CHALLENGE if said == rule.challenge else None
    if rule.wanted:
        fits = any(matches(pattern, said, address) for pattern in rule.wanted)
        return StatedBy.RULE if fits else None
    if said in rule.known:
        return StatedBy.TABLE
    alike = bool(rule.named) and template(said) == template(rule.named)
    if alike and claims_by_name(said, rule.names, address):
        return StatedBy.NAMED
    return None


def _demanded_there(signed: Said, address: str | None, rule: StatementRule) -> bool:
    """Whether the user demands a text together with the very place that it was signed for."""
    end = place_words(signed.place)
    return bool(end) and any(
        _parts(pattern)[-1].endswith(end) and matches(pattern, signed.shown, address)
        for pattern in rule.wanted
    )


def _is_own(signed: Said, rule: StatementRule) -> bool:
    """Whether a place is the publisher's: by the table, or, where a wallet shows it, by its name.

    A log-in is signed unseen, so a domain that merely sounds like the publisher's is not enough.
    """
    host = host_of(signed.place)
    if rule.places or signed.log_in:
        return any(host == own or host.endswith(f".{own}") for own in rule.places)
    first, dot, rest = host.removeprefix("www.").partition(".")
    return bool(dot) and "." not in rest and name_key(first) in map(name_key, rule.names)


def _of_another_place(signed: Said, rule: StatementRule) -> str:
    what = "a log-in" if signed.log_in else "signed"
    return (
        f"the keys signed {clip(signed.text, 60)!r} for {clip(signed.place, 60)!r} ({what} there), "
        f"and nothing shows that this is {rule.publisher or 'the publisher'}'s own place: if it "
        "is, accept it with --statement 'TEXT (for PLACE)'"
    )


def _why_not(signed: Said, text: str, rule: StatementRule) -> str:
    shown = f"the keys signed {clip(text, 60)!r}"
    if rule.challenge:
        what = "another challenge" if parse_challenge(text) else "another message"
        shown = f"the keys signed {what} ({clip(text, 60)!r})"
        return f"{shown}, not the challenge that was issued"
    if rule.wanted:
        return f"{shown}, which is not what --statement demands"
    purpose = "a log-in" if signed.log_in else other_purpose(text)
    if purpose:
        return f"{shown}, which is {purpose}, not a claim of reserves"
    return f"{shown}, and {nothing_shows(rule)}"


def nothing_shows(rule: StatementRule) -> str:
    """What to say of a text that may or may not be the publisher's claim, and what to do."""
    said = f"nothing shows that this is a claim by {rule.publisher or 'the publisher'}"
    if rule.guessed:
        return (
            f"{said}, a name that only the file has: name the publisher with --publisher, or "
            "accept the text with --statement"
        )
    return f"{said}: if it is, accept it with --statement"


def purpose_of(signed: Said) -> str:
    """What was signed for where it is no claim; "" if nothing says so.

    Typed data is a claim only where its kind is an attestation that is known here.
    """
    if signed.log_in:
        return f"a log-in at {clip(signed.place, 60)}"
    said = attested(signed.text)
    if isinstance(said, NotAttested):
        return f"typed data ({clip(str(said), 60)}) that is not a known attestation"
    return other_purpose(said)


def matches(pattern: str, text: str, address: str | None = None) -> bool:
    r"""Whether a text is what a pattern says: `*` is any run of characters, `\*` a star.

    `{address}` in the pattern is the row's address, in any case of letters.
    """
    if _ADDRESS in pattern:
        if not address or address.casefold() not in text.casefold():
            return False
        found = re.search(re.escape(address), text, re.IGNORECASE)
        pattern = pattern.replace(_ADDRESS, found[0] if found else address)
    first, *rest = _parts(pattern)
    if not rest:
        return text == first
    *middle, last = rest
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found_at = text.find(part, at, end)
        if found_at < 0:
            return False
        at = found_at + len(part)
    return True


def _parts(pattern: str) -> list[str]:
    return [part.replace("\0", "*") for part in pattern.replace(r"\*", "\0").split("*")]


def literal(text: str) -> str:
    """The pattern that matches exactly this text."""
    return text.replace("*", r"\*")


def check_pattern(pattern: str) -> str:
    """Return a pattern of `--statement`. Raises ConfigError if it would accept nearly anything."""
    said = sum(c.isalnum() for c in "".join(_parts(pattern.replace(_ADDRESS, ""))))
    if len(_parts(pattern)) > 1 and said < LEAST_SAID:
        raise ConfigError(
            f"--statement {clip(pattern, 60)!r} accepts nearly any text: give at least "
            f"{LEAST_SAID} letters or digits of what was signed"
        )
    if not pattern.strip():
        raise ConfigError("--statement needs the text that was signed, not an empty one")
    return pattern


def make_rule(
    publisher: str,
    table: Publishers,
    texts: SignedTexts | None = None,
    *,
    challenge: str = "",
    wanted: tuple[str, ...] = (),
    guessed: bool = False,
) -> StatementRule:
    """What counts as a claim by a publisher in a list.

    publisher: its name; what the table knows under it is taken. texts: what the whole list signs;
    None gives no text that counts by naming the publisher. challenge, wanted: the user's word:
    where there is any, nothing else counts. guessed: whether only the list's writer gave the name:
    one that the table does not have names nobody then. Raises ConfigError for a pattern that says
    nothing.
    """
    found = table.find(publisher)
    known = table.known(publisher)
    guessed = guessed and found is None
    own: tuple[str, ...] = ()
    if found is not None:
        own = tuple(dict.fromkeys((*found.names, publisher)))
    elif not guessed and is_name(publisher):
        own = (publisher,)
    rule = StatementRule(known.name, names=own, guessed=guessed, places=known.places)
    if challenge or wanted:
        patterns = tuple(check_pattern(p) for p in wanted)
        return replace(rule, challenge=challenge, wanted=patterns)
    named = attested(texts.only if texts is not None else "")
    if not _claimed(named, own, known.name, table):
        named = ""
    return replace(rule, known=known.texts, named=named)


def _claimed(text: str, own: tuple[str, ...], publisher: str, table: Publishers) -> bool:
    """Whether a text claims addresses in a publisher's name, and names no other of the table.

    text: as `attested` gives it.
    """
    if not text or isinstance(text, NotAttested) or not claims_by_name(text, own):
        return False
    return all(other.name == publisher for other in table.named_in(text))
