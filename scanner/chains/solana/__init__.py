"""Solana: lamports, tokens of both token programs, stake accounts."""
