"""Schemes of Tron, Starknet and Antelope chains, and OKX's own envelope on several networks."""
