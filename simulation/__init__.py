"""Runs castlist in a world where every clock, disk, network and crash is decided by one seed. Not part of the package.

`history` runs one life of an installation, `audit` judges it with arithmetic of its own, `python -m simulation` runs
many. Nothing in castlist imports it.
"""
