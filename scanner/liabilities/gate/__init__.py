"""Gate's account tree and chain of batches: all that can be checked without its verifying key."""
