"""Antelope chains (EOS, Vaulta): tokens, stake, refunds and REX of named accounts."""
