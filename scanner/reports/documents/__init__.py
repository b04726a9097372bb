"""Reports and exports of a snapshot, as files."""
