"""Signatures and payments that show control of an address of Bitcoin or a relative."""
