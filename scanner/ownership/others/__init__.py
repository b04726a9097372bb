"""Schemes of single networks, one file each."""
