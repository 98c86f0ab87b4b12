"""What is kept: rows in SQLite or PostgreSQL, read and written as values. SQL lives only here."""
