"""aelf: ELF on the main chain and on the side chain tDVV, which know the same addresses."""
