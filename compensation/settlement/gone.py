"""What became of lines that were posted and are earned no longer."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from compensation.settlement.splice import Facts

LINE = ("order_line_id", "return_id")


def gone_words(lines: pl.DataFrame, facts: Facts, credits: pl.DataFrame) -> pl.Series:
    """A phrase for each line that is gone; empty where nothing is known of it.

    Args:
        lines: ``payee_id``, ``order_line_id`` and ``return_id`` of each.
        facts: Contract tables ``orders``, ``order_lines`` and ``returns`` as they are now.
        credits: Contract ``Credit`` as it is now.

    Returns:
        One text a line, in their order: what its source says now, with file and line; or who is credited instead.
    """
    own = lines.select("payee_id", *LINE)
    wanted = own["order_line_id"].drop_nulls().unique()
    here = facts["order_lines"].filter(pl.col("order_line_id").is_in(wanted.implode()))
    orders = {row["order_id"]: row for row in _rows(facts["orders"], "order_id", here["order_id"])}
    found = {row["order_line_id"]: orders.get(row["order_id"]) for row in here.rows(named=True)}
    returns = set(facts["returns"].filter(pl.col("order_line_id").is_in(wanted.implode()))["return_id"])
    who = _credited(credits, wanted)
    texts = [_phrase(row, found, returns, who) for row in own.rows(named=True)]
    return pl.Series("gone", texts, dtype=pl.String)


def _rows(table: pl.DataFrame, key: str, keys: pl.Series) -> list[dict[str, Any]]:
    return table.filter(pl.col(key).is_in(keys.unique().implode())).rows(named=True)


def _credited(credits: pl.DataFrame, wanted: pl.Series) -> dict[tuple[str, str | None], list[str]]:
    """Who is credited with each line now."""
    here = credits.filter(pl.col("order_line_id").is_in(wanted.implode()))
    people = here.group_by(LINE).agg(pl.col("payee_id").cast(pl.String).unique().sort())
    return {(line, back): names for line, back, names in people.rows()}


def _phrase(
    row: Mapping[str, Any], found: Mapping[str, dict[str, Any] | None], returns: set[str], who: Mapping[tuple[str, str | None], list[str]]
) -> str | None:  # fmt: skip
    line, back = row["order_line_id"], row["return_id"]
    if line is None:
        return None
    order = found.get(line)
    if order is None:
        return f"order line {line} is in the exports no more"
    if order["status"] != "confirmed":
        return f"order {order['order_id']} is {order['status'].replace('_', ' ')} ({order['source_file']}:{order['source_line']})"
    if back is not None and back not in returns:
        return f"return {back} is in the exports no more"
    people = who.get((line, back), [])
    if people and row["payee_id"] not in people:
        return f"credited to {', '.join(people)} instead"
    return "the plan pays nothing for it any more" if people else None
