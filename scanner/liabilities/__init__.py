"""Published liabilities, for the reserve ratio."""
