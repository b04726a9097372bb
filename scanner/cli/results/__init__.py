"""Commands that show, compare, value or export snapshots, or check a report of one."""
