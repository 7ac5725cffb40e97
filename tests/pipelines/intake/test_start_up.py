"""What taking in costs before the first file is read."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
HEAVY = ("openpyxl", "sqlglot")
"""Read workbooks and SQL; most companies have neither, and each costs a good part of the start."""


def test_readers_of_workbooks_and_sql_are_loaded_only_where_they_read():
    program = f"import sys, pipelines.intake; print(*[name for name in {HEAVY} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "", "import these inside the function that needs them"
