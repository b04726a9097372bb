"""Totals, findings and exports, read from the store."""
