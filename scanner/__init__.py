"""Independent proof-of-reserves scanning: published lists in, verified totals out."""

__version__ = "0.1.0"
