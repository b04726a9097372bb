"""What the database looks like: tables, column types, rows as values."""
