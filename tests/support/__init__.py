"""What the tests start beside the scanner itself."""
