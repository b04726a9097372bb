"""Questions that are answered from the database."""
