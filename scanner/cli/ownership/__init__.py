"""Commands that check signatures and payments without a database."""
