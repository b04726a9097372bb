"""Signatures of Ethereum-like accounts, and what contracts say about their signers."""
