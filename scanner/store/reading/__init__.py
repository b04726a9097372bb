"""Questions that are answered from the database, findings among them; `prices` stores as well."""
