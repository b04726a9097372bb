"""`python -m scanner.cli`: the same as the `scanner` command."""

from scanner.cli.main import main

main()
