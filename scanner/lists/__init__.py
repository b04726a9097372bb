"""Turns a published file into a stream of claims. No network, bounded memory."""
