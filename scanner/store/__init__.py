"""Owns the database: tables, engine, queries, migrations.

    engine.open_store(url)              -> Store; a context manager, give it to everything below
    migrate.upgrade(url)                bring a database to this program's schema
    lists_in.import_list(store, ...)    a published list -> stored claims and findings
    runs.create_snapshot(store, ...)    plan a snapshot of a stored list
    runs.set_liabilities(store, ...)    liabilities for the reserve ratio
    liability_proofs.keep_proof(...)    a proof of one total over all coins, whole
    sink.StoreSink(store)               what `snapshots.take.take_snapshot` writes to
    queries                             everything reports read: heads, totals, rows, findings
    check.check(store)                  recount, hash chain, triggers

Claims have numbers within their list, from 1 in file order; a result is keyed (snapshot, claim).
"""
