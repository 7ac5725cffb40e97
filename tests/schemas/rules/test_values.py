"""Values in rule files: what is exact, what is refused, and what each refusal says."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.rules.curve import PayRate
from schemas.rules.plan import Plan
from schemas.rules.values import AmountText, BoundText, Day, RateText, ShareText, exact_decimal

NUMBERS = (RateText, AmountText, ShareText, BoundText, PayRate)


def refusal(kind, value):
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python(value)
    return error.value.errors()[0]["msg"].removeprefix("Value error, ")


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("text", ["1" * 40, "1" * 40 + "%", "0." + "1" * 40, "1" * 16, "-" + "9" * 400_000])
def test_a_number_of_too_many_digits_is_refused_and_not_an_error_of_the_program(kind, text):
    assert refusal(kind, text) == "a number has at most 15 digits before the point and 12 after it; shorten it"


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**12 - 1), st.booleans())
def test_within_the_limits_every_digit_is_kept(whole, decimals, is_percent):
    text = f"{whole}.{decimals:012}"
    exact = Decimal(whole * 10**12 + decimals).scaleb(-14 if is_percent else -12)
    assert exact_decimal(text + "%" * is_percent) == exact


def test_the_largest_amount_is_read():
    assert TypeAdapter(AmountText).validate_python("999999999999999.999") == Decimal("999999999999999.999")
    assert refusal(AmountText, "1.0001") == "at most 3 decimals are kept exactly; shorten the number"


@pytest.mark.parametrize(
    "written",
    ["1767225600", 1767225600, "2026-01-01T00:00:00Z", "2026-01-01 00:00", "20260101", "2026-W01-1", "2026-1-1",
     "01.01.2026", "٢٠٢٦-01-01", "", None, datetime(2026, 1, 1, tzinfo=UTC)],
)  # fmt: skip
def test_a_day_is_written_in_one_way_only(written):
    assert refusal(Day, written) == "write a day as YYYY-MM-DD, such as 2026-10-31, without a time"


@pytest.mark.parametrize("written", ["2025-02-29", "2026-13-01", "2026-00-10", "0000-01-01"])
def test_a_day_exists(written):
    assert refusal(Day, written) == "the calendar has no such day; write one it has as YYYY-MM-DD"


@given(st.dates())
def test_every_day_is_read_as_written(day):
    assert TypeAdapter(Day).validate_python(day.isoformat()) == day
    assert TypeAdapter(Day).validate_python(day) is day


def test_editors_are_told_that_it_is_a_date():
    assert TypeAdapter(Day).json_schema() == {"type": "string", "format": "date"}
    assert '"valid_from": {"format": "date"' in json.dumps(Plan.model_json_schema(), sort_keys=True)


def test_a_plan_takes_no_instant_for_a_day():
    version = {"version": "1", "valid_from": "2026-01-01T00:00:00", "decided_on": "1767225600", "ended": "true"}
    with pytest.raises(ValidationError) as error:
        Plan.model_validate({"plan": "p", "label": "P", "currency": "EUR", "versions": [version]})
    at_fault = {fault["loc"][-1] for fault in error.value.errors() if "write a day as" in fault["msg"]}
    assert at_fault == {"valid_from", "decided_on"}


def test_days_are_plain_dates():
    assert type(TypeAdapter(Day).validate_python("2026-10-31")) is date
