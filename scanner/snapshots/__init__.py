"""Plans a snapshot, takes it chunk by chunk, tallies it."""
