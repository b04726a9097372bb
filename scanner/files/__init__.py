"""Files as people have them, as plain UTF-8 bytes: packed and encoded in any usual way."""
