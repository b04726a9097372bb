"""Putting lists, results and schedules into the database."""
