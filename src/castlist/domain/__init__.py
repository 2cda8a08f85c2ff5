"""Values and rules of castlist: no I/O, no clock, no framework.

Everything above may import it; it imports nothing of ours.
"""
