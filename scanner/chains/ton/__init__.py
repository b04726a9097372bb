"""TON: coins and jettons in the state after a masterchain block."""
