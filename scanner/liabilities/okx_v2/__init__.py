"""OKX's zk-STARK of its liabilities, second form: one proof of one total, verified here."""
