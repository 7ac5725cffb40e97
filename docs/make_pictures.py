"""Make the pictures in the docs from the demo company: python docs/make_pictures.py (needs LibreOffice and pdftoppm)."""

import subprocess
import tempfile
from datetime import date
from pathlib import Path

from pipelines.run import run_nightly

ROOT = Path(__file__).parent.parent
PICTURES = {"statement": "2026-P03/R101_*.xlsx", "close": "2026-P03/close_*.xlsx"}


def main() -> None:
    """Run the demo company, print the first page of a statement and of the period workbook."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        demo = ROOT / "examples" / "demo"
        outcome = run_nightly(demo, demo / "exports", place / "store", as_of=date(2026, 10, 31))
        for name, pattern in PICTURES.items():
            workbook = next(iter(sorted(outcome.store.statements.glob(pattern))))
            _run("soffice", "--headless", "--convert-to", "pdf", "--outdir", str(place), str(workbook))
            picture = ROOT / "docs" / "pictures" / name
            pdf = place / f"{workbook.stem}.pdf"
            _run("pdftoppm", "-r", "80", "-png", "-f", "1", "-l", "1", "-singlefile", str(pdf), str(picture))
            print(f"wrote {picture}.png")  # noqa: T201


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603


if __name__ == "__main__":
    main()
