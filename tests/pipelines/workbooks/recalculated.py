"""A second opinion on every formula: LibreOffice recalculates a copy without cached results."""

import re
import shutil
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl

SOFFICE = shutil.which("soffice")
_FORMULA_CELL = re.compile(rb"(<c r=\"[A-Z]+\d+\"[^>]*>)(<f>.*?</f>)<v>.*?</v></c>")


def without_results(source: Path, target: Path):
    """A copy of the workbook whose formulas have no results; returns how many there were."""
    count = 0
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data, times = _FORMULA_CELL.subn(rb"\1\2</c>", data)
                count += times
            new.writestr(name, data)
    return count


def recalculated(paths, folder):
    """Each workbook as LibreOffice computes it, saved beside: {original: recalculated}."""
    bare = folder / "bare"
    bare.mkdir()
    counts = {path: without_results(path, bare / path.name) for path in paths}
    convert("xlsx", [bare / path.name for path in paths], folder / "computed", folder)
    return {path: (folder / "computed" / path.name, counts[path]) for path in paths}


def convert(kind, paths, into, profile):
    """Let LibreOffice convert the files."""
    command = [
        SOFFICE,
        f"-env:UserInstallation=file://{profile}/profile",
        "--headless",
        "--convert-to",
        kind,
        "--outdir",
        into,
    ]
    subprocess.run([*command, *paths], check=True, capture_output=True, timeout=300)


def differences(original: Path, computed: Path):
    """Formula cells whose cached result is not what LibreOffice gets: (sheet, cell, formula, cached, computed)."""
    formulas, cached = openpyxl.load_workbook(original), openpyxl.load_workbook(original, data_only=True)
    again = openpyxl.load_workbook(computed, data_only=True)
    found, compared = [], 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                compared += 1
                one, other = cached[sheet.title][cell.coordinate].value, again[sheet.title][cell.coordinate].value
                if not _equal(one, other):
                    found.append((sheet.title, cell.coordinate, cell.value, one, other))
    return found, compared


def _equal(one, other):
    if isinstance(one, str) or isinstance(other, str) or one is None or other is None:
        return one == other
    size = max(abs(Decimal(str(one))), Decimal(1))  # spreadsheets keep fifteen digits
    return abs(Decimal(str(one)) - Decimal(str(other))) < max(Decimal("1e-7"), size * Decimal("1e-14"))
