"""What Binance's proofs leave open, in words."""

from __future__ import annotations

OWN_KEYS = (
    "the keys are the files next to it, and nobody else vouches for them: pin them with --key, the "
    "SHA-256 of all .vk files one after the other"
)
NO_KEYS = (
    "the Groth16 proofs are not checked, so the totals are not proven: the publisher's .vk files "
    "must be next to the file"
)
SETUP = "whoever ran the setup of the keys can forge proofs under them"
CIRCUIT = (
    "whether the keys belong to the published circuit is only the word of who vouches for them: "
    "they are drawn at random in the setup, so nobody can rebuild them"
)
NAMES = (
    "only the file says which coin a total is of: the proofs bind the amounts and price of each "
    "place, but no name"
)
LEFT_OUT = "only a user who was left out can notice it"
