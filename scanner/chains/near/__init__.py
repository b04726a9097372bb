"""NEAR, by its JSON-RPC."""
