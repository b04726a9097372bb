"""The chains' own ways of signing a text, one file each."""
