"""What a signed text is for, where it is for something else than to claim reserves.

A text of one of these purposes is never a claim because it names a publisher: they are what
people sign for others to read, and exchanges hold thousands of them.
"""

from __future__ import annotations

from scanner.model.patterns import later

LONGEST = 2_000
"""Characters that are looked at."""

_OF_ITS_CUSTOMERS = later(
    r"\b(?:for|of|on behalf of) (?:its|our|their) (?:customers|clients|users)\b"
    r"|\b(?:customers?|clients?|users?)'? (?:assets|funds|deposits|balances|holdings|reserves)\b"
)
"""What a publisher says of its own reserves: these words make no text a customer's."""

_PURPOSES = (
    (later(r"wants you to sign in with your"), "a log-in (sign-in with a wallet)"),
    (later(r"\b(?:sign|log)(?:ging|ning)?[ -]?(?:in|on|up)\b|\bauthenticat|\bsession\b"),
     "a log-in"),
    (later(r"\bvot(?:e|es|ed|ing)\b|\bproposals?\b|\bgovernance\b"), "a vote"),
    (later(r"\bpermit\b|\bapprov|\ballowance\b|\bspender\b"), "a permit"),
    (later(r"\b(?:buy|sell|limit) order\b|\blisting\b|\bswap\b"), "an order"),
    (later(r"\bairdrop\b|\bwhitelist\b|\bterms of (?:use|service)\b|\bprivacy policy\b"
                r"|\bagree\w*\b|\baccept\w*\b|\bconsent\w*\b|\bauthori[sz]\w*\b"),
     "an agreement or a sign-up"),
    (later(r"\btravel[ -]?rule\b|\bbeneficial\b|\bkyc\b|\baml\b|\bknow your customer\b"
                r"|\bself[ -]?(?:hosted|custod\w*)\b|\bunhosted\b|\bsatoshi test\b"),
     "a customer's word about a wallet (the travel rule)"),
    (later(r"\bwithdraw\w*\b|\bdeposit\w*\b|\btransfer\w*\b|\bpay(?:out|ment)?s?\b|\bpaying\b"
                r"|\brefund\w*\b|\bremit\w*\b"), "about a payment"),
    (later(r"\bloans?\b|\bcollateral\b|\bpledge\w*\b|\blien\b|\bescrow\b|\bborrow\w*\b"),
     "about a debt"),
    (later(r"\b(?:customers?|clients?|users?|subscribers?|members?|account holders?)\b"),
     "a customer's"),
    (later(r"\bmy\b|\bmine\b|\bme\b|\bmyself\b"), "about what is the signer's own"),
    (later(r"\bverify(?:ing)? (?:my|your|the|an?) (?:account|identity|e-?mail|profile)\b"
                r"|\bverification (?:code|request|step)\b|\b(?:link|bind|connect|register)\b"
                r"|\b(?:support|helpdesk)\b"
                r"|\b(?:ticket|case|invoice) (?:no\.?|number|id|#)? ?#?[0-9]"),
     "to verify an account"),
)  # fmt: skip


def other_purpose(text: str) -> str:
    """What a text is for, if it is a log-in, a vote or the like; "" if nothing says so."""
    lowered = _OF_ITS_CUSTOMERS().sub(" ", text[:LONGEST].casefold())
    return next((what for pattern, what in _PURPOSES if pattern().search(lowered)), "")
