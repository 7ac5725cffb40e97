"""How much was refused, and whether the company goes on with the rest."""

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from pipelines.intake.result import Intake
from schemas.rules.company import Company

MONEY_OF = (("order_lines", "net_amount"),)
WORST = 10


def too_much_refused(intake: Intake, company: Company) -> str | None:
    """The message that stops the run, with the worst reasons, or None where it goes on.

    Shares are of what was accepted or refused: records that a mapping sets aside (``where``, ``select``, copies) say
    nothing of how good the others are.
    """
    refused = Decimal(int(intake.received["quarantined"].sum()))
    rows = refused + Decimal(int(intake.received["accepted"].sum()))
    money, held = _money(intake, _latest_rates(intake.facts, company))
    faults = []
    if rows and refused / rows > company.refusals.max_share_of_rows:
        faults.append(
            f"{refused} of {rows} rows ({refused / rows:.2%}; company.yaml allows {company.refusals.max_share_of_rows:.2%})"
        )
    if money and held / money > company.refusals.max_share_of_money:
        faults.append(
            f"{held:.2f} of {money:.2f} {company.currency} in order lines ({held / money:.2%}; allowed {company.refusals.max_share_of_money:.2%})"
        )
    return f"Too much was refused: {' and '.join(faults)}.\n{_worst(intake.quarantine)}" if faults else None


def _latest_rates(facts: Mapping[str, pl.DataFrame], company: Company) -> dict[str, Decimal]:
    latest = facts["fx_rates"].sort("valid_from").group_by("currency").agg(pl.col("rate").last())
    return {**dict(latest.iter_rows()), company.currency: Decimal(1)}


def _money(intake: Intake, rates: Mapping[str, Decimal]) -> tuple[Decimal, Decimal]:
    """Meant and held back, in company currency by the latest rates; what has no rate counts by its rows only."""
    meant = held = Decimal(0)
    for table, column in MONEY_OF:
        rows = intake.received_amounts.filter((pl.col("table") == table) & (pl.col("column") == column))
        amounts = rows.select("currency", pl.col("received") - pl.col("superseded"), "quarantined")
        for currency, came, quarantined in amounts.iter_rows():
            rate = rates.get(currency, Decimal(1) if currency == "?" else Decimal(0))
            meant += came * rate
            held += abs(quarantined) * rate
    return meant, held


def _worst(quarantine: pl.DataFrame) -> str:
    counted = (
        quarantine.group_by("table", "reason")
        .agg(pl.len(), pl.col("source_file").first(), pl.col("source_line").first(), pl.col("detail").first())
        .sort("len", "table", "reason", descending=[True, False, False])
        .head(WORST)
    )
    lines = [
        f"  {count:>7,} × {table} {reason}, first {file}:{line}: {detail}"
        for table, reason, count, file, line, detail in counted.iter_rows()
    ]
    return "\n".join(
        [
            "The most frequent reasons:",
            *lines,
            "Correct the exports, enter corrections, or raise refusals in company.yaml.",
        ]
    )
