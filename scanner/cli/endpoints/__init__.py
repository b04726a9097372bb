"""Commands that ask nodes."""
