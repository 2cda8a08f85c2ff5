"""Measures castlist on the machine it runs on. Not part of the package; nothing in it is imported by castlist."""
