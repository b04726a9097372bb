"""`python -m scanner.cli`: the same as the `scanner` command."""

from scanner.cli.main import main

if __name__ == "__main__":  # worker processes import this module, too
    main()
