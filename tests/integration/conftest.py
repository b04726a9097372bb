from support.databases import empty_database, filled_url, migrated_postgres, queue_store, store

__all__ = ["empty_database", "filled_url", "migrated_postgres", "queue_store", "store"]
