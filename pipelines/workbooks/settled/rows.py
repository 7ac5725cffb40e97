"""What settlement shows of one period, cut by payee: corrections, adjustments and draws, what moved in holds, what is held, disputes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl
import polars.selectors as cs

from compensation.settlement.causes import IMPLIED, SHOWN, WORDS
from compensation.statement.labels import GUARANTEE, GUARANTEE_LABEL, component_names
from schemas.core.settlement import Dispute, Held, PeriodPosting
from schemas.dtypes import MONEY
from schemas.rules.plan import Plan

Tables = Mapping[str, pl.DataFrame]
Schema = dict[str, pl.DataType | type[pl.DataType]]
LINE = ["payee_id", "currency", "plan", "component", "earning_period", "order_line_id", "return_id", "credit_number"]
OWED = ("earning", "correction", "guarantee")
BESIDE = {"adjustment": "Adjustment", "guarantee": "Guarantee", "draw": "Draw", "recovery": "Recovery"}
"""Kinds of posting on the sheet Adjustments, and what it calls them."""
MOVED = {"hold": "Held", "release": "Released"}
SETTLED_BY = "settlement"

ORDERED: Schema = {"order": pl.String, "line": pl.Int32, "customer": pl.String}
CORRECTIONS: Schema = {
    "payee_id": pl.String, "currency": pl.String, "period": pl.String, **ORDERED, "component": pl.String, "kind": pl.String,
    "field": pl.String, "before": pl.String, "after": pl.String, "was": MONEY, "is": MONEY, "amount": MONEY, "cause": pl.String,
}  # fmt: skip
"""One row a correction: what was posted for the line, what it earns now, the difference, and why."""

ADJUSTMENTS: Schema = {
    "payee_id": pl.String, "currency": pl.String, "kind": pl.String, "reference": pl.String, **ORDERED, "period": pl.String,
    "reason": pl.String, "entered_by": pl.String, "entered_on": pl.Date, "approved_by": pl.String, "approved_on": pl.Date,
    "amount": MONEY,
}  # fmt: skip
"""One row an adjustment, guarantee, draw or recovery."""

HOLDS: Schema = {
    "payee_id": pl.String, "currency": pl.String, "kind": pl.String, "hold": pl.String, **ORDERED, "period": pl.String,
    "expected": pl.String, "amount": MONEY, "words": pl.String,
}  # fmt: skip
"""One row what a hold kept or released in the period, or what is held at its end."""

DISPUTES: Schema = {
    "payee_id": pl.String, "reference": pl.String, "period": pl.String, "order": pl.String, "figure": pl.String, "claim": pl.String,
    "raised_by": pl.String, "raised_on": pl.Date, "state": pl.String, "answer": pl.String, "answered_by": pl.String,
    "answered_on": pl.Date,
}  # fmt: skip


@dataclass(frozen=True)
class SettledRows:
    """Frames of one payee, or of all: ``CORRECTIONS``, ``ADJUSTMENTS``, ``HOLDS`` twice (what moved, what is held), ``DISPUTES``."""

    corrections: pl.DataFrame
    adjustments: pl.DataFrame
    moves: pl.DataFrame
    held: pl.DataFrame
    disputes: pl.DataFrame

    def of(self, payee_id: str) -> "SettledRows":
        """Those of one payee."""
        own = pl.col("payee_id") == payee_id
        frames = (self.corrections, self.adjustments, self.moves, self.held, self.disputes)
        return SettledRows(*(frame.filter(own) for frame in frames))


NOTHING = SettledRows(*(pl.DataFrame(schema=schema) for schema in (CORRECTIONS, ADJUSTMENTS, HOLDS, HOLDS, DISPUTES)))


def settled_rows(
    tables: Tables, facts: dict[str, pl.DataFrame], plans: Sequence[Plan], period: str, labels: Mapping[str, str]
) -> SettledRows:
    """Everything that the sheets of settlement list of one fiscal period.

    Args:
        tables: ``postings``, and ``held``, ``disputes``, ``recorded_adjustments`` where there are any.
        facts: Contract tables: order lines, orders, accounts.
        plans: Plans, for labels of components.
        period: Fiscal period.
        labels: What each fiscal period is called.
    """
    postings = _given(tables, "postings", PeriodPosting.empty_frame())
    here = postings.filter(pl.col("posting_period") == period)
    orders, names = _orders(facts), _component_labels(plans)
    called = pl.col("earning_period").replace_strict(labels, default=pl.col("earning_period"), return_dtype=pl.String)
    held = _given(tables, "held", Held.empty_frame()).filter(pl.col("fiscal_period") == period)
    disputes = _given(tables, "disputes", Dispute.empty_frame()).filter(pl.col("fiscal_period") == period)
    return SettledRows(
        _corrections(_with_before(postings, here), orders, names, called),
        _adjustments(here, tables, facts, orders, names, called),
        _moves(here, orders, called),
        _held(held, orders, called, labels),
        _disputes(disputes, orders, labels),
    )


def _given(tables: Tables, name: str, empty: pl.DataFrame) -> pl.DataFrame:
    found = tables.get(name, empty)
    return found.cast({cs.categorical() | cs.enum(): pl.String})


def _orders(facts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Order, line number and customer of each order line that is still known."""
    accounts = facts["accounts"].select("account_id", "account_name")
    orders = (
        facts["orders"].select("order_id", "account_id").join(accounts, on="account_id", how="left", validate="m:1")
    )
    lines = facts["order_lines"].select("order_line_id", "order_id", "line_number")
    known = lines.join(orders, on="order_id", how="left", validate="m:1")
    return known.select(
        "order_line_id", order="order_id", line=pl.col("line_number").cast(pl.Int32),
        customer=pl.coalesce("account_name", "account_id"),
    )  # fmt: skip


def _component_labels(plans: Sequence[Plan]) -> pl.DataFrame:
    """What the newest version calls each part of a plan."""
    names = component_names(plans).sort("valid_from").unique(["plan", "component"], keep="last")
    return names.select("plan", "component", "label")


def _with_before(postings: pl.DataFrame, here: pl.DataFrame) -> pl.DataFrame:
    """Corrections of the period with what was posted for their line before, and what that was computed from."""
    owed = postings.filter(pl.col("kind").is_in(OWED)).with_row_index("_row")
    dated = owed.with_columns(
        was=(pl.col("amount").cum_sum() - pl.col("amount")).over(LINE), basis_before=pl.col("basis").shift(1).over(LINE)
    )
    own = dated.filter((pl.col("kind") == "correction") & (pl.col("posting_period") == _period_of(here)))
    return own.with_columns(pl.col("was").cast(MONEY), **{"is": (pl.col("was") + pl.col("amount")).cast(MONEY)})


def _period_of(here: pl.DataFrame) -> str:
    return str(here["posting_period"][0]) if here.height else ""


def _corrections(rows: pl.DataFrame, orders: pl.DataFrame, names: pl.DataFrame, called: pl.Expr) -> pl.DataFrame:
    known = _with_orders(rows, orders).join(
        names, on=["plan", "component"], how="left", validate="m:1", maintain_order="left"
    )
    fields = [_fields(before, now) for before, now in rows.select("basis_before", "basis").rows()]
    told = pl.DataFrame(fields, schema=dict.fromkeys(("field", "before", "after"), pl.String), orient="row")
    sold = pl.when(pl.col("order_line_id").is_null()).then(pl.lit("Bonus")).otherwise(pl.lit("Sale"))
    kind = pl.when(pl.col("return_id").is_not_null()).then(pl.lit("Return")).otherwise(sold)
    whole = pl.concat([known, told], how="horizontal").with_columns(
        period=called, component=pl.coalesce("label", pl.col("component").str.replace_all("_", " ")), kind=kind
    )
    return _as(whole.sort("payee_id", "currency", "earning_period", "order", "line", "kind", "component", nulls_last=True), CORRECTIONS)  # fmt: skip


def _fields(before: str | None, now: str | None) -> tuple[str, str, str]:
    """Which facts or rules behind a line changed, from what, to what; dashes where it came or went whole."""
    if not before or not now:
        return "–", "–", "–"
    was, became = json.loads(before), json.loads(now)
    changed = [name for name in WORDS if was.get(name) != became.get(name)]
    if not changed and was.get("position_before") != became.get("position_before"):
        return (
            "position before it",
            _shown("credited", was.get("position_before")),
            _shown("credited", became.get("position_before")),
        )
    silent = {follows for name in changed for follows in IMPLIED.get(name, ())}
    told = [name for name in changed if name not in silent]
    return (
        "; ".join(WORDS[name] for name in told) or "–", "; ".join(_shown(name, was.get(name)) for name in told) or "–",
        "; ".join(_shown(name, became.get(name)) for name in told) or "–",
    )  # fmt: skip


def _shown(name: str, value: Any) -> str:
    return SHOWN.get(name, str)(value) if value else "none"


SIGNED = ("reason", "entered_by", "entered_on", "approved_by", "approved_on")


def _signed(tables: Tables, facts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Reason, who entered and who approved each adjustment: of the ledger, else of the contract table; one row a reference."""
    parts = []
    for frame, key in ((tables.get("recorded_adjustments"), "reference"), (facts["adjustments"], "adjustment_id")):
        if frame is not None:
            known = [
                (pl.col(name) if name in frame.columns else pl.lit(None)).cast(ADJUSTMENTS[name]).alias(name) for name in SIGNED
            ]  # fmt: skip
            parts.append(frame.select(pl.col(key).cast(pl.String).alias("component"), *known))
    return pl.concat(parts).unique("component", keep="first", maintain_order=True)


def _adjustments(
    here: pl.DataFrame, tables: Tables, facts: dict[str, pl.DataFrame], orders: pl.DataFrame, names: pl.DataFrame, called: pl.Expr
) -> pl.DataFrame:  # fmt: skip
    rows = here.filter(pl.col("kind").is_in(list(BESIDE)))
    known = _with_orders(rows, orders).join(
        names, on=["plan", "component"], how="left", validate="m:1", maintain_order="left"
    )
    signed = _signed(tables, facts)
    known = known.join(signed, on="component", how="left", validate="m:1", maintain_order="left")
    rank = pl.col("kind").replace_strict({kind: number for number, kind in enumerate(BESIDE)}, return_dtype=pl.Int8)
    is_adjustment = pl.col("kind") == "adjustment"
    guarantee = pl.when(pl.col("component") == GUARANTEE).then(pl.lit(GUARANTEE_LABEL))
    shown = known.sort("payee_id", "currency", rank, "component", "earning_period").with_columns(
        kind=pl.col("kind").replace_strict(BESIDE, return_dtype=pl.String), period=called,
        reference=pl.when(is_adjustment).then("component").otherwise(
            pl.coalesce(guarantee, "label", pl.col("component").str.replace_all("_", " "))
        ),
        reason=pl.coalesce("reason", "cause"),
    )  # fmt: skip
    return _as(shown, ADJUSTMENTS)


def _moves(here: pl.DataFrame, orders: pl.DataFrame, called: pl.Expr) -> pl.DataFrame:
    rows = _with_orders(here.filter(pl.col("kind").is_in(list(MOVED))), orders)
    shown = rows.sort("payee_id", "currency", "kind", "component", "earning_period", "order", "line").with_columns(
        hold=_hold_words(pl.when(pl.col("order_line_id").is_not_null() & ~_by_hand("component")).then(pl.lit("cash")).otherwise("component")),
        kind=pl.col("kind").replace_strict(MOVED, return_dtype=pl.String), period=called, expected=pl.lit(None, dtype=pl.String),
        words="cause",
    )  # fmt: skip
    return _as(shown, HOLDS)


def _by_hand(column: str) -> pl.Expr:
    return pl.col(column).str.starts_with("hold:")


def _hold_words(name: pl.Expr) -> pl.Expr:
    """``Waits for payment``, ``Holdback``, or the reference of a hold by hand."""
    words = {
        "invoice": "Waits for invoice",
        "payment": "Waits for payment",
        "cash": "Waits for cash",
        "holdback": "Holdback",
    }
    bare = name.str.strip_prefix("hold:")
    return bare.replace_strict(words, default=pl.format("By hand: {}", bare), return_dtype=pl.String)


def _held(held: pl.DataFrame, orders: pl.DataFrame, called: pl.Expr, labels: Mapping[str, str]) -> pl.DataFrame:
    rows = _with_orders(held, orders).sort("payee_id", "currency", "hold", "earning_period", "order", "line")
    expected = pl.col("expected_period").replace_strict(
        labels, default=pl.col("expected_period"), return_dtype=pl.String
    )
    shown = rows.with_columns(
        kind=pl.lit("Held"), hold=_hold_words(pl.col("hold")), period=called, words="condition",
        expected=expected.fill_null("not known"),
    )  # fmt: skip
    return _as(shown, HOLDS)


def _disputes(disputes: pl.DataFrame, orders: pl.DataFrame, labels: Mapping[str, str]) -> pl.DataFrame:
    about = pl.col("disputed_period").replace_strict(labels, default=pl.col("disputed_period"), return_dtype=pl.String)
    rows = _with_orders(disputes, orders).sort("payee_id", "raised_on", "reference")
    shown = rows.with_columns(
        period=about, figure=pl.col("figure").str.replace_all("_", " "),
        state=pl.col("state").str.to_titlecase(),
    )  # fmt: skip
    return _as(shown, DISPUTES)


def _with_orders(rows: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """The same rows with order, line number and customer; the line's own id where no export has it any more."""
    known = rows.join(orders, on="order_line_id", how="left", validate="m:1", maintain_order="left")
    return known.with_columns(order=pl.coalesce("order", "order_line_id"))


def _as(rows: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    return rows.select(pl.col(name).cast(kind) for name, kind in schema.items())


def total_of(rows: pl.DataFrame, currency: str, *kinds: str) -> Decimal:
    """Sum of the amounts in a currency, of the kinds given or of all."""
    own = rows.filter(pl.col("currency") == currency)
    if kinds:
        own = own.filter(pl.col("kind").is_in(kinds))
    return sum(own["amount"], Decimal(0))
