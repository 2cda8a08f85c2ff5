"""What is kept: rows in SQLite or PostgreSQL, pictures as files named by their hash. Functions here never commit; edges do."""
