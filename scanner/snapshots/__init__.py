"""Plans a snapshot, takes it chunk by chunk, tallies it.

    plan.plan_chunks     claims -> chunks (network, height, range of claims); pure
    take.take_snapshot   pin, verify, fetch, hand over to the store; stop and go on anywhere
    tally.Tally          results -> totals per asset; pure
    interface            what a sink, a judge and a chunk are

The store implements `SnapshotSink`; this room never imports it.
"""
