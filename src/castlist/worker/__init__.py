"""The process that runs jobs: keeps its lease, looks after dead workers and expired files."""
