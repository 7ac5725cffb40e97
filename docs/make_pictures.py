"""Make the pictures in the docs from the demo company: python docs/make_pictures.py (needs LibreOffice and pdftoppm)."""

import shutil
import subprocess
import tempfile
from datetime import date
from pathlib import Path

from click.testing import CliRunner

from pipelines.command_line import main as creditdue
from pipelines.run import run_nightly

ROOT = Path(__file__).parent.parent
PICTURES = {"statement": "2026-P03/R101_*.xlsx", "close": "2026-P03/close_*.xlsx"}
SETTLED = {"settled": "R101_*.xlsx", "settled_close": "close_*.xlsx"}
"""The same of a period that is put aside for its close, after two closed ones of which an order was corrected."""

CLOSED, OPEN = ("2025-P01", "2025-P02"), "2025-P03"
CORRECTED = ("30001,10,I-200,3,60000.00,36000.00", "30001,10,I-200,3,66000.00,36000.00")


def main() -> None:
    """Run the demo company, print the first page of a statement and of the period workbook."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        demo = ROOT / "examples" / "demo"
        outcome = run_nightly(demo, demo / "exports", place / "store", as_of=date(2026, 10, 31))
        for name, pattern in PICTURES.items():
            _first_page(next(iter(sorted(outcome.store.statements.glob(pattern)))), name, place)
        drafted = _drafted(place)
        for name, pattern in SETTLED.items():
            _first_page(next(iter(drafted.glob(pattern))), name, place)


def _drafted(place: Path) -> Path:
    """Close two months of the demo company, correct an order of the first, and put the third aside; its statements."""
    demo, exports, store = ROOT / "examples" / "demo", place / "exports", place / "settled"
    shutil.copytree(demo / "exports", exports)
    of = ("--company", str(demo), "--exports", str(exports), "--store", str(store))
    kept = ("--store", str(store))
    for period in CLOSED:
        _creditdue("propose", period, *of, "--submit", "--as", "p.meyer")
        _creditdue("review", period, *kept, "--as", "k.ito")
        _creditdue("approve", period, *kept, "--as", "c.roth")
        _creditdue("close", period, *kept, "--as", "p.meyer")
    positions = exports / "erp_positions_2025.csv"
    positions.write_text(positions.read_text(encoding="utf-8").replace(*CORRECTED), encoding="utf-8")
    reason = ("--reference", "ADJ-1", "--reason", "Helped to win 30503")
    _creditdue("adjust", OPEN, "R101", "250.00", "EUR", *reason, *kept, "--as", "p.meyer")
    _creditdue("approve", "ADJ-1", *kept, "--as", "k.ito")
    _creditdue("propose", OPEN, *of, "--submit", "--as", "p.meyer")
    return store / "proposed" / OPEN / "statements"


def _creditdue(*arguments: str) -> None:
    done = CliRunner().invoke(creditdue, list(arguments))
    if done.exit_code != 0:
        raise SystemExit(f"creditdue {' '.join(arguments)}: {done.output}")


def _first_page(workbook: Path, name: str, place: Path) -> None:
    """Print the first page of a workbook as ``docs/pictures/<name>.png``."""
    _run("soffice", "--headless", "--convert-to", "pdf", "--outdir", str(place), str(workbook))
    picture = ROOT / "docs" / "pictures" / name
    pdf = place / f"{workbook.stem}.pdf"
    _run("pdftoppm", "-r", "80", "-png", "-f", "1", "-l", "1", "-singlefile", str(pdf), str(picture))
    print(f"wrote {picture}.png")  # noqa: T201


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603


if __name__ == "__main__":
    main()
