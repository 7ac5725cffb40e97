"""``creditdue history``: what became of a period, who did it, and what was posted."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from pipelines.command_line.console import ends_well, out, table_of
from pipelines.command_line.ledger_options import existing_ledger, store_option

if TYPE_CHECKING:
    import polars as pl

SHORT = 12
STEPS = ["at", "state", "by", "content", "seal", "document", "note"]


@click.command(name="history")
@click.argument("period")
@store_option
@ends_well
def command(period: str, store: Path) -> None:
    """Show every step that PERIOD (2026-P03) took, who took it, and what was posted on it.

    \b
    Example:
      creditdue history 2026-P03 --store out/demo
    """
    from pipelines.ledger import next_steps  # noqa: PLC0415

    ledger = existing_ledger(store)
    state, events = ledger.state_of(period), ledger.history(period)
    rows = [
        (row["at"][:19], row["state"], row["by"], row["content_hash"][:SHORT], (row["seal"] or "")[:SHORT], row["document"], row["note"])
        for row in events.iter_rows(named=True)
    ]  # fmt: skip
    out.print(table_of(f"Steps of {period} (UTC)", STEPS, rows))
    closing = ledger.closing_of(period)
    if closing is None:
        out.print(Text(next_steps(state)))
        return
    _show_postings(period, ledger.postings(period))
    out.print(Text(f"Seal:   {closing.seal}\nAnchor: {closing.anchor}"), soft_wrap=True)


def _show_postings(period: str, postings: "pl.DataFrame") -> None:
    import polars as pl  # noqa: PLC0415

    by = ["currency", "kind"]
    sums = postings.group_by(by).agg(
        payees=pl.col("payee_id").n_unique(), lines=pl.len(), amount=pl.col("amount").sum()
    )
    rows = [
        (row["currency"], row["kind"], row["payees"], row["lines"], _money(row["amount"]))
        for row in sums.sort(by).iter_rows(named=True)
    ]
    names = ["currency", "kind", "payees", "lines", "amount"]
    out.print(table_of(f"Posted on {period}", names, rows, ["payees", "lines", "amount"]))


def _money(amount: Decimal) -> str:
    exact = amount.normalize()
    return f"{amount:,.2f}" if exact == round(amount, 2) else f"{amount:,f}"
