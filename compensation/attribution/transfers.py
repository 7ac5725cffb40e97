"""Approved transfers: a part of somebody's credit on a line becomes another's; the line's credits sum as before."""

import polars as pl

from compensation.money import WHOLE, share_of, share_of_share, share_units

Facts = dict[str, pl.DataFrame]

MOVED = "credit_transfer"


def transferred(
    sold: pl.DataFrame, shares: pl.DataFrame, lines: pl.DataFrame, facts: Facts
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Credits of sales after every approved transfer, as if they had been so from the sale on; and the shares they point to.

    A transfer moves ``percent`` of what its giver is credited with on the line, of each motion: what the receiver gains the
    giver loses, so it sums to zero. Several transfers of a line apply one after the other, by date and id. Returns
    follow, since they undo a line's credits. Closed periods do not change: the difference is posted in the open one.

    Args:
        sold: As ``credit.divide`` gives it.
        shares: As ``who.shares`` gives them, with ``share_index``.
        lines: Booked lines, with ``line_index``.
        facts: Contract table ``credit_transfers``.

    Returns:
        ``sold`` and ``shares``; as they are where there is no transfer of a booked line.

    Source:
        ``docs/attribution/credits.md``, transfers.
    """
    if facts["credit_transfers"].is_empty():
        return sold, shares
    asked = _of_lines(facts["credit_transfers"], lines)
    for nth in range(asked.select(pl.col("nth").max()).item() or 0):
        sold, shares = _moved(sold, shares, asked.filter(pl.col("nth") == nth + 1))
    return sold, shares


def _of_lines(transfers: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Transfers of booked lines with ``nth``: their place among those of the line, by date and id, from 1."""
    named = transfers.select("order_line_id", "transfer_id", "date", "from_payee_id", "to_payee_id", "percent")
    known = named.join(lines.select("order_line_id", "line_index"), on="order_line_id", how="inner", validate="m:1")
    ordered = known.sort("line_index", "date", "transfer_id")
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("line_index")
    return ordered.with_columns(nth=place, moving=share_units(pl.col("percent")))


def _moved(sold: pl.DataFrame, shares: pl.DataFrame, step: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One transfer of each line applied."""
    asked = step.select("line_index", "from_payee_id", "to_payee_id", "moving")
    held = sold.with_columns(shares["payee_id"].gather(sold["share_index"]).cast(pl.String).alias("_payee"))
    found = held.join(
        asked, left_on=["line_index", "_payee"], right_on=["line_index", "from_payee_id"], how="left", validate="m:1",
        maintain_order="left",
    ).drop("_payee")  # fmt: skip
    given = found.filter(pl.col("moving").is_not_null())
    if given.is_empty():
        return sold, shares
    parts = given.with_columns(_gone=share_of(pl.col("amount"), pl.col("moving"), WHOLE))
    left = parts.filter(pl.col("moving") < WHOLE)
    rest, rest_shares = _with_shares(
        left.with_columns(amount=pl.col("amount") - pl.col("_gone"), moving=WHOLE - pl.col("moving")), shares, is_moved=False
    )  # fmt: skip
    both = pl.concat([shares, rest_shares])
    gone, gone_shares = _with_shares(parts.with_columns(amount="_gone"), both, is_moved=True)
    columns = [*sold.columns, "_after"]
    untouched = found.filter(pl.col("moving").is_null()).with_columns(_after=pl.lit(0, dtype=pl.Int8))
    every = pl.concat([frame.select(columns) for frame in (untouched, rest, gone)])
    ordered = every.sort("line_index", "part_index", "credit_number", "_after", maintain_order=True)
    number = pl.int_range(1, pl.len() + 1).over("line_index").cast(sold.schema["credit_number"])
    return ordered.with_columns(credit_number=number).drop("_after"), pl.concat([both, gone_shares])


def _with_shares(credits: pl.DataFrame, shares: pl.DataFrame, *, is_moved: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The credits with a share of their own each, and those shares, numbered after the others."""
    was = shares.select(pl.all().gather(credits["share_index"]))
    index = (pl.int_range(pl.len()) + shares.height).cast(shares.schema["share_index"])
    part = credits.select(pl.col("moving")).to_series()
    new = was.with_columns(share_index=index, share=share_of_share(pl.col("share"), pl.lit(part)))
    if is_moved:
        new = new.with_columns(
            named_payee_id="payee_id", payee_id=credits["to_payee_id"], rule=pl.lit(MOVED), tried=pl.lit(None, dtype=pl.String)
        )  # fmt: skip
    numbered = credits.with_columns(share_index=new["share_index"], _after=pl.lit(int(is_moved), dtype=pl.Int8))
    return numbered, new.select(shares.columns).cast(shares.schema)
