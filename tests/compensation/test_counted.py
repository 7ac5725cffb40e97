"""How messages count things."""

import pytest

from compensation.counted import counted


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 payees lack"), (1, "1 payee lacks"), (2, "2 payees lack"), (2000, "2,000 payees lack")]
)
def test_noun_and_verb_agree_with_the_number(count, words):
    assert counted(count, "payee", "lacks", "lack") == words


def test_without_a_verb():
    assert (counted(1, "payee"), counted(2, "payee")) == ("1 payee", "2 payees")
