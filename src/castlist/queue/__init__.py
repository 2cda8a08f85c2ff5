"""The durable queue: a job, once enqueued in a transaction, is run until it ends."""
