"""Commands about nodes: what they answer, their validators, the proofs that they once gave."""
