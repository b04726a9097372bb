"""Hedera, by mirror nodes."""
