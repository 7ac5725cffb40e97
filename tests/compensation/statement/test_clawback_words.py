"""Clawbacks in words: in a plan's letter, and of one return."""

import pytest

from compensation.statement.clawback_words import clawback_sentences, returned_words
from schemas.rules.clawback import Clawback
from schemas.rules.component import Component

BANDS = [{"from": "0", "to": "90", "share": "100%"}, {"from": "90", "to": "180", "share": "33.5%"}, {"from": "180", "to": None, "share": "0%"}]  # fmt: skip
BY_AGE = {"by": "age_days", "bands": BANDS}
ALWAYS = {"by": "age_months", "bands": [{"from": "0", "to": None, "share": "50%"}]}
CORRECTED = "A return is taken back as if its part had never been sold."


def letter(clawback, **measure):
    given = {"component": "c", "label": "C", "window": "quarter", "measure": {"credits": "growth", **measure}, "clawback": clawback,
             "curve": {"shape": "flat", "rate": "5%"}}  # fmt: skip
    return " ".join(clawback_sentences(Component.model_validate(given)))


@pytest.mark.parametrize(
    ("clawback", "said"),
    [
        ("as_corrected", CORRECTED),
        ({"mode": "as_corrected"}, CORRECTED),
        ("as_negative", "A return counts as negative revenue on its own date."),
        ({"window_days": "1"}, f"{CORRECTED} A return later than 1 day after its sale takes nothing back."),
        ({"window_days": "90", "source": "§4"}, f"{CORRECTED} A return later than 90 days after its sale takes nothing back. Clawback (§4)."),
        ({"share": BY_AGE}, f"{CORRECTED} Of what comes back is taken back, by the age of the sale: 100 % before 90 days, 33.5 % from 90 to before 180 days, nothing from 180 days."),
        ({"share": ALWAYS}, f"{CORRECTED} Of what comes back is taken back, by the age of the sale: 50 % at every age."),
        ({"share": {"by": "months_remaining"}}, f"{CORRECTED} Of what comes back is taken back what is left of the line's service term: months that are not over by the end of the day ÷ months of the term; of a line without a term 100 %."),
        ({"share": {"by": "months_remaining", "of_first": "12", "without_term": "0"}}, f"{CORRECTED} Of what comes back is taken back what is left of the line's service term: months that are not over by the end of the day ÷ months of the term, of its first 12 months only; of a line without a term nothing."),
        ({"affects_attainment": "false"}, "A return leaves attainment as it is and takes back, of what its own line earned, the part that came back."),
    ],
)  # fmt: skip
def test_a_letter_says_what_a_return_does(clawback, said):
    assert letter(clawback) == said


def row(reason, part=1, whole=1, days=61):
    return {"reason": reason, "share_part": part, "share_whole": whole, "age_days": days}


@pytest.mark.parametrize(
    ("rule", "returned", "said"),
    [
        ({}, None, "all of it, as corrected, in the window of its sale"),
        ({"mode": "as_negative"}, None, "all of it, as negative, in the window of its own date"),
        ({"window_days": "30"}, row("window_over", 0), "nothing, because it came 61 days after its sale, later than the 30 days of the clawback"),
        ({"window_days": "90"}, row("in_full"), "all of it, because it came 61 days after its sale, within the 90 days of the clawback; as corrected, in the window of its sale"),
        ({"share": BY_AGE}, row("share_by_age", 67, 200), "33.5 %, because it came 61 days after its sale; as corrected, in the window of its sale"),
        ({"share": BY_AGE}, row("share_by_age", 0, 200, 300), "nothing, because it came 300 days after its sale"),
        ({"share": {"by": "months_remaining"}}, row("months_remaining", 24, 36), "66.67 %, because 24 of 36 months of service were left; as corrected, in the window of its sale"),
        ({"share": {"by": "months_remaining"}}, row("months_remaining", 0, 36), "nothing, because 0 of 36 months of service were left"),
        ({"share": {"by": "months_remaining", "without_term": "25%"}}, row("no_term", 1, 4), "25 %, because its line has no service term; as corrected, in the window of its sale"),
        ({"affects_attainment": "false"}, row("in_full"), "all of it; of what the line earned itself, and attainment stays"),
    ],
)  # fmt: skip
def test_a_return_says_how_much_was_taken_back_and_why(rule, returned, said):
    assert returned_words(Clawback.model_validate(rule), returned) == said
