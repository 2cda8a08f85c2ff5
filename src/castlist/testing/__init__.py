"""Fakes and helpers for tests, shipped for people who write engines. Nothing of the running service imports this."""
