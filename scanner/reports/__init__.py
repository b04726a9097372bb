"""What people and machines are shown: of snapshots, from the store; of files, without it."""
