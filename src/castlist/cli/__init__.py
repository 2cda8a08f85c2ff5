"""The command line: one file a group of commands. Reads settings, calls `bootstrap` and `flow`, prints. Owns no rules.

Importing it must stay quick, so whatever is heavy is imported inside the command that needs it.
"""
