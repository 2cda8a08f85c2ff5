"""Marks every delivered picture as made by a machine, three times over, and reads such marks back.

`mark` puts on what the configuration asks for, `inspect` reads it: an imperceptible watermark in the pixels
(`watermark`), signed C2PA credentials (`credentials`, `issuer`) and plain IPTC/XMP tags (`tags`). Pure functions of
bytes and arrays: nothing here reads a clock, a disk, the environment or the network, but for the one time-stamping
service an operator may name. Called by `flow`, the command line and the API; imports `vision` and `domain` alone.
"""
