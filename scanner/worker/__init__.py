"""Takes snapshots in the background: a thin shell over Procrastinate, the queue on PostgreSQL.

    queue      everything that knows Procrastinate: jobs in, jobs out, rescue
    jobs       what a job does; knows no queue
    service    runs a worker until it is told to stop

The chunk table is the truth and the queue only wakes workers: a job says (snapshot, chunk), and
doing it twice changes nothing.
"""
