"""Frozen values every room speaks in; no files, no network, no clock."""
