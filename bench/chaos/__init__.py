"""Real processes under real faults: kills, a database that is away, a full disk, jumping clocks, a store that says 503.

`make chaos` runs the campaigns and writes docs/reliability-chaos.md; the scenario tests run short ones. The audit reads
the database with SQL of its own and shares no code with what it judges.
"""
