"""Engines: each one file (or folder) with a card and a function. Found by scanning this package and an entry point."""
