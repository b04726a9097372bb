"""Signatures by Ed25519 keys, and the addresses computed from them."""
