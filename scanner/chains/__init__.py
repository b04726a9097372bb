"""Balance sources: nodes and providers asked at a pinned block."""
