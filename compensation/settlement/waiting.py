"""What waits for an invoice, a payment or a guard period: what each line's hold should keep, less what it keeps already."""

from collections.abc import Collection

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import minor_by_row, money_by_row, share_of
from compensation.settlement.lines import HELD, LINE
from schemas.dtypes import MONEY


def held_by_cash(
    due: pl.DataFrame,
    posted: pl.DataFrame,
    cash: pl.DataFrame,
    *,
    at_once: Collection[tuple[str, str]] = (),
) -> pl.DataFrame:
    """Holds and releases of lines that wait for an invoice, a payment or the end of a guard period.

    A line is released ``round(due × min(1, paid ÷ owed))``, all of it where nothing is owed; each posting is the difference of
    two such figures, so a returned payment takes back, and an over-payment gives nothing more. A line that waits no longer,
    since its order or its rule is gone, is released whole.

    Args:
        due: One row a line: ``LINE`` and ``due``, everything earned for it so far.
        posted: Contract ``Posting``.
        cash: ``plan``, ``component``, ``order_line_id``, ``paid``, ``owed`` (thousandths, in the order's currency) and
            ``words``; as ``cash.cash_of`` gives it.
        at_once: Payee and plan of leavers to whom everything is released.

    Returns:
        ``LINE``, ``kind``, ``amount`` and ``cause``; lines that do not change have no row.

    Source:
        ``docs/plans/settlement.md``.
    """
    every = _waiting_lines(due, posted, cash)
    if every.is_empty():
        return every.select(*LINE, kind=pl.lit(""), amount="due", cause=pl.lit(""))
    digits = {code: minor_unit_digits(code) for code in every["currency"].unique()}
    sized = every.with_columns(_digits=pl.col("currency").replace_strict(digits, return_dtype=pl.Int32))
    units, kept = (minor_by_row(pl.col(name), pl.col("_digits")) for name in ("due", "kept"))
    keeps = pl.when(_among(at_once)).then(0).otherwise(units - free_part(units))
    moved = sized.with_columns(_change=kept - keeps).filter(pl.col("_change") != 0)
    kind = pl.when(pl.col("_change") < 0).then(pl.lit("hold")).otherwise(pl.lit("release"))
    amount = money_by_row(pl.col("_change"), pl.col("_digits"))
    left = pl.when(_among(at_once)).then(pl.lit("released to who has left")).otherwise("words")
    return moved.select(*LINE, kind=kind, amount=amount, cause=left.fill_null("no longer waits"))


def _waiting_lines(due: pl.DataFrame, posted: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    """Lines that wait, or of which something is kept: ``LINE``, ``due``, ``kept``, ``paid``, ``owed`` and ``words``."""
    key = ["plan", "component", "order_line_id"]
    is_held = pl.col("kind").is_in(HELD) & pl.col("order_line_id").is_not_null()
    before = posted.filter(is_held).group_by(LINE).agg(kept=-pl.col("amount").sum())
    waits = due.select(*LINE, "due").join(cash.select(key), on=key, how="semi", maintain_order="left")
    rest = due.select(*LINE, "due").join(waits, on=LINE, how="anti", nulls_equal=True)
    rest = rest.join(before, on=LINE, how="semi", nulls_equal=True, maintain_order="left")
    both = pl.concat([waits, rest]).join(
        before, on=LINE, how="left", validate="1:1", nulls_equal=True, maintain_order="left"
    )
    known = both.join(cash, on=key, how="left", validate="m:1", maintain_order="left")
    return known.with_columns(pl.col("kept").fill_null(pl.lit(0, dtype=MONEY)))


def free_part(units: pl.Expr) -> pl.Expr:
    """How much of an amount is free, by ``paid`` and ``owed`` of its row: all of it where nothing is owed."""
    owed = pl.col("owed").fill_null(0)
    paid = pl.min_horizontal(pl.col("paid").fill_null(0).clip(lower_bound=0), owed)
    return pl.when(owed <= 0).then(units).otherwise(share_of(units, paid, owed))


def _among(people: Collection[tuple[str, str]]) -> pl.Expr:
    named = [f"{payee_id}\n{plan}" for payee_id, plan in sorted(people)]
    return pl.concat_str("payee_id", "plan", separator="\n").is_in(named)
