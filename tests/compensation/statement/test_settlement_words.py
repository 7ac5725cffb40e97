from compensation.statement.settlement_words import settlement_sentence
from schemas.rules.settlement import Settlement

RECOVERY = {"share": "50%", "cap": "400.00"}
DRAW = {"kind": "advance", "recoverable": True, "amount": "1500.00", "recovery": RECOVERY, "source": "§6"}


def test_a_draw_a_holdback_and_the_least_that_is_paid_are_told():
    given = {"draw": DRAW, "holdback": {"share": "10%", "release_after": "3"}, "minimum_payment": "25.00"}
    assert settlement_sentence(Settlement.model_validate(given), "EUR") == (
        "10 % of what each fiscal period earns is kept back and released 3 fiscal periods later, or at once to who leaves. "
        "1,500.00 is paid at the start of each fiscal period, ahead of what is earned in it (§6). What is drawn is owed, and taken back by "
        "50 % of what is earned above the draw, at most 400.00 a fiscal period. Nothing is taken from leavers. "
        "Less than 25.00 is not paid out but carried forward, except to who leaves."
    )


def test_a_draw_that_is_not_recoverable_is_never_owed():
    given = {"draw": {"kind": "top_up", "recoverable": False, "measure": "payable", "to": "2026-07-01"}}
    assert settlement_sentence(Settlement.model_validate(given), "EUR") == (
        "Where less is payable after holds than the draw assigned to the payee, pay is filled up to it at the end of each fiscal "
        "period until 2026-06-30. What is drawn is never owed."
    )
