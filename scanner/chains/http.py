"""The transport of `scanner.net.http`, by its former name."""

from scanner.net.http import DEFAULT_LIMIT, Reply, Transport

__all__ = ["DEFAULT_LIMIT", "Reply", "Transport"]
