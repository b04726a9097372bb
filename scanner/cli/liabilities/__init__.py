"""Commands about what is owed to users."""
