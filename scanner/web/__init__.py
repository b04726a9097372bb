"""Web pages and a read-only JSON API over the store: a thin shell above `reports`."""
