"""`python -m castlist.cli`: the same as `castlist`, for processes that start another one of themselves."""

from castlist.cli.main import run

run()
