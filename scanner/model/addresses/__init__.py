"""Address formats: text to decoded bytes and back, one codec a file."""
