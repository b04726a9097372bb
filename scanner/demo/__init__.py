"""A real small world on 127.0.0.1: nodes, chains that hold a published list, planted faults."""
