"""A database opened, migrated and locked; its chain of seals; what readers and writers share."""
