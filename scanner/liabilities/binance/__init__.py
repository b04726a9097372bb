"""Binance's proofs: batches of users under Groth16, and one user's place in the account tree."""
