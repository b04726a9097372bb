"""Opening a database: connection, schema version, locks, roles."""
