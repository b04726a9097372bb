"""Rows of anything as text, CSV, JSON or Parquet."""
