from support.databases import empty_database, store

__all__ = ["empty_database", "store"]
