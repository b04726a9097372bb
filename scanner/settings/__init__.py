"""What a process runs under: shipped tables, the user's files, environment, logs, threads."""
