"""Rules 7 and 8: each motion divided between its people, and returns undone person by person."""

import polars as pl

from compensation.money import WHOLE, running_total, share_of

MOTION_BITS, PAYEE_BITS = 2, 22


def divide(motions: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Divide each motion by the shares of its order; the parts sum to the whole exactly.

    A part is the difference of two rounded running totals, in the order of the person first named.

    Args:
        motions: As ``motion.motions`` gives them, with ``order_index``.
        shares: As ``who.shares`` gives them.

    Returns:
        One row per motion and share, lines in their order, retention before growth, then by the person first named:
        the columns of both, ``amount`` being the part (minor units), and ``credit_number`` within the line, from 1.

    Source:
        Attribution rule 7: part i = ``round(A × P_i) − round(A × P_{i−1})``.
    """
    joined = motions.join(shares, on="order_index", how="inner", maintain_order="left_right")  # motions × shares of the order
    is_whole = pl.col("share") == WHOLE
    upto = share_of(pl.col("amount"), pl.col("share_upto"), WHOLE)
    before = share_of(pl.col("amount"), pl.col("share_upto") - pl.col("share"), WHOLE)
    if joined.select(is_whole.all()).item():
        parts = joined
    else:
        split = joined.filter(~is_whole).with_columns(amount=upto - before)
        whole = joined.filter(is_whole)
        parts = pl.concat([whole, split]).sort("line_index", maintain_order=True)
    number = running_total(pl.col("_one"), pl.col("line_index")).cast(pl.Int16)
    return parts.with_columns(_one=pl.lit(1, dtype=pl.Int32)).with_columns(credit_number=number).drop("_one", "share_upto")


def reverse(returns: pl.DataFrame, credits: pl.DataFrame) -> pl.DataFrame:
    """Spread each return over its line's original credits, in proportion to their amounts.

    What is reversed of the line to date, spread by running sums in the order retention, growth, then the person
    first named, less what was spread before: so a sale returned in full is undone person by person, and returns
    follow the original credits even if the account has moved since.

    Args:
        returns: As ``booking.book_returns`` gives them.
        credits: As ``divide`` gives them: all credits of each line, ``amount`` in minor units.

    Returns:
        One row per return and original credit: the credit's columns with ``return_id``, ``return_date`` and
        ``amount`` (minor units, negative for a positive line).

    Source:
        Attribution rule 7.
    """
    undone = returns.select("line_index", "return_id", "return_date", "reversed_before", "reversed_to_date")
    originals = credits.join(undone.select("line_index").unique(), on="line_index", how="semi", maintain_order="left")
    running = originals.with_columns(_upto=running_total(pl.col("amount"), pl.col("line_index")))
    whole = running.group_by("line_index").agg(_whole=pl.col("amount").sum())
    spread = undone.join(running, on="line_index", how="inner", maintain_order="left_right")  # returns × credits of a line
    spread = spread.join(whole, on="line_index", how="left", validate="m:1", maintain_order="left")

    def reached(reversed_amount: str) -> pl.Expr:
        size, upto = pl.col(reversed_amount), pl.col("_upto")
        return share_of(size, upto, pl.col("_whole")) - share_of(size, upto - pl.col("amount"), pl.col("_whole"))

    return spread.with_columns(amount=reached("reversed_before") - reached("reversed_to_date")).drop(
        "_upto", "_whole", "reversed_before", "reversed_to_date"
    )


def in_payout_order(credits: pl.DataFrame) -> pl.DataFrame:
    """Credits sorted as payout runs over them, with ``sequence``.

    The order is total: event date, sales before returns, order id, line number, return id, motion (new business,
    retention, growth), payee, credit number.

    Args:
        credits: ``event_date``, ``return_id``, ``order_id``, ``line_number``, ``motion``, ``payee_id``, ``credit_number``,
            ``line_index`` (which follows order date, order id and line number).

    Source:
        Payout semantics, "Order".
    """
    motion = pl.col("motion").replace_strict({"new_business": 0, "retention": 1, "growth": 2}, return_dtype=pl.Int64)
    ranked = credits.with_columns(_motion=motion, _payee=pl.col("payee_id").rank("dense").cast(pl.Int64))
    is_sale = pl.col("return_id").is_null()
    packed = pl.col("line_index").cast(pl.Int64) * 2 ** (MOTION_BITS + PAYEE_BITS) + pl.col("_motion") * 2**PAYEE_BITS + pl.col("_payee")
    sales = ranked.filter(is_sale).with_columns(_packed=packed).sort("_packed", maintain_order=True).drop("_packed")
    returns = ranked.filter(~is_sale).sort(
        "event_date", "order_id", "line_number", "return_id", "_motion", "payee_id", "credit_number"
    )
    merged = pl.concat([sales, returns]).sort("event_date", maintain_order=True)
    return merged.drop("_motion", "_payee").with_row_index("sequence")
