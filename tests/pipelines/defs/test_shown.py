"""What Dagster's pages show: sums over five people or more, refused order data, never a name or a quota."""

from decimal import Decimal

import polars as pl
import pytest

from pipelines.defs.charts import bridge_steps, earnings_chart, earnings_shown
from pipelines.defs.shown import amount_text, earning_totals, refused_rows
from schemas.core.attribution import Credit
from schemas.core.intake import Quarantined
from schemas.core.payout import Earning


def earnings(people: int, component: str = "commission", period: str = "2026-P01") -> pl.DataFrame:
    rows = [
        {
            "payee_id": f"R{number}",
            "component": component,
            "fiscal_period": period,
            "earned": Decimal(100),
            "currency": "EUR",
        }
        for number in range(people)
    ]
    return pl.DataFrame(rows, schema={name: Earning.dtypes()[name] for name in rows[0]})


def test_a_sum_over_four_people_is_not_shown():
    assert earnings_shown(earnings(4)).is_empty()
    assert earnings_chart(earnings(4)) is None
    assert [key for key in earning_totals(earnings(4)) if key.startswith("earned")] == []


def test_a_sum_over_five_people_is_shown():
    assert earnings_shown(earnings(5)).row(0, named=True) == {
        "currency": "EUR", "component": "commission", "fiscal_period": "2026-P01", "earned": Decimal("500.000"),
    }  # fmt: skip
    assert earning_totals(earnings(5))["earned, EUR"] == "500.00"
    assert "data:image/png;base64," in earnings_chart(earnings(5)).value


def test_components_of_few_people_are_shown_together_or_not_at_all():
    others = (pl.lit("S") + pl.col("payee_id").cast(pl.String)).cast(pl.Categorical)
    few = [earnings(3, "bonus"), earnings(3, "spiff").with_columns(payee_id=others)]
    shown = earnings_shown(pl.concat([earnings(6), *few]))
    assert dict(shown.select("component", "earned").rows()) == {
        "commission": Decimal(600), "all components (each of fewer than five people)": Decimal(600),
    }  # fmt: skip
    assert earnings_shown(pl.concat([earnings(6), few[0]]))["component"].to_list() == ["commission"]


@pytest.mark.parametrize(
    ("table", "is_open"),
    [("order_lines", True), ("orders", True), ("payees", False), ("quotas", False), ("adjustments", False)],
)
def test_refused_values_are_shown_for_order_data_only(table, is_open):
    row = {
        "table": table, "source_file": "a.csv", "source_line": 7, "column": "amount", "value": "81,500", "reason": "not_a_number",
        "detail": "found 81,500",
    }  # fmt: skip
    frame = pl.DataFrame([row], schema=Quarantined.dtypes())
    shown = refused_rows(frame).row(0, named=True)
    assert (shown["value"], shown["detail"]) == (
        ("81,500", "found 81,500") if is_open else ("(in the store only)",) * 2
    )
    assert (shown["source_file"], shown["source_line"], shown["reason"]) == ("a.csv", 7, "not_a_number")


def test_the_bridge_closes():
    receivers = [("R1", "new_business", 70), ("R2", "growth", 20), ("HOUSE", "retention", 7), ("EXCLUDED", "growth", 3)]
    rows = [{"payee_id": payee, "motion": motion, "amount": Decimal(amount)} for payee, motion, amount in receivers]
    steps = bridge_steps(pl.DataFrame(rows, schema={name: Credit.dtypes()[name] for name in rows[0]}))
    assert steps == [
        ("Booked", 100), ("New business", 70), ("Retention", 0), ("Growth", 20), ("House", 7), ("Excluded", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "text"), [("1204.5", "1,204.50"), ("0.125", "0.125"), ("-3", "-3.00"), (None, "0.00")]
)
def test_amounts_are_written_out(amount, text):
    assert amount_text(None if amount is None else Decimal(amount)) == text
