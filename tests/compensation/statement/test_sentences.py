"""The sentences that explain a figure."""

from decimal import Decimal

import polars as pl
import pytest

from compensation.statement.rule_words import component_sentence
from compensation.statement.sentences import earning_sentence, unpaid_sentence, version_named
from schemas.rules.component import Component
from tests.compensation.statement.statement_world import FLAT, MARGINAL, PLANS, RETROACTIVE, calculated


def earning(line, *, slice_number=1, component, return_id=None):
    _, results = calculated()
    rows = results["earnings"].cast({pl.Categorical: pl.String}).filter(
        pl.col("order_line_id") == line, pl.col("slice_number") == slice_number, pl.col("component") == component,
        pl.col("return_id").is_null() if return_id is None else pl.col("return_id") == return_id,
    )  # fmt: skip
    return rows.row(0, named=True)


def test_a_slice_in_a_tier_names_revenue_tier_rate_result_and_rule():
    assert earning_sentence(earning("SO-11-1", component="monthly_commission"), PLANS) == (
        "10,000.00 of revenue in the tier from 10,000.00 × 4 % = 400.00 (Example Sales Plan 2026, §3, version 2026.1)"
    )


def test_a_tier_of_attainment_is_named_in_per_cent_of_quota_and_rounding_by_running_totals():
    row = earning("SO-2-1", slice_number=2, component="quarter_commission")
    assert earning_sentence(row, PLANS) == (
        "15,000.17 of revenue in the tier from 100 % of quota × 8 %, by running totals 6,200.01 − 5,000.00 = 1,200.01 "
        "(Example Sales Plan 2026, §3, version 2026.1)"
    )


def test_a_flat_rate_names_no_tier_and_yen_have_no_decimals():
    assert earning_sentence(earning("SO-20-2", component="flat_commission"), PLANS) == (
        "47,813 of revenue × 3.125 %, by running totals 5,977 − 4,483 = 1,494 (Example Sales Plan 2026, §3, version 2026.1)"
    )


def test_a_product_that_is_exact_is_shown_as_one():
    row = {
        **earning("SO-1-1", component="quarter_commission"),
        "credited": Decimal("50000.000000000"),
        "rounded_after": Decimal("2500.000"),
        "earned": Decimal("2500.000"),
    }
    assert earning_sentence(row, PLANS).startswith(
        "50,000.00 of revenue in the tier from 0 % of quota × 5 % = 2,500.00 ("
    )


AS_CORRECTED = "A return is taken back as if its part had never been sold."
QUARTER = (
    "Revenue credited for new business adds up over the fiscal quarter. 5 % from 0 % to 100 % of the new business quota, "
    f"8 % from 100 % upwards of the new business quota; each rate pays only the revenue inside its tier. {AS_CORRECTED}"
)
MONTH = (
    "Revenue credited for new business, retention and growth adds up over the fiscal month. 3 % from 0.00 to 10,000.00, "
    "4 % from 10,000.00 to 20,000.00, 5 % from 20,000.00 upwards; the rate of the tier reached pays everything from 0. "
    "A return counts as negative revenue on its own date."
)
YEAR = f"Revenue credited for new business adds up over the fiscal year. All of it pays 3.125 %. {AS_CORRECTED}"


@pytest.mark.parametrize(("part", "words"), [(MARGINAL, QUARTER), (RETROACTIVE, MONTH), (FLAT, YEAR)])
def test_a_component_is_told_in_words(part, words):
    assert component_sentence(Component.model_validate(part), "EUR") == words


def test_a_credit_that_earns_nothing_says_why():
    assert unpaid_sentence("no_plan").startswith("no plan covers this payee on the day of the credit")


def test_an_unknown_version_is_named():
    with pytest.raises(KeyError, match=r"no version '2027\.1' of plan 'executive'"):
        version_named(PLANS, "executive", "2027.1")
