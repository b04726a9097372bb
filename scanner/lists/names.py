"""The closed tables by which parts of a file are understood. docs/lists.md is made from them.

Names stand as `normal` writes them: lower case, letters and digits only. A name that is in none of
these tables is not understood, whatever it may seem to say.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from scanner.lists.abroad import FIELDS_ABROAD, NEEDLESS_ABROAD
from scanner.model.word_set import word_set

_FIELDS: Mapping[str, frozenset[str]] = {
    "coin": word_set(
        "coin digitalasset asset currency symbol token ticker assetname coinname tokensymbol "
        "assetsymbol coinsymbol cryptocurrency cryptoasset tokenname currencycode"
    ),
    "contract": word_set(
        "contract tokenaddress contractaddress tokencontract tokencontractaddress mint "
        "mintaddress tokenmint"
    ),
    "row_type": frozenset({"type", "rowtype"}),
    "network": word_set(
        "network chain blockchain networkname chainname chainid blockchainname protocol"
    ),
    "height": word_set(
        "snapshotheight height blockheight block blocknumber snapshotblockheight "
        "snapshotblock snapshotblocknumber blockno blocknum atblock atheight"
    ),
    "address": word_set(
        "address addr walletaddress wallet accountaddress holderaddress publicaddress "
        "depositaddress addresshash coldwallet hotwallet coldwalletaddress hotwalletaddress "
        "onchainaddress cryptoaddress"
    ),
    "amount": word_set(
        "amount balance qty quantity tokenbalance coinbalance assetbalance holding holdings "
        "walletbalance accountbalance claimedamount claimedbalance amountclaimed "
        "balanceamount"
    ),
    "base_units": word_set(
        "baseunits satoshis sats wei satoshi lamports amountinbaseunits rawbalance rawamount "
        "balanceraw amountraw"
    ),
    "decimals": word_set("decimals decimal tokendecimals assetdecimals precision"),
    "message": word_set("message signedtext msg messagetext signmessage messagesigned"),
    "signed_hex": word_set(
        "messagehex hexmessage signedtexthex signedmessagehex textassigned textassignedhex "
        "signedbytes messagebytes"
    ),
    "signature1": word_set(
        "signature1 signedmessage signature sig sig1 signaturehex signaturebase64"
    ),
    "signature2": frozenset({"signature2", "signedmessage2", "sig2"}),
    "script": frozenset(
        {"redeemscriptpublickey", "redeemscript", "script", "publickey", "witnessscript", "pubkey"}
    ),
    "owner1": frozenset({"eoa1", "owner1", "owner"}),
    "owner2": frozenset({"eoa2", "owner2"}),
    "status": frozenset({"status"}),
}
FIELDS: Mapping[str, frozenset[str]] = {
    field: names | FIELDS_ABROAD.get(field, frozenset()) for field, names in _FIELDS.items()
}
"""Our field names, and the names that mean them."""

LABEL = "a label"
HOLDER = "who holds or publishes it"
FOUND = "where it was found"

_NEEDLESS: Mapping[str, frozenset[str]] = {
    LABEL: word_set(
        "label labels tag tags note notes comment comments remark remarks description desc "
        "name walletname accountname walletlabel addresslabel title purpose usage category"
    ),
    "a number of the row": word_set(
        "index no nr id rowid row rownumber number num idx position rank uid uuid serial"
    ),
    HOLDER: word_set(
        "exchange entity publisher company organisation organization owneroftheaddress venue "
        "institution provider auditor issuer code"
    ),
    FOUND: word_set(
        "source url link explorer explorerlink explorerurl website href logo icon image "
        "logourl schema"
    ),
    "the form of the address": word_set("addresstype addrtype scripttype addressformat"),
    "a date, which does not name a block": word_set(
        "date time timestamp datetime createdat updatedat lastupdated lastupdate updated "
        "created snapshotdate snapshottime generatedat auditdate asof reportdate "
        "lastupdatedat day asofdate balancedate"
    ),
    "from an export of this program": word_set(
        "duplicate publishedcoin withdrawalcredentials validatorstatus"
    ),
    "about the file": word_set("version success ok error errors msgcode generator"),
    "a value in money": word_set(
        "usd usdvalue valueusd valueinusd balanceusd amountusd usdbalance usdamount price "
        "priceusd usdprice marketvalue fiatvalue valueeur eur eurvalue priceinusd "
        "balanceinusd quoterate quote valuation"
    ),
}
NEEDLESS: Mapping[str, frozenset[str]] = {
    why: names | NEEDLESS_ABROAD.get(why, frozenset()) for why, names in _NEEDLESS.items()
}
"""Parts that no claim is in: why, and their names."""

OF_WORDS = frozenset({LABEL, HOLDER, FOUND, "a date, which does not name a block"})
"""Needless parts whose words are looked through all the same: they may say a unit or a block."""

NAMES_A_COIN = NEEDLESS_ABROAD[LABEL] | word_set(
    "name label description title category code issuer type rowtype status"
)
"""Needless, or no word of a coin, beside a coin; where no coin is named, they may well name it."""

LISTS_OF_COINS = (
    FIELDS["coin"]
    | FIELDS["contract"]
    | word_set(
        "tokens coins assets contracts currencies symbols tickers mints contractaddresses "
        "tokenaddresses tokencontracts supportedtokens"
    )
)
"""Keys of arrays whose elements are coins or their contracts, never who holds them."""

STRUCTURE = word_set(
    "data wallets wallet addresses list items item result results reserves reserve "
    "accounts account rows row entries records claims assets coins tokens networks chains "
    "hot cold hotwallets coldwallets hotwallet coldwallet custody balances balance "
    "holdings holding addresslist reserveaddresses proofs proof proofofreserves por "
    "snapshot snapshots exchange payload response body content value values message "
    "signatures details detail info"
)
"""Keys above the rows of a JSON document that say nothing but that rows are below."""

SHARES = word_set("percent percents percentage percentages pct share shares ratio ratios permille")
"""Words for parts of a whole."""

AMOUNT_WORDS = FIELDS["amount"] | {"total", "claim", "claimed", "funds"}
"""What an amount may be called where its unit stands beside the name."""

BASE_AMOUNT_WORDS = AMOUNT_WORDS | {"value"}
"""The same where the unit is a base unit: "value BTC" may be what bitcoins are worth."""

NEEDLESS_FILES = (
    "readme", "license", "licence", "copying", "sha256sum", "sha512sum", "md5sum", "checksums",
)  # fmt: skip
"""Starts of the names of files in an archive that hold no rows."""

NEEDLESS_ENDINGS = (".asc", ".sig", ".minisig", ".sha256", ".sha512", ".md5", ".md", ".pdf")
"""Ends of the names of files in an archive that hold no rows."""


_SHARES = "%\u2030\u2031\u0394\u2206\u00b1"  # parts of a whole, and differences


def sign_in(name: str) -> str:
    """What a sign in a name, which `normal` leaves out, says: "money", "share" or ""."""
    if any(unicodedata.category(c) == "Sc" for c in name):
        return "money"
    return "share" if any(c in _SHARES for c in name) else ""


def normal(name: str) -> str:
    """A name without case, spaces and punctuation; wide letters and those in signs are letters."""
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    return "".join(c for c in name.lower() if c.isalnum())


BY_NAME: Mapping[str, str] = {name: field for field, names in FIELDS.items() for name in names}
WHY_NEEDLESS: Mapping[str, str] = {name: why for why, names in NEEDLESS.items() for name in names}
