"""Sui: coins and stake at a checkpoint."""
