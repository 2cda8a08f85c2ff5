"""Different pictures of the same character, measured and accounted for. Importing this opens nothing."""

__version__ = "0.1.0"
