"""castlist: different pictures of the same character, measured and accounted for. Importing it reads and opens nothing."""

__version__ = "0.1.0"
