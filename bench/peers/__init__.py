"""Accepted jobs a second, beside other servers that run the same stub: `make peers`."""
