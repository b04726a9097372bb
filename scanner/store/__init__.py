"""Owns the database: tables, engine, queries, migrations.

    schema                               tables, triggers, column types, rows as values
    database.engine.open_store(url)      -> Store; a context manager, give it to everything below
    database.migrate.upgrade(url)        bring a database to this program's schema
    writing.lists_in.import_list(..)     a published list -> stored claims and findings
    writing.runs.create_snapshot(..)     plan a snapshot of a stored list
    writing.runs.set_liabilities(..)     liabilities for the reserve ratio
    writing.liability_proofs.keep_proof(..)    a proof of one total over all coins, whole
    writing.sink.StoreSink(store)        what `snapshots.take.take_snapshot` writes to
    reading.queries                      what most reports read: heads, totals, rows, findings
    reading.check.check(store)           recount, hash chain, triggers
    upkeep.prune.prune(store, ..)        an old snapshot's rows go, its totals and seal stay

Claims have numbers within their list, from 1 in file order; a result is keyed (snapshot, claim).
"""
