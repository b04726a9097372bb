"""What an accepted proof of OKX's still does not show; the report and the page say the same."""

from __future__ import annotations

CIRCUIT = (
    "the published circuit does not stop a dishonest prover: a root key fixes the digest of the "
    "inner circuits but not their constants, so another inner circuit with free totals can be "
    "wrapped under the genuine key. Only OKX can close this: by constraining the inner constants "
    "cap in the circuit and publishing a new key"
)
PER_COIN = "no total of any one coin is proven: amounts can be moved between coins unnoticed"
GROSS = "what is owed and what users owe back may both be shifted; only their difference is bound"
COMPLETE = "only a user who was left out can notice it"
HEADER = (
    "nothing binds the file's header (round, batch size, numbers of tokens and levels): compare "
    "it with the publication"
)
ROUND = (
    "nothing binds the round in the file, nor any day: a proof of an earlier round may be shown as "
    "this one's, so compare the root with what the publisher shows for the period"
)
OWN_KEY = (
    "the key comes from the file itself: whoever wrote the file may have proven any circuit they "
    "liked. Not proven; give the publisher's key with --key"
)
