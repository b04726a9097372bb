"""Forms of other publishers: each named for what it is, checked where the file allows it."""
