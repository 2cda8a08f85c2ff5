"""What is kept: rows in SQLite or PostgreSQL, pictures as files named by their hash. Nothing here commits; edges do."""
