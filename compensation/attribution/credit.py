"""Rule 7: each motion divided between its people, and returns undone person by person.

A credit is kept here as numbers that point to its motion and its share; names are attached when the table is made.
"""

import polars as pl

from compensation.money import WHOLE, running_total, share_of

MOTION_BITS, PAYEE_BITS = 2, 22


def divide(parts: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Divide each motion by the shares of its order; the parts sum to the whole exactly.

    A part is the difference of two rounded running totals, in the order of the person first named.

    Args:
        parts: As ``motion.motions`` gives them, with ``order_index`` and ``part_index`` (row number).
        shares: As ``who.shares`` gives them, with ``share_index`` (row number).

    Returns:
        One row per motion and share, lines in their order, retention before growth, then by the person first named:
        ``line_index``, ``part_index``, ``share_index``, ``amount`` (minor units), ``credit_number`` (within the line,
        from 1).

    Source:
        Attribution rule 7: part i = ``round(A × P_i) − round(A × P_{i−1})``.
    """
    columns = ["line_index", "part_index", "order_index", "amount"]
    portions = shares.select("order_index", "share_index", "share", "share_upto")
    joined = parts.select(columns).join(
        portions, on="order_index", how="inner", maintain_order="left_right"
    )  # motions × shares
    split = joined.with_row_index("_row").filter(pl.col("share") != WHOLE)
    upto = share_of(pl.col("amount"), pl.col("share_upto"), WHOLE)
    before = share_of(pl.col("amount"), pl.col("share_upto") - pl.col("share"), WHOLE)
    amounts = joined["amount"].scatter(split["_row"], split.select(upto - before).to_series())
    numbered = joined.select("line_index", "part_index", "share_index", amounts, _one=pl.lit(1, dtype=pl.Int32))
    return numbered.with_columns(
        credit_number=running_total(pl.col("_one"), pl.col("line_index")).cast(pl.Int16)
    ).drop("_one")  # fmt: skip


def reverse(returns: pl.DataFrame, credits: pl.DataFrame) -> pl.DataFrame:
    """Spread each return over its line's original credits, in proportion to their amounts.

    What is reversed of the line to date, spread by running sums in the order retention, growth, then the person
    first named, less what was spread before: so a sale returned in full is undone person by person, and returns
    follow the original credits even if the account has moved since.

    Args:
        returns: As ``booking.book_returns`` gives them, with ``return_index`` (row number).
        credits: As ``divide`` gives them: all credits of each line, ``amount`` in minor units.

    Returns:
        One row per return and original credit: the credit's columns with ``return_index`` and ``amount``
        (minor units, negative for a positive line).

    Source:
        Attribution rule 7.
    """
    undone = returns.select("line_index", "return_index", "reversed_before", "reversed_to_date")
    originals = credits.join(undone.select("line_index").unique(), on="line_index", how="semi", maintain_order="left")
    running = originals.with_columns(_upto=running_total(pl.col("amount"), pl.col("line_index")))
    whole = running.group_by("line_index").agg(_whole=pl.col("amount").sum())
    spread = undone.join(
        running, on="line_index", how="inner", maintain_order="left_right"
    )  # returns × credits of a line
    spread = spread.join(whole, on="line_index", how="left", validate="m:1", maintain_order="left")

    def reached(reversed_amount: str) -> pl.Expr:
        size, upto = pl.col(reversed_amount), pl.col("_upto")
        return share_of(size, upto, pl.col("_whole")) - share_of(size, upto - pl.col("amount"), pl.col("_whole"))

    return spread.with_columns(amount=reached("reversed_before") - reached("reversed_to_date")).drop(
        "_upto", "_whole", "reversed_before", "reversed_to_date"
    )


def in_payout_order(sales: pl.DataFrame, reversals: pl.DataFrame) -> pl.DataFrame:
    """Credits as payout runs over them.

    The order is total: event date, sales before returns, order id, line number, return id, motion (new business,
    retention, growth), payee, credit number.

    Args:
        sales: Credits of sales with ``event_date``, ``motion`` (``Enum`` in the order above), ``payee_rank`` and
            ``line_index``, which follows order date, order id and line number.
        reversals: Credits of returns with ``event_date``, ``order_id``, ``line_number``, ``return_id``, ``motion`` and
            ``payee_rank``.

    Returns:
        Both, sorted, with the columns of ``sales`` and ``sequence``, from 0.

    Source:
        Payout semantics, "Order".
    """
    line, motion, payee = (pl.col(name).to_physical().cast(pl.Int64) for name in ("line_index", "motion", "payee_rank"))
    packed = line * 2 ** (MOTION_BITS + PAYEE_BITS) + motion * 2**PAYEE_BITS + payee
    sold = sales.with_columns(_packed=packed).sort("_packed", maintain_order=True).drop("_packed")
    undone = reversals.sort(
        "event_date",
        "order_id",
        "line_number",
        "return_id",
        pl.col("motion").to_physical(),
        "payee_rank",
        "credit_number",
    )
    merged = pl.concat([sold, undone.select(sold.columns)]).sort("event_date", maintain_order=True)
    return merged.with_row_index("sequence")
