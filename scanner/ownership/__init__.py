"""Who controls an address: bytes in, verdict out. No network, no clock."""
