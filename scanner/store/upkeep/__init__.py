"""What a database that grows needs: the rows of old snapshots go, their totals and seals stay."""
