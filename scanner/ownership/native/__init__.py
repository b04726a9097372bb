"""Texts as the wallets of single networks sign them, from Algorand to the XRP Ledger."""
