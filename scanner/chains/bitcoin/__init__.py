"""Balances of Bitcoin and the chains that speak its dialect."""
