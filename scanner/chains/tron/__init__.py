"""Tron: TRX in all its parts, and TRC-20 tokens."""
