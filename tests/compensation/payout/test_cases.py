"""Payout cases in YAML, each named by the sentence it proves.

A case has a plan (``component``, ``versions`` or several ``plans``), ``credits`` as ``[date, amount, "key value", …]``
(``of 1``: the return of the first; ``payee ann``, ``kind growth``, ``cost 100``, ``quantity 2``, ``order A``, …), contract tables
by name, and what it expects.
"""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from payout_world import (
    accounts_of,
    books_of,
    company,
    component,
    credits_of,
    earned_by_component,
    earned_by_credit,
    given_by_part,
    line_facts,
    paid_by_credit,
    pay_world,
    plan,
    version,
)

from schemas.contract import CONTRACT

HERE = Path(__file__).parent
NAMED = {"name", "source"}
GIVEN = {"component", "versions", "plans", "credits", "currency", "company_currency", "calendar", "shift_years", "known_up_to", "bookings"}  # fmt: skip


class _Text(yaml.SafeLoader):
    """YAML in which dates stay text."""


_Text.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def cases() -> list[Any]:
    files = sorted([*HERE.glob("*.yaml"), *(HERE / "cases").glob("*.yaml")])
    found = [(file.stem, case) for file in files for case in yaml.load(file.read_text(), Loader=_Text)]  # noqa: S506
    return [pytest.param(case, id=f"{stem}: {case['name']}") for stem, case in found]


def credit_rows(case: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for day, amount, *more in case.get("credits", []):
        year = int(day[:4]) + case.get("shift_years", 0)
        words = dict(word.split(" ", 1) for word in more)
        words = {**words, **({"service": words["service"].split(" to ")} if "service" in words else {})}
        rows.append(
            {"on": f"{year}{day[4:]}", "amount": amount, **{k: int(v) if k == "of" else v for k, v in words.items()}}
        )
    return rows


def plans_of(case: dict[str, Any]) -> list[Any]:
    given = case.get("plans", [{key: case[key] for key in ("component", "versions") if key in case}])
    return [_plan_of(dict(each), case.get("currency", "EUR")) for each in given]


def _plan_of(given: dict[str, Any], currency: str) -> Any:
    one = {"component": given.pop("component", {})}
    versions = [
        version(
            *[component(**part) for part in _components(each)],
            **{"version": str(number), "decided_on": each.get("valid_from", "2019-12-01"), **each},
        )
        for number, each in enumerate([dict(each) for each in given.pop("versions", [one])], start=1)
    ]
    return plan(*versions, **{"currency": currency, **given})


def _components(each: dict[str, Any]) -> list[dict[str, Any]]:
    one = each.pop("component", None)
    return [*([one] if one is not None else []), *each.pop("components", [])]


def paid_case(case: dict[str, Any]) -> Any:
    currency = case.get("company_currency", case.get("currency", "EUR"))
    firm = company(currency=currency, **({"fiscal_calendar": case["calendar"]} if "calendar" in case else {}))
    rows = credit_rows(case)
    credits = credits_of(rows)
    who = credits["payee_id"].unique().to_list() if rows else ["rep"]
    quotas = case.get("quotas", [])
    everybody = [{**quota, "payee_id": "other"} for quota in quotas if "payee_id" not in quota]
    lines = line_facts([{"currency": currency, **row} for row in rows])
    given = {name: case[name] for name in CONTRACT if name in case}
    tables = {"payees": [{"payee_id": payee} for payee in who], **lines, **given, "quotas": [*quotas, *everybody]}
    known = date.fromisoformat(case["known_up_to"]) if "known_up_to" in case else None
    bookings = case.get("bookings", [])
    books = books_of(bookings, {row["customer"]: "rep" for row in bookings}) if bookings else None
    tables["accounts"] = [*tables["accounts"], *accounts_of(bookings)]
    return credits, pay_world(credits, *plans_of(case), firm=firm, last_day=known, books=books, **tables)


@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any]):
    expected = case.keys() - NAMED - GIVEN - CONTRACT.keys()
    assert expected, "a case must expect something"
    if "refused" in case:
        with pytest.raises(ValueError, match=re.escape(case["refused"])):
            paid_case(case)
        return
    credits, paid = paid_case(case)
    for name in expected:
        CHECKS[name](case[name], credits, paid)


@pytest.mark.parametrize("case", cases())
def test_a_case_says_where_it_comes_from(case: dict[str, Any]):
    assert case["source"]
    assert case["name"][0].isupper()


def _earned(expected, credits, paid):
    assert earned_by_credit(paid, credits) == [Decimal(value) for value in expected]


def _paid(expected, credits, paid):
    assert paid_by_credit(paid, credits) == [Decimal(value) for value in expected]


def _by_component(expected, credits, paid):
    found = {name: earned_by_component(paid, credits, name) for name in expected}
    assert found == {name: [Decimal(value) for value in values] for name, values in expected.items()}


def _by_payee(expected, _credits, paid):
    sums = paid.earnings.group_by(pl.col("payee_id").cast(pl.String)).agg(pl.col("earned").sum())
    assert dict(sums.rows()) == {payee: Decimal(value) for payee, value in expected.items()}


def _given(expected, _credits, paid):
    keys = {tuple(key.split(" ")): Decimal(value) for key, value in expected.items()}
    assert given_by_part(paid) == {key if len(key) == 3 else ("rep", *key): value for key, value in keys.items()}


def _unpaid(expected, credits, paid):
    lost = dict(paid.unpaid.select("order_line_id", "reason").rows())
    assert [lost.get(line) for line in credits["order_line_id"]] == expected


def _findings(expected, _credits, paid):
    assert paid.findings.select("code", "severity", "subject_id").rows() == [tuple(each) for each in expected]


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


def _position_of(expected, credits, paid):
    assert _of_rep(paid, "position") == {period: Decimal(value) for period, value in expected.items()}


def _quota_of(expected, credits, paid):
    assert _of_rep(paid, "quota") == {period: Decimal(value) for period, value in expected.items()}


def _clawbacks(expected, _credits, paid):
    rows = paid.clawbacks.select("reason", "share_part", "share_whole").rows()
    assert [f"{reason} {part}/{whole}" for reason, part, whole in rows] == expected


CHECKS = {
    "earned": _earned,
    "paid": _paid,
    "total": _total,
    "by_component": _by_component,
    "by_payee": _by_payee,
    "given": _given,
    "unpaid": _unpaid,
    "clawbacks": _clawbacks,
    "findings": _findings,
    "slices": _slices,
    "periods": _periods,
    "windows": _windows,
    "attainment": _attainment,
    "position_of": _position_of,
    "quota_of": _quota_of,
}
"""What a case may expect beside ``refused``."""
