"""Cardano, by Koios servers."""
