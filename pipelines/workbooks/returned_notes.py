"""Notes under the lines of a statement: returns of which less than all was taken back, each with the reason."""

from collections.abc import Iterator

import polars as pl

MOST = 40
"""Notes of one statement; ``creditdue why`` has the rest."""

REASONS = {
    "window_over": "it came later than the plan's clawback lasts",
    "share_by_age": "by the age of the sale",
    "months_remaining": "by the months of service that were left",
    "no_term": "its line has no service term",
}


def returned_notes(details: pl.DataFrame) -> Iterator[str]:
    """A sentence for each return of which not all was taken back: ``Return of 2026-04-02, order 30505 line 10: …``.

    Args:
        details: ``StatementDetail`` rows of one statement, with the ``label`` of their component.
    """
    if details["taken_share"].null_count() == details.height:
        return
    less = details.filter(pl.col("taken_share") < 1).unique(
        ["order_line_id", "return_id", "credit_number", "plan", "component"], keep="first", maintain_order=True
    )
    for row in less.head(MOST).iter_rows(named=True):
        yield (
            f"Return of {row['event_date']}, order {row['order_id']} line {row['line_number']}, {row['label']}: "
            f"{_much(str(row['taken_share']))} is taken back, {REASONS[row['taken_reason']]}."
        )
    if less.height > MOST:
        yield f"{less.height - MOST:,} more returns of which not all is taken back; creditdue why names the reason of each."


def _much(share: str) -> str:
    """``nothing``, ``50 %`` or ``66.6667 %``, from a share as text."""
    whole, _, decimals = share.partition(".")
    percent, rest = int(f"{whole}{decimals[:2]}"), decimals[2:].rstrip("0")
    return f"{percent}{'.' if rest else ''}{rest} %" if percent or rest else "nothing"
