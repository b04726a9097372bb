"""OKX's zk-STARK of its liabilities, first form: files that agree with each other, and no proof."""
