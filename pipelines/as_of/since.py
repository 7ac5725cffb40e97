"""What a statement would say today: each figure and each line then and now, and why they differ."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from compensation.settlement.decided import Behind, Decided, changed_rules
from compensation.settlement.difference import proposals
from compensation.settlement.due import due_lines
from compensation.settlement.pay_currency import in_pay_currency
from pipelines.closing.prepare import Prepared
from schemas.core.settlement import Posting

FIGURE = ["currency", "figure", "plan", "component", "measure", "window"]
MOST_CAUSES = 2
YEARS = r"; earned in (fiscal|tax) year .*$"
"""What a correction says of years; here nothing is posted."""


def lines_since(then: Prepared, now: Prepared, payee_id: str, period: str) -> pl.DataFrame:
    """The lines of a payee and period that earn otherwise today: contract ``Proposal``, ``posted`` being what they earned then.

    Args:
        then: What was computed from what was known then.
        now: The same from what is known now; what closed periods froze stays frozen.
        payee_id: Payee.
        period: Fiscal period that the lines are earned in.
    """
    was, due = (_due(prepared, payee_id) for prepared in (then, now))
    number = pl.int_range(pl.len(), dtype=pl.Int64) + 1
    posted = was.filter(pl.col("due") != 0).with_columns(
        posting_number=number, posting_period=pl.lit(period), kind=pl.lit("earning"), cause=pl.lit("earned then"), amount="due"
    )  # fmt: skip
    before, after = (Decided(one.folder.company, one.folder.plans, one.spliced) for one in (then, now))

    def changed(behind: Behind, _: str) -> Mapping[str, str]:
        return changed_rules(behind, before, after, now.calendar)

    order = now.calendar["fiscal_period"].to_list()
    found = proposals(
        due, posted.select(Posting.columns()).cast(pl.Schema(Posting.dtypes())), order[-1], order,
        changed=changed, facts=now.spliced, credits=now.tables["credits"],
    )  # fmt: skip
    return found.filter(pl.col("earning_period") == period).with_columns(pl.col("cause").str.replace(YEARS, ""))


def _due(prepared: Prepared, payee_id: str) -> pl.DataFrame:
    tables = prepared.tables
    due = due_lines(
        tables["earnings"], tables["bonuses"], credits=tables["credits"], attainment=tables["attainment"], curves=tables["curves"],
        changes=tables["earning_changes"], facts=prepared.spliced, corrections=tables["applied_corrections"],
    )  # fmt: skip
    return in_pay_currency(due, tables["pay_amounts"]).filter(pl.col("payee_id") == payee_id)


def figures_since(
    then: Prepared, now: Prepared, lines: pl.DataFrame, payee_id: str, period: str
) -> list[dict[str, Any]]:
    """Every figure of a statement: ``label``, ``currency``, ``then``, ``now`` and ``why``, in the order that it is printed.

    Args:
        then: What was computed from what was known then.
        now: The same from what is known now.
        lines: As ``lines_since`` gives them.
        payee_id: Payee.
        period: Fiscal period.
    """
    was, became = (_figures(prepared, payee_id, period) for prepared in (then, now))
    both = was.join(became, on=FIGURE, how="full", coalesce=True, nulls_equal=True, suffix="_now", validate="1:1")
    named = both.with_columns(label=pl.coalesce("label", "label_now"))
    is_alone = pl.len().over("label", "currency") == 1
    words = pl.col("figure").str.replace_all("_", " ", literal=True)
    told = named.with_columns(label=pl.when(is_alone).then("label").otherwise(pl.format("{}: {}", "label", words)))
    ordered = told.sort(pl.coalesce("place", pl.col("place_now") + 0.5))  # what is new stands behind its neighbours
    return [
        {
            "label": row["label"], "currency": row["currency"], "then": row["shown"], "now": row["shown_now"],
            "why": _why(row, lines) if row["shown"] != row["shown_now"] else "",
        }
        for row in ordered.rows(named=True)
    ]  # fmt: skip


def _figures(prepared: Prepared, payee_id: str, period: str) -> pl.DataFrame:
    """The figures of a statement with what each says: an amount, or a rate where it has none."""
    table = prepared.tables["statement_lines"]
    names = ["payee_id", "fiscal_period", *FIGURE]
    own = table.with_columns(pl.col(names).cast(pl.String)).filter(payee_id=payee_id, fiscal_period=period)
    shown = pl.coalesce(pl.col("amount").cast(pl.String), pl.col("rate").cast(pl.String))
    return own.with_row_index("place").select(*FIGURE, "place", label=pl.col("label").cast(pl.String), shown=shown)


def _why(row: Mapping[str, Any], lines: pl.DataFrame) -> str:
    """The causes of the lines behind a figure; of its own component where it is of one."""
    own = lines if row["component"] is None else lines.filter(plan=row["plan"], component=row["component"])
    causes = list(dict.fromkeys(own["cause"]))
    if not causes:
        return "follows from another figure"
    more = f"; and {len(causes) - MOST_CAUSES} more, see the lines" if len(causes) > MOST_CAUSES else ""
    return "; ".join(causes[:MOST_CAUSES]) + more
