"""Takes snapshots in the background: from a queue on PostgreSQL (Procrastinate), alone on SQLite.

    queue      everything that knows Procrastinate: jobs in, jobs out, rescue
    jobs       what a job does; knows no queue
    service    runs a worker until it is told to stop
    alone      schedules and snapshots of a SQLite file, in one process and without a queue

The chunk table is the truth and the queue only wakes workers: a job says (snapshot, chunk), and
doing it twice changes nothing.
"""
