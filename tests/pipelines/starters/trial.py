"""A company made with ``creditdue init``, exports written for it in its system's own headers, and what comes of them."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl
from click.testing import CliRunner

from compensation.calculate import calculate
from pipelines.command_line import main
from pipelines.company_folder import load_company
from pipelines.intake import take_in


@dataclass(frozen=True)
class Trial:
    """A company from a starting point, and a folder of exports for it."""

    company: Path
    exports: Path

    def write(self, name: str, headers: Iterable[str], *rows: dict[str, str]) -> None:
        headers = list(headers)
        assert not {key for row in rows for key in row} - set(headers), f"{name} has no such column"
        text = io.StringIO()
        writer = csv.DictWriter(text, headers, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        (self.exports / name).write_text(text.getvalue(), encoding="utf-8-sig")

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.company / name
        assert old in path.read_text(), f"{old!r} is not in {name}"
        path.write_text(path.read_text().replace(old, new))

    def intake(self):
        return take_in(load_company(self.company), self.exports)

    def results(self):
        return calculate(self.intake().facts, load_company(self.company).rules)


def company_from(starter: str, folder: Path) -> Trial:
    done = CliRunner().invoke(main, ["init", str(folder / "acme"), "--from", starter])
    assert done.exit_code == 0, done.output
    (folder / "exports").mkdir()
    return Trial(folder / "acme", folder / "exports")


def figure(results, payee: str, period: str, name: str = "net_payable") -> Decimal:
    at = (pl.col("payee_id") == payee) & (pl.col("fiscal_period") == period) & (pl.col("figure") == name)
    return results["statement_lines"].filter(at)["amount"].item()


def refused(intake) -> list[tuple[str, str]]:
    return sorted(intake.quarantine.select("table", "reason").rows())


def ids(intake, table: str, column: str) -> list[str]:
    return sorted(intake.facts[table][column].to_list())


def correct(trial: Trial, *fixes: tuple[str, str, str, str]) -> None:
    """``corrections.csv`` with one row for each table, key, column and value."""
    columns = ("correction_id", "table", "key", "column", "value", "reason", "entered_by")
    rows = [(f"C{number}", *fix, "Seen on paper", "ops") for number, fix in enumerate(fixes)]
    trial.write("corrections.csv", columns, *(dict(zip(columns, row, strict=True)) for row in rows))


def tolerant(trial: Trial) -> Trial:
    trial.edit("company.yaml", 'max_share_of_rows: "0.02"', 'max_share_of_rows: "1"')
    trial.edit("company.yaml", 'max_share_of_money: "0.01"', 'max_share_of_money: "1"')
    return trial
