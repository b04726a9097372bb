"""Chains of the Cosmos SDK: Terra Classic."""
