"""Payout cases in YAML, each named by the sentence it proves."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from payout_world import company, component, credits_of, earned_by_credit, pay_world, plan, version

HERE = Path(__file__).parent


class _Text(yaml.SafeLoader):
    """YAML in which dates stay text."""


_Text.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def cases() -> list[Any]:
    files = sorted(HERE.glob("*.yaml"))
    found = [(file.stem, case) for file in files for case in yaml.load(file.read_text(), Loader=_Text)]  # noqa: S506
    return [pytest.param(case, id=f"{stem}: {case['name']}") for stem, case in found]


def credit_rows(case: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for day, amount, *more in case["credits"]:
        year = int(day[:4]) + case.get("shift_years", 0)
        words = dict(word.split(" ") for word in more)
        rows.append(
            {"on": f"{year}{day[4:]}", "amount": amount, **{k: int(v) if k == "of" else v for k, v in words.items()}}
        )
    return rows


def plan_of(case: dict[str, Any]) -> Any:
    given = case.get("versions", [{"component": case.get("component", {})}])
    versions = [
        version(
            component(**each.pop("component")),
            **{"version": str(number), "decided_on": each.get("valid_from", "2019-12-01"), **each},
        )
        for number, each in enumerate([dict(each) for each in given], start=1)
    ]
    return plan(*versions, currency=case.get("currency", "EUR"))


def paid_case(case: dict[str, Any]) -> Any:
    firm = company(
        currency=case.get("currency", "EUR"), **({"fiscal_calendar": case["calendar"]} if "calendar" in case else {})
    )
    credits = credits_of(credit_rows(case))
    payees = [{"payee_id": payee} for payee in credits["payee_id"].unique()]
    others = [{**quota, "payee_id": "other"} for quota in case.get("quotas", [])]
    return credits, pay_world(
        credits, plan_of(case), firm=firm, payees=payees, quotas=[*case.get("quotas", []), *others]
    )


@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any]):
    known = {"name", "source", "component", "versions", "quotas", "credits", "currency", "calendar", "shift_years"}
    expected = case.keys() - known
    assert expected, "a case must expect something"
    credits, paid = paid_case(case)
    for name in expected:
        CHECKS[name](case[name], credits, paid)


def _earned(expected, credits, paid):
    assert earned_by_credit(paid, credits) == [Decimal(value) for value in expected]


def _total(expected, credits, paid):
    assert paid.earnings["earned"].sum() == Decimal(expected)


def _slices(expected, credits, paid):
    found = paid.earnings.select("tier_number", "position_before", "position_after", "earned").rows()
    assert found == [(tier, Decimal(low), Decimal(high), Decimal(money)) for tier, low, high, money in expected]


def _periods(expected, credits, paid):
    assert _of_credits(paid, "fiscal_period").to_list() == expected


def _windows(expected, credits, paid):
    assert _of_credits(paid, "window").to_list() == expected


def _of_credits(paid, column):
    return paid.earnings.filter(pl.col("slice_number") == 1)[column].cast(pl.String)


def _of_rep(paid, column):
    rows = paid.attainment.filter(pl.col("payee_id") == "rep")
    return dict(zip(rows["fiscal_period"].cast(pl.String), rows[column], strict=True))


def _attainment(expected, credits, paid):
    assert _of_rep(paid, "attainment") == {period: value and Decimal(value) for period, value in expected.items()}


def _quota_of(expected, credits, paid):
    assert _of_rep(paid, "quota") == {period: Decimal(value) for period, value in expected.items()}


CHECKS = {
    "earned": _earned,
    "total": _total,
    "slices": _slices,
    "periods": _periods,
    "windows": _windows,
    "attainment": _attainment,
    "quota_of": _quota_of,
}
