"""The XRP Ledger: XRP and issued tokens, in a ledger named by its hash."""
