"""The one way out: HTTP to nodes, lists, webhooks and prices, with limits before work."""
