"""Aptos: coins and fungible assets at the last version of a block."""
