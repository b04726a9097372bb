"""Algorand, by its nodes' REST."""
