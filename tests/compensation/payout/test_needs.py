"""Which plans read order lines: whoever does not lets a calculation forget them early."""

import pytest
from payout_world import component, plan, version

from compensation.payout.needs import reads_lines


def test_plain_commission_reads_no_lines():
    assert not reads_lines([plan(version(component()))])


@pytest.mark.parametrize(
    "words",
    [
        {"measure": {"credits": "new_business", "of": "margin", "below_cost": "floored"}},
        {"measure": {"credits": "new_business", "of": "units"}, "curve": {"shape": "per_unit", "amount": "2"}},
        {"event": "payment"},
    ],
)
def test_what_counts_parts_of_lines_or_their_progress_does(words):
    assert reads_lines([plan(version(component(**words)))])
