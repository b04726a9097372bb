"""Balances of EVM networks and Filecoin by Ethereum's JSON-RPC, of validators by beacon nodes."""
