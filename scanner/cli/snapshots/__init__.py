"""Commands that take a snapshot."""
