"""Stellar and Pi, by Horizon servers."""
