"""Tables behind a statement: each printed figure, what it was made of, and each line that it lists."""

import polars as pl

from schemas.core.payout import CLAWBACK_REASONS
from schemas.dtypes import Money, Percent, Position, Rate
from schemas.table import Table, business_date, currency_code, identifier, money, number, text

SECTIONS = ("summary", "components", "bridge", "settlement", "attainment")

FIGURES = (
    "credited_revenue",
    "headline_attainment",
    "component_credited",
    "component_rate",
    "component_earned",
    "component_earned_before",
    "component_change",
    "unpaid_revenue",
    "counted_again",
    "counted_otherwise",
    "earned_on_sales",
    "clawback",
    "bonus",
    "guarantee",
    "earned",
    "earned_before",
    "carried_forward",
    "net_payable",
    "opening",
    "settled_earned",
    "corrected",
    "corrected_sales",
    "corrected_clawback",
    "adjusted",
    "guaranteed",
    "drawn",
    "recovered",
    "held",
    "released",
    "still_held",
    "draw_debt",
    "above_draw",
    "quota",
    "position",
    "attainment",
    "to_next_tier",
    "tier_rate",
)
"""Every figure a statement prints; see ``docs/statements.md`` for what each one means."""

INPUT_TABLES = ("statement_lines", "earnings", "bonuses", "unpaid", "attainment", "quotas", "postings")


class Statement(Table):
    """One statement: a payee and fiscal period with a plan, a credit, an attainment, an earning or a bonus, per currency.

    Where there is a ledger, also one with a balance, a draw that is owed or pay that is held, whatever happened in the period.
    The house and excluded accounts receive credits so that sums close; nobody pays them, so they get no statement.
    """

    payee_id: str = identifier(refers_to="payees.payee_id")
    fiscal_period: str = text(optional=False)
    currency: str = currency_code(description="Of the plan; the payee's own where no plan pays.")
    period_start: pl.Date = business_date()
    period_end: pl.Date = business_date(description="Excluded.")
    reason: str = text(
        optional=False,
        values=("earning", "bonus", "attainment", "credit", "plan", "balance"),
        description="The first of these that asks for the statement.",
    )

    class Config:
        """Key of the table."""

        metadata = {"key": ["payee_id", "fiscal_period", "currency"]}


class StatementLine(Table):
    """One printed figure of one payee's statement."""

    payee_id: str = identifier(refers_to="payees.payee_id")
    fiscal_period: str = text(optional=False)
    currency: str = currency_code()
    figure: str = text(optional=False, values=FIGURES)
    plan: str = text(optional=True, description="Empty where the figure is of no one plan.")
    component: str = text(optional=True)
    measure: str = text(optional=True)
    window: str = text(optional=True, description="Of attainment figures: `2026`, `2026-Q1`…")
    section: str = text(optional=False, values=SECTIONS)
    row: pl.Int32 = number("integer", description="Order of rows within a section, from 1.")
    label: str = text(optional=False)
    amount: Money = money(optional=True, signed=True, description="In `currency`.")
    rate: Rate = number("rate", optional=True)
    counted: str = text(
        optional=True,
        description="What `amount` counts of a component that counts no revenue of the payee's own: units, orders, margin…",
    )
    rows: pl.Int64 = number("integer", optional=True, description="How many input rows the figure adds up.")

    class Config:
        """Key of the table."""

        metadata = {
            "key": ["payee_id", "fiscal_period", "currency", "figure", "plan", "component", "measure", "window"],
        }


class FigureInput(Table):
    """One edge of the explanation: a printed figure, and one figure or row that it was made of.

    The figure is named as in ``statement_lines``. The input is another figure (``input_*``), or the row of
    ``input_table`` that the key columns name: an earning by line, return, credit, plan, component and slice;
    an unpaid credit by line, return and credit; a part of pay that no credit earns by plan, component and part; an attainment by plan, component, measure and window; a posting of the period by kind
    (``input_part``), plan, component, earning period, line, return and credit. A position that
    no credit has touched is 0 by itself and has no input but the payee's quota.
    """

    payee_id: str = identifier()
    fiscal_period: str = text(optional=False)
    currency: str = currency_code()
    figure: str = text(optional=False, values=FIGURES)
    plan: str = text(optional=True)
    component: str = text(optional=True)
    measure: str = text(optional=True)
    window: str = text(optional=True)
    input_table: str = text(optional=False, values=INPUT_TABLES)
    input_period: str = text(optional=True, description="Fiscal period of the input where it is another one.")
    input_figure: str = text(optional=True)
    input_plan: str = text(optional=True)
    input_component: str = text(optional=True)
    input_part: str = text(optional=True, description="Part of a bonus, pool or guarantee; kind of a posting.")
    earning_period: str = text(optional=True, description="Of a posting: fiscal period that the pay belongs to.")
    order_line_id: str = identifier(optional=True)
    return_id: str = identifier(optional=True)
    credit_number: pl.Int16 = number("integer", optional=True)
    slice_number: pl.Int16 = number("integer", optional=True)

    class Config:
        """Edges are made once each by construction; checking a million of them costs more than making them."""

        metadata: dict[str, object] = {}


class StatementDetail(Table):
    """One row of a statement's line list: an earning (credit × component × tier slice), or a credit that earns nothing."""

    payee_id: str = identifier()
    fiscal_period: str = text(optional=False)
    currency: str = currency_code(description="Plan currency; company currency for a credit that earns nothing.")
    order_id: str = identifier()
    order_line_id: str = identifier()
    line_number: pl.Int32 = number("integer")
    return_id: str = identifier(optional=True)
    credit_number: pl.Int16 = number("integer")
    slice_number: pl.Int16 = number("integer", description="0 for a credit that earns nothing.")
    account_id: str = identifier()
    account_name: str = text(optional=True)
    product_id: str = identifier()
    product_name: str = text(optional=True)
    event_date: pl.Date = business_date()
    sale_date: pl.Date = business_date()
    motion: str = text(optional=False)
    sub_motion: str = text(optional=False)
    rule: str = text(optional=False, description="What chose the payee.")
    share_percent: Percent = number("percent")
    order_currency: str = currency_code()
    order_amount: Money = money(currency="order_currency", signed=True, description="Of the whole line or return.")
    plan: str = text(optional=True)
    plan_version: str = text(optional=True)
    component: str = text(optional=True)
    measure: str = text(optional=True)
    window: str = text(optional=True)
    tier_number: pl.Int16 = number("integer", optional=True)
    tier_rate: Rate = number("rate", optional=True)
    quota: Money = money(optional=True, description="Quota that the tiers were measured with; empty where none was.")
    position_before: Position = number("quantity", optional=True)
    position_after: Position = number("quantity", optional=True)
    seller_id: str = identifier(
        optional=True, description="Whose credit it is, where an override pays another than that payee."
    )
    credited: Position = number("quantity", description="What this slice counts: revenue, units, margin…")
    rounded_before: Money = money(optional=True, signed=True)
    rounded_after: Money = money(optional=True, signed=True)
    changed: Money = money(
        signed=True, optional=True, description="What factors, caps, budgets and clawbacks changed; empty for nothing."
    )
    taken_share: Rate = number(
        "rate", optional=True, description="Of a return under a clawback with words of its own: how much is taken back."
    )
    taken_reason: str = text(optional=True, values=CLAWBACK_REASONS, description="Why so much.")
    earned: Money = money(signed=True, description="0 for a credit that earns nothing.")
    unpaid_reason: str = text(optional=True, description="Why a credit earns nothing; empty for an earning.")

    class Config:
        """Key of the table."""

        metadata = {
            "key": ["payee_id", "order_line_id", "return_id", "credit_number", "plan", "component", "slice_number"],
        }
