"""What Binance's proofs leave open, in words."""

from __future__ import annotations

OWN_KEYS = (
    "the keys are the files beside it and nobody else vouches for them: pin them with --key, the "
    "SHA-256 of all .vk files one after the other"
)
NO_KEYS = (
    "the Groth16 proofs are not checked, so the totals are not proven: the publisher's .vk files "
    "must stand beside the file"
)
SETUP = "whoever ran the setup of the keys can forge proofs under them"
CIRCUIT = (
    "that the keys are of the published circuit is the word of who vouches for them: they are "
    "drawn at random in the setup, so nobody can build them again"
)
NAMES = (
    "which coin a total is of is the file's word: the proofs bind each place's amounts and price, "
    "no name"
)
LEFT_OUT = "a user who was left out is not noticed but by that user"
UNIT = "the publisher's own units: how many make one coin, no file says"
