"""Hashes, curves and spellings that several schemes stand on."""
