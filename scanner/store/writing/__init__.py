"""Lists, results and schedules into the database, with what is read of it to write them."""
