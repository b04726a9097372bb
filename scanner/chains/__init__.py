"""What addresses hold at a pinned block, or in a newest state, from nodes, providers and files."""
