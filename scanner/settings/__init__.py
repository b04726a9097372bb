"""Where settings come from: shipped tables, the user's files, the environment."""
