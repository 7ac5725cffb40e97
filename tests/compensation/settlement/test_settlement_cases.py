"""Draw ledgers, leavers and balances month by month, as the cases in ``cases/`` have them worked out by hand."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import yaml

from schemas.core.settlement import Balance
from tests.compensation.settlement.settlement_world import Months, earned, terms

CASES = [case for path in sorted((Path(__file__).parent / "cases").glob("*.yaml")) for case in yaml.safe_load(path.read_text())]  # fmt: skip
INPUTS = ("earns", "payments", "findings")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_months_are_settled_as_worked_out(case):
    months = Months(terms(**case["settlement"]), **case.get("person", {}))
    for number, month in enumerate(case["months"], start=1):
        unknown = month.keys() - {*INPUTS, *Balance.columns()}
        assert not unknown, f"the case says {unknown}, which no balance has"
        row = months.settle(number, *[_proposal(one, number) for one in month["earns"]])
        found = {name: row.get(name, "no row") for name in month if name not in INPUTS}
        assert found == {name: month[name] for name in found}, f"month {number}"
        if "payments" in month:
            assert _payments(months, number) == {name: Decimal(amount) for name, amount in month["payments"].items()}
        if "findings" in month:
            assert months.results[-1].findings["code"].to_list() == month["findings"]


def _proposal(one, number):
    return earned(one["amount"], number, one.get("component", "commission"), of=one.get("of"))


def _payments(months, number):
    own = months.posted.filter((pl.col("kind") == "payment") & (pl.col("posting_period") == f"2026-P{number:02}"))
    return dict(own.select("component", "amount").rows())
