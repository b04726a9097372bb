"""Commands about a published list."""
