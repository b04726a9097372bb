"""Starknet, by its JSON-RPC."""
