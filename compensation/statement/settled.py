"""From earned to paid: the figures of settlement, and the postings that each is made of; only where there is a ledger."""

from collections.abc import Mapping

import polars as pl

from compensation.statement.due import STATEMENT
from compensation.statement.figures import bridge_lines, revenue_lines
from compensation.statement.settled_inputs import settled_inputs
from compensation.statement.state import Stated, StatementDoesNotAdd, as_text
from schemas.core.payout import BonusPart, Earning
from schemas.core.settlement import Balance
from schemas.core.statement import FigureInput, Statement, StatementLine
from schemas.dtypes import MONEY

STEPS: dict[str, tuple[str, str]] = {
    "opening": ("opening", "Opening balance"),
    "settled_earned": ("earned", "Earned in the period"),
    "corrected": ("corrected", "Corrections of closed periods"),
    "adjusted": ("adjusted", "Adjustments and awards"),
    "guaranteed": ("guaranteed", "Guarantee"),
    "drawn": ("drawn", "Drawn"),
    "recovered": ("recovered", "Draws recovered"),
    "held": ("held", "Held back"),
    "released": ("released", "Released"),
}
"""Each step of the sum: its column of ``Balance``, and what statements call it."""

TAKEN_OFF = ("recovered", "held")
"""Steps that take off: below 0 on a statement, above 0 in ``Balance``."""

ENDS: dict[str, tuple[str, str]] = {
    "net_payable": ("paid", "Net payable"),
    "carried_forward": ("carried_forward", "Carried forward"),
}
CORRECTED = {
    "corrected_sales": "Corrections of sales and bonuses",
    "corrected_clawback": "Corrections of clawbacks",
}
MEMOS = {"still_held": "Still held", "draw_debt": "Draws still to be recovered", "above_draw": "Earned above the draw"}
"""No part of the sum."""

WAITS = "Net payable: settled once the periods before it are closed"
REPLACED = (*ENDS,)
FIGURES = (*STEPS, *ENDS, *CORRECTED, *MEMOS)


def with_settlement(
    stated: Stated, settled: Mapping[str, pl.DataFrame], periods: pl.DataFrame, open_period: str | None = None
) -> Stated:
    """Add to every statement what is paid and how it comes about; a payee with a balance and nothing else gets one as well.

    A closed period and the open one have the steps from the opening balance to what is paid. In a later one nothing is
    payable yet, and its statement says so.

    Args:
        stated: As ``state`` gives it.
        settled: ``balances`` (contract ``Balance``, every closed period and the open one), ``postings`` (``PeriodPosting``) and
            ``held`` (``Held``); the latter may be missing.
        periods: Fiscal periods in order; they reach to the open one.
        open_period: The open one; None: the one whose postings have no number yet, else the last with a balance.

    Raises:
        StatementDoesNotAdd: a balance's postings do not add up to it.

    Source:
        ``docs/statements.md``.
    """
    postings, balances = as_text(settled["postings"]), as_text(settled["balances"])
    open_period = open_period or _open_in(postings, balances)
    if open_period is None:
        return stated
    added = _added(as_text(stated.statements), balances, settled.get("held"), periods)
    lines = pl.concat([stated.statement_lines, _lines_of_added(added, stated.statement_lines, periods)])
    due = pl.concat([as_text(stated.statements), added]).sort("fiscal_period", "payee_id", "currency")
    reached = due.filter(pl.col("fiscal_period") <= open_period)
    own = _settled_lines(reached, balances, postings)
    kept = lines.filter(~pl.col("figure").is_in(REPLACED))
    waiting = _waiting(lines.filter(pl.col("fiscal_period") > open_period))
    ordered = pl.concat([kept, own, waiting]).sort(
        "fiscal_period", "payee_id", "currency", "section", "row", "figure", "plan", "component", "measure", "window"
    )  # fmt: skip
    edges = _edges_kept(stated.figure_inputs, reached)
    edges = pl.concat([edges, settled_inputs(own, postings, periods["fiscal_period"].to_list())])
    return Stated(
        due.select(pl.col(name).cast(kind) for name, kind in Statement.dtypes().items()),
        ordered.select(StatementLine.columns()),
        edges.select(FigureInput.columns()),
    )


def _open_in(postings: pl.DataFrame, balances: pl.DataFrame) -> str | None:
    """The open period, as the tables have it; None where nothing is settled at all."""
    unposted = postings.filter(pl.col("posting_number").is_null())["posting_period"]
    found = unposted if unposted.len() else balances["fiscal_period"]
    return str(found.max()) if found.len() else None


def _added(
    statements: pl.DataFrame, balances: pl.DataFrame, held: pl.DataFrame | None, periods: pl.DataFrame
) -> pl.DataFrame:
    """Statements that only a balance, a draw that is owed or held pay asks for."""
    asked = [balances.select(STATEMENT)]
    if held is not None:
        asked.append(as_text(held).select(STATEMENT))
    new = pl.concat(asked).unique().join(statements, on=STATEMENT, how="anti")
    days = periods.select("fiscal_period", "period_start", "period_end")
    dated = new.join(days, on="fiscal_period", how="inner", validate="m:1").with_columns(reason=pl.lit("balance"))
    return dated.select(Statement.columns()).cast(statements.schema)


def _lines_of_added(added: pl.DataFrame, lines: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """The figures of statements in whose period nothing happened: zeros, and what was earned the period before."""
    keys = periods["fiscal_period"].to_list()
    previous = dict(zip(keys[1:], keys, strict=False))
    nothing = {name: pl.DataFrame(schema=schema) for name, schema in _EMPTY.items()}
    zeros = pl.concat([
        bridge_lines(as_text(Earning.empty_frame()), as_text(BonusPart.empty_frame()), added, {}),
        revenue_lines(nothing["totals"], nothing["unpaid"], nothing["again"], nothing["otherwise"], added),
    ])  # fmt: skip
    earned = lines.filter(pl.col("figure") == "earned").select(
        "payee_id", "currency", _before="fiscal_period", _earned="amount"
    )
    on = ["payee_id", "currency", "_before"]
    dated = zeros.with_columns(
        _before=pl.col("fiscal_period").replace_strict(previous, default=None, return_dtype=pl.String)
    )
    known = dated.join(earned, on=on, how="left", validate="m:1")
    is_before = (pl.col("figure") == "earned_before") & pl.col("_earned").is_not_null()
    return known.with_columns(amount=pl.when(is_before).then("_earned").otherwise("amount")).select(lines.columns)


_KEY = dict.fromkeys(STATEMENT, pl.String)
_EMPTY: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    "totals": {**_KEY, "credited": MONEY, "counted": pl.String},
    "unpaid": {**_KEY, "amount": MONEY},
    "again": {**_KEY, "again": MONEY},
    "otherwise": {**_KEY, "otherwise": MONEY},
}


def _settled_lines(due: pl.DataFrame, balances: pl.DataFrame, postings: pl.DataFrame) -> pl.DataFrame:
    """Every figure of settlement, one row a statement and figure; 0 where a payee has no balance."""
    zero = pl.lit(0, dtype=MONEY)
    amounts = [name for name in Balance.columns() if name not in STATEMENT]
    own = due.select(STATEMENT).join(
        balances.select(*STATEMENT, *amounts), on=STATEMENT, how="left", validate="1:1", maintain_order="left"
    )
    own = own.join(_posted_apart(postings), on=STATEMENT, how="left", validate="1:1", maintain_order="left")
    own = own.join(_still_held(own, postings), on=STATEMENT, how="left", validate="1:1", maintain_order="left")
    filled = own.with_columns(pl.col(*amounts, *CORRECTED, "still_held").fill_null(zero))
    _require_whole(filled)
    rows = [
        _lines(filled, figure, number, label, _signed(figure, column))
        for number, (figure, (column, label)) in enumerate({**STEPS, **ENDS}.items(), start=1)
    ]
    more = {**CORRECTED, **MEMOS}
    rows += [_lines(filled, figure, number, label, figure) for number, (figure, label) in enumerate(more.items(), start=21)]  # fmt: skip
    return pl.concat(rows)


def _signed(figure: str, column: str) -> pl.Expr:
    return -pl.col(column) if figure in TAKEN_OFF else pl.col(column)


def _lines(frame: pl.DataFrame, figure: str, row: int, label: str, amount: pl.Expr | str) -> pl.DataFrame:
    types = StatementLine.dtypes()
    value = pl.col(amount) if isinstance(amount, str) else amount
    given = {
        **{name: pl.lit(None, dtype=kind) for name, kind in types.items() if name not in STATEMENT},
        "figure": pl.lit(figure), "section": pl.lit("settlement"), "row": pl.lit(row, dtype=pl.Int32), "label": pl.lit(label),
        "amount": value.cast(MONEY),
    }  # fmt: skip
    counts = f"_rows_{figure}"
    if counts in frame.columns:
        given["rows"] = pl.col(counts).fill_null(0).cast(pl.Int64)
    return frame.select(*STATEMENT, **given).select(StatementLine.columns())


def _posted_apart(postings: pl.DataFrame) -> pl.DataFrame:
    """Per statement: corrections of sales and of clawbacks apart, and how many postings each step adds up."""
    kinds = {
        "settled_earned": "earning", "corrected": "correction", "adjusted": "adjustment", "guaranteed": "guarantee", "drawn": "draw",
        "recovered": "recovery", "held": "hold", "released": "release", "net_payable": "payment",
    }  # fmt: skip
    correction, returned = pl.col("kind") == "correction", pl.col("return_id").is_not_null()
    named = postings.rename({"posting_period": "fiscal_period"})
    return named.group_by(STATEMENT).agg(
        corrected_sales=pl.col("amount").filter(correction & ~returned).sum(),
        corrected_clawback=pl.col("amount").filter(correction & returned).sum(),
        _rows_corrected_sales=(correction & ~returned).sum(),
        _rows_corrected_clawback=(correction & returned).sum(),
        **{f"_rows_{figure}": (pl.col("kind") == kind).sum() for figure, kind in kinds.items()},
    )


def _still_held(due: pl.DataFrame, postings: pl.DataFrame) -> pl.DataFrame:
    """What is held at the end of each period: everything held less everything released up to it."""
    held = postings.filter(pl.col("kind").is_in(["hold", "release"]))
    moved = held.select("payee_id", "currency", fiscal_period="posting_period", kept=-pl.col("amount"))
    ends = due.select(*STATEMENT, kept=pl.lit(0, dtype=MONEY))
    both = pl.concat([moved.select(*STATEMENT, pl.col("kept").cast(MONEY)), ends])
    sums = both.group_by(STATEMENT).agg(pl.col("kept").sum()).sort("fiscal_period")
    return sums.select(*STATEMENT, still_held=pl.col("kept").cum_sum().over("payee_id", "currency").cast(MONEY))


def _require_whole(filled: pl.DataFrame) -> None:
    """The steps add up to what is paid and carried forward, and corrections to both their parts."""
    steps = pl.sum_horizontal(_signed(figure, column) for figure, (column, _) in STEPS.items())
    wrong = filled.filter(
        (steps != pl.col("paid") + pl.col("carried_forward"))
        | (pl.col("corrected") != pl.col("corrected_sales") + pl.col("corrected_clawback"))
    ).sort(STATEMENT)
    if not wrong.is_empty():
        first = wrong.row(0, named=True)
        raise StatementDoesNotAdd(
            f"{wrong.height:,} of {filled.height:,} balances are not what their postings say. First: payee {first['payee_id']} in "
            f"{first['fiscal_period']}: {first['corrected']} {first['currency']} corrected and {first['paid']} paid. Nothing is "
            "published; the last statements stay. Compare 'balances' and 'postings' of that payee."
        )


def _waiting(lines: pl.DataFrame) -> pl.DataFrame:
    """Nothing is payable yet in periods after the open one."""
    net = lines.filter(pl.col("figure") == "net_payable")
    return net.with_columns(
        section=pl.lit("settlement"), label=pl.lit(WAITS), amount=pl.lit(0, dtype=MONEY)
    ).select(lines.columns)  # fmt: skip


def _edges_kept(edges: pl.DataFrame, reached: pl.DataFrame) -> pl.DataFrame:
    """The edges of what settlement does not replace."""
    is_replaced = pl.col("figure").is_in(REPLACED)
    replaced = edges.filter(is_replaced).join(
        reached.select(STATEMENT), on=STATEMENT, how="anti", maintain_order="left"
    )
    return pl.concat([edges.filter(~is_replaced), replaced.filter(pl.col("figure") == "net_payable")])
