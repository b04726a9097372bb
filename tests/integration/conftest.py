from support.databases import empty_database, migrated_postgres, store

__all__ = ["empty_database", "migrated_postgres", "store"]
