"""The one way out by HTTP, to nodes, lists, webhooks and prices: with limits before work."""

import sys

# httpx imports its command line where what that needs is installed: click, rich and Pygments, a
# third of what httpx takes to import, and nobody here calls it. It goes without where it must.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
