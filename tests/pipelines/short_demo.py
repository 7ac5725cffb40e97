"""The demo company in its first months: whole nights in half the time."""

import csv
import shutil
from datetime import date
from pathlib import Path

from pipelines.defs.settings import DEMO

UNTIL = date(2025, 4, 30)
"""The last day; its fiscal periods are 2025-P01 to 2025-P04."""


def short_demo(place: Path) -> Path:
    """Copy the demo company to ``place``, with the orders, positions and credit notes up to ``UNTIL`` only."""
    shutil.copytree(DEMO, place)
    exports = place / "exports"
    for path in exports.glob("erp_*_2026.csv"):
        path.unlink()
    orders = _keep(exports / "erp_orders_2025.csv", lambda row: row[1] <= UNTIL.isoformat())
    lines = _keep(exports / "erp_positions_2025.csv", lambda row: row[0] in orders)
    assert lines
    _keep(exports / "erp_credit_notes.csv", lambda row: row[1] in orders)
    return place


def _keep(path: Path, wanted) -> set[str]:
    """Leave the rows that are wanted in the file; returns their first cells."""
    with path.open(newline="", encoding="utf-8") as stream:
        head, *rows = csv.reader(stream)
    kept = [row for row in rows if wanted(row)]
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([head, *kept])
    return {row[0] for row in kept}
