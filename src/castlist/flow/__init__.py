"""The line a job travels, one file a step: plan, submit, perform, finish, sweep.

Knows neither HTTP nor any engine by name.
"""
