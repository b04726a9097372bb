"""Numbers and words of a snapshot, computed once for every way to show them."""
