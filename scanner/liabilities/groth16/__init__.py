"""Groth16 proofs on BN254 as gnark writes them, with one commitment, checked in batches."""
