"""Endpoints of any network as one source of balances: who is asked, believed and outvoted."""
