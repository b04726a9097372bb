"""Polkadot: DOT on the relay chain and on Asset Hub, assets on Asset Hub."""
