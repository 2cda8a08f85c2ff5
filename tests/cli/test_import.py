"""Starting the command line must not load what only some commands need."""

import subprocess
import sys

HEAVY = ("numpy", "cv2", "onnxruntime", "PIL", "dbos", "fastapi", "uvicorn", "sqlalchemy", "pydantic", "httpx2")


def test_importing_the_command_line_loads_nothing_heavy():
    code = f"import sys, castlist.cli.main; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
