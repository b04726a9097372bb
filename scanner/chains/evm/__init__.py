"""Balances on EVM networks over Ethereum JSON-RPC, pinned by block hash."""
