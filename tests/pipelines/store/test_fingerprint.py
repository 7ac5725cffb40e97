"""Equal rows have one hash, however they came to be in memory."""

import polars as pl
import pytest

from pipelines.store.fingerprint import content_of

NOTHING = pl.Series("x", [None] * 5, dtype=pl.String)
MADE = {
    "a literal in every row": pl.DataFrame({"y": [1] * 5}).with_columns(x=pl.lit(None, dtype=pl.String)).select("x"),
    "a slice": pl.DataFrame({"x": ["text", None, None, None, None, None]}).slice(1),
    "several chunks": pl.concat([NOTHING[:2].to_frame(), NOTHING[2:].to_frame()], rechunk=False),
}


@pytest.mark.parametrize("how", MADE)
def test_a_column_without_values_has_one_hash(how):
    assert content_of(MADE[how]) == content_of(NOTHING.to_frame())


@pytest.mark.parametrize("value", [True, False, None])
def test_the_bits_that_pad_a_column_of_truth_do_not_count(value):
    one = pl.DataFrame({"x": pl.Series([value] * 5, dtype=pl.Boolean)})
    other = pl.DataFrame({"x": pl.Series([True] * 3 + [value] * 5 + [True] * 9, dtype=pl.Boolean)}).slice(3, 5)
    assert content_of(one) == content_of(other)


def test_another_value_has_another_hash():
    assert content_of(pl.DataFrame({"x": [True]})) != content_of(pl.DataFrame({"x": [False]}))
    assert content_of(pl.DataFrame({"x": [""]})) != content_of(NOTHING[:1].to_frame())
