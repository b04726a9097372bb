"""Commands that show a snapshot."""
