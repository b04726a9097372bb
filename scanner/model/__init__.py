"""Frozen values every room speaks in, and exact readers of small forms; no network, no clock."""
