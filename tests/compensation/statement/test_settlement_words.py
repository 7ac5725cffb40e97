import pytest

from compensation.statement.settlement_words import release_sentences, settlement_sentence
from schemas.rules.component import Release
from schemas.rules.settlement import Settlement

RECOVERY = {"share": "50%", "cap": "400.00"}
DRAW = {"kind": "advance", "recoverable": True, "amount": "1500.00", "recovery": RECOVERY, "source": "§6"}


def test_a_draw_a_holdback_and_the_least_that_is_paid_are_told():
    given = {"draw": DRAW, "holdback": {"share": "10%", "release_after": "3"}, "minimum_payment": "25.00"}
    assert settlement_sentence(Settlement.model_validate(given), "EUR") == (
        "10 % of what each fiscal period earns is kept back and released 3 fiscal periods later, or at once to who leaves. "
        "1,500.00 is paid at the start of each fiscal period, ahead of what is earned in it (§6). What is drawn is owed, and taken back by "
        "50 % of what is earned above the draw, at most 400.00 a fiscal period. Less than 25.00 is not paid out but carried forward, except to who leaves. "
        "Nothing is taken from leavers."
    )


def test_a_draw_that_is_not_recoverable_is_never_owed():
    given = {"draw": {"kind": "top_up", "recoverable": False, "measure": "payable", "to": "2026-07-01"}}
    assert settlement_sentence(Settlement.model_validate(given), "EUR") == (
        "Where less is payable after holds than the draw assigned to the payee, pay is filled up to it at the end of each fiscal "
        "period until 2026-06-30. What is drawn is never owed."
    )


def test_amounts_have_the_decimals_of_the_currency_that_is_paid():
    given = {"draw": DRAW, "minimum_payment": "25"}
    told = settlement_sentence(Settlement.model_validate(given), "JPY")
    assert "1,500 is paid at the start" in told
    assert "at most 400 a fiscal period" in told
    assert "Less than 25 is not paid out" in told


def test_a_holdback_until_cash_comes_and_what_becomes_of_it_all_when_somebody_leaves():
    given = {"holdback": {"share": "10%", "release_on": "payment", "released_to_leavers": False}, "recovers_from_leavers": True, "releases_to_leavers": "at_once"}  # fmt: skip
    assert settlement_sentence(Settlement.model_validate(given), "EUR") == (
        "10 % of what each fiscal period earns is kept back and released in proportion to each payment, also to who leaves. What is "
        "owed is taken back after the last day of service too. What is still held is released at once to who leaves."
    )


@pytest.mark.parametrize(
    ("release", "told"),
    [
        ({"on": "booking"}, []),
        ({"on": "booking", "guard_days": 1}, ["What is earned is held, and released 1 day after the booking."]),
        ({"on": "payment"}, ["What is earned is held, and released in proportion to each payment."]),
        (
            {"on": "invoice", "guard_days": 30, "guard_periods": 2},
            ["What is earned is held, and released in proportion to each invoice, 30 days and 2 fiscal periods after its date."],
        ),
    ],
)  # fmt: skip
def test_what_an_earning_waits_for_is_told(release, told):
    assert list(release_sentences(Release.model_validate(release))) == told
