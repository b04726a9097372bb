"""Prices in US dollars: read from a file, from the chain, or from a public service. No database."""
