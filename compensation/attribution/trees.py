"""The account tree on each day: who stands above whom, and which root is the customer."""

import polars as pl

from compensation.in_force import ALWAYS, FOREVER, cut_at_next

DEEPEST_TREE = 1_000


class TreeLoops(ValueError):
    """An account stands above itself on some day."""


def parents(accounts: pl.DataFrame, account_parents: pl.DataFrame) -> pl.DataFrame:
    """Every account's parent, or none, on every day.

    A dated parent counts where there is one, until the next one starts; an account without any has
    ``accounts.parent_account_id`` always. From its merge on it stands under the one it was merged into.

    Args:
        accounts: Contract ``Account``.
        account_parents: Contract ``AccountParent``; may be empty.

    Returns:
        ``account_id``, ``valid_from``, ``valid_to`` (without gaps or overlaps), ``parent_id`` or null.

    Source:
        Contract tables ``accounts`` and ``account_parents``; attribution rule 2.
    """
    dated = cut_at_next(account_parents, "account_id").select(
        "account_id", "valid_from", "valid_to", parent_id="parent_account_id"
    )
    always = accounts.join(dated, on="account_id", how="anti").select("account_id", parent_id="parent_account_id")
    always = always.with_columns(valid_from=pl.lit(ALWAYS), valid_to=pl.lit(FOREVER))
    known = pl.concat([always, dated], how="diagonal")
    merged = accounts.filter(pl.col("merged_into_account_id").is_not_null()).select(
        "account_id", parent_id="merged_into_account_id",
        valid_from=pl.col("merged_date").fill_null(ALWAYS), valid_to=pl.lit(FOREVER),
    )  # fmt: skip
    return _without_gaps(_cut_at_merge(known, merged))


def ancestors(edges: pl.DataFrame) -> pl.DataFrame:
    """Every account with itself and all accounts above it, by interval.

    Args:
        edges: As ``parents`` gives them.

    Returns:
        ``account_id``, ``above_id``, ``steps`` (0 = itself), ``valid_from``, ``valid_to``, ``is_root``.

    Raises:
        TreeLoops: an account stands above itself; names it.
    """
    level = edges.select(
        "account_id", "valid_from", "valid_to", "parent_id", above_id="account_id", steps=pl.lit(0, dtype=pl.Int16)
    )
    levels = [level]
    upward = edges.rename({"account_id": "above_id", "valid_from": "_from", "valid_to": "_to"})
    while not (level := _one_step_up(level, upward)).is_empty():
        _require_no_loop(level, len(levels))
        levels.append(level)
    return pl.concat(levels).with_columns(is_root=pl.col("parent_id").is_null()).drop("parent_id")


def customers(above: pl.DataFrame) -> pl.DataFrame:
    """The customer that each account belongs to on each day: the root of its tree.

    Returns:
        ``account_id``, ``valid_from``, ``valid_to``, ``customer_id``.
    """
    return above.filter("is_root").select("account_id", "valid_from", "valid_to", customer_id="above_id")


def _one_step_up(level: pl.DataFrame, upward: pl.DataFrame) -> pl.DataFrame:
    climbing = level.filter(pl.col("parent_id").is_not_null())
    return (
        climbing.drop("above_id").rename({"parent_id": "above_id"})
        .join(upward, on="above_id", how="inner")  # an account may have had several parents: many to many
        .with_columns(
            valid_from=pl.max_horizontal("valid_from", "_from"),
            valid_to=pl.min_horizontal("valid_to", "_to"),
            steps=pl.col("steps") + 1,
        )
        .filter(pl.col("valid_from") < pl.col("valid_to"))
        .select(level.columns)
    )  # fmt: skip


def _require_no_loop(level: pl.DataFrame, steps: int) -> None:
    looping = level.filter(pl.col("account_id") == pl.col("above_id"))
    if looping.is_empty() and steps <= DEEPEST_TREE:
        return
    account = (looping if not looping.is_empty() else level)["account_id"][0]
    raise TreeLoops(
        f"account {account!r} stands above itself after {steps} steps. Correct its 'parent_account_id' "
        "(or the dated parents), so that every account ends under one root."
    )


def _cut_at_merge(known: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    starts = merged.select("account_id", _merged="valid_from")
    cut = known.join(starts, on="account_id", how="left", validate="m:1").with_columns(
        valid_to=pl.min_horizontal("valid_to", pl.col("_merged").fill_null(FOREVER))
    )
    kept = cut.filter(pl.col("valid_from") < pl.col("valid_to")).drop("_merged")
    return pl.concat([kept, merged.select(kept.columns)])


def _without_gaps(known: pl.DataFrame) -> pl.DataFrame:
    ordered = known.sort("account_id", "valid_from")
    before = pl.col("valid_to").shift(1).over("account_id").fill_null(ALWAYS)
    after = pl.col("valid_from").shift(-1).over("account_id")
    gaps = pl.concat([
        ordered.select("account_id", valid_from=before, valid_to="valid_from"),
        ordered.filter(after.is_null()).select("account_id", valid_from="valid_to", valid_to=pl.lit(FOREVER)),
    ]).filter(pl.col("valid_from") < pl.col("valid_to"))  # fmt: skip
    return pl.concat([ordered, gaps.with_columns(parent_id=pl.lit(None, dtype=pl.String))], how="diagonal").sort(
        "account_id", "valid_from"
    )
