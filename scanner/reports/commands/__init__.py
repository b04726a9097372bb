"""What commands print that read no snapshot."""
