"""What publishers say they owe: read in any known form, and re-hashed or proven where it can be."""
