"""What is said of a return: which clawback took it back, how much of it, and why it took back nothing."""

import pytest

from compensation.explanation.node import Node
from compensation.explanation.pay_parts import add_why_of_earning, explained_earning
from tests.compensation.payout.payout_world import component, credits_of, line_facts, pay_world, plan, version

SOLD = {"on": "2026-01-10", "amount": "1000.00", "service": ("2026-01-01", "2026-12-31")}
BACK = {"on": "2026-06-30", "amount": "-500.00", "of": 1}


def told(clawback, *more, back=BACK):
    """The sentence of the return's earning and those below it."""
    rows = [SOLD, back]
    credits = credits_of(rows)
    letter = plan(version(component(clawback=clawback)), *more)
    paid = pay_world(credits, letter, **line_facts(rows))
    made = {name: getattr(paid, name).lazy() for name in ("earnings", "earning_changes", "clawbacks", "readings")}
    earning = paid.earnings.to_dicts()[-1]
    node = Node(explained_earning(earning, made, (letter,)))
    add_why_of_earning(node, earning, made, (letter,))
    return [node.text, *(child.text for child in node.children)]


@pytest.mark.parametrize(
    ("clawback", "said"),
    [
        ("as_corrected", ["Taken back: all of it, as corrected, in the window of its sale"]),
        ("as_negative", ["Taken back: all of it, as negative, in the window of its own date"]),
        ({"window_days": "90"}, [
            "Taken back: nothing, because it came 171 days after its sale, later than the 90 days of the clawback",
            "Zero: nothing of the return is taken back",
        ]),
        ({"share": {"by": "months_remaining"}}, [
            "Taken back: 50 %, because 6 of 12 months of service were left; as corrected, in the window of its sale",
        ]),
    ],
)  # fmt: skip
def test_a_return_names_its_clawback(clawback, said):
    assert told(clawback)[1:] == said


def test_a_return_that_leaves_attainment_is_an_earning_change():
    sentence, *below = told({"affects_attainment": "false"})
    assert sentence.startswith(
        "0.00 of revenue × 10 % = 0.00, − 50.00 by the clawback of what the line earned (running total 100.00 becomes 50.00), in all -50.00 ("
    )
    assert below == ["Taken back: all of it; of what the line earned itself, and attainment stays"]


def test_the_version_that_took_the_sale_is_the_one_that_is_named():
    later = version(
        component(clawback={"mode": "as_negative", "window_days": "1"}),
        version="2",
        valid_from="2026-03-01",
        decided_on="2026-02-01",
    )
    assert told({"mode": "as_negative", "window_days": "200"}, later)[1] == (
        "Taken back: all of it, because it came 171 days after its sale, within the 200 days of the clawback; as negative, in the "
        "window of its own date"
    )
