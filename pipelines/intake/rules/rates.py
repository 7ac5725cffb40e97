"""Exchange rates, and whether every order's currency has one on its day."""

from datetime import timedelta
from decimal import Decimal

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch
from pipelines.intake.currencies import ISO_4217
from pipelines.intake.raw import FileRefused
from pipelines.intake.rules.world import World
from schemas.contract import CONTRACT

RATES = "fx_rates"


def settle_rates(world: World) -> None:
    """Refuse a file of rates that cannot be right.

    Raises:
        FileRefused: ``fx_invalid``, ``fx_identity``, ``fx_band``.
    """
    rates = world.tables[RATES]
    frame = rates.frame.filter(rates.is_alive())
    _refuse_first(frame.filter(pl.col("rate") <= 0), "fx_invalid", "a rate is above zero; correct it")
    own = frame.filter((pl.col("currency") == world.company.currency) & (pl.col("rate") != 1))
    _refuse_first(own, "fx_identity", "the company's own currency is worth exactly 1; remove the row, or correct it")
    used = world.tables["orders"].frame["currency"].unique()
    for segment in rates.segments:
        if segment.source.limits.fx_move is not None:
            piece = rates.frame.slice(segment.start, segment.length)
            alive = piece.filter(rates.is_alive().slice(segment.start, segment.length))
            _require_steady(alive.filter(pl.col("currency").is_in(used.implode())), segment.source.limits.fx_move)


def _require_steady(frame: pl.DataFrame, largest: Decimal) -> None:
    """Refuse a rate that moves further from the one before it than rates do; only currencies of orders matter."""
    moved = frame.sort("currency", "valid_from").with_columns(pl.col("rate").shift(1).over("currency").alias("_before"))
    exact = pl.Decimal(38, 12)
    move = (pl.col("rate").cast(exact) - pl.col("_before").cast(exact)).abs()
    jumps = moved.filter(move > pl.col("_before").cast(exact) * pl.lit(largest).cast(exact))
    if jumps.height:
        first = jumps.row(0, named=True)
        detail = (
            f"{first['currency']} goes from {first['_before'].normalize():f} to {first['rate'].normalize():f} on {first['valid_from']}, more than "
            f"{largest:%} in one step; check for an inverted quote, or raise limits.fx_move of this source"
        )
        raise FileRefused(str(first[FILE]), "fx_band", detail, line=first[SOURCE_LINE], table=RATES)


def _refuse_first(rows: pl.DataFrame, reason: str, advice: str) -> None:
    if rows.height:
        first = rows.row(0, named=True)
        detail = f"{first['currency']} has the rate {first['rate'].normalize():f} from {first['valid_from']}; {advice}"
        raise FileRefused(str(first[FILE]), reason, detail, line=first[SOURCE_LINE], table=RATES)


def settle_currencies(world: World) -> None:
    """Refuse codes that are neither in ISO 4217 today nor in the company's rates."""
    rates = world.tables[RATES]
    known = {*ISO_4217, world.company.currency, *rates.frame.filter(rates.is_alive())["currency"].to_list()}
    for table, batch in world.tables.items():
        if table == "fx_rates" or "currency" not in CONTRACT[table].columns():
            continue
        used = batch.frame["currency"].unique().drop_nulls().to_list()
        unknown = [code for code in used if code not in known]
        if unknown:
            rows = batch.frame["currency"].is_in(unknown).arg_true()
            sentence = pl.format(
                "'{}' is no currency in ISO 4217, and fx_rates has no rate for it; correct it, or map it",
                pl.col("currency"),
            )
            batch.refuse(rows, "currency_unknown", sentence, column="currency")


def require_rates_of_orders(world: World) -> None:
    """Refuse confirmed orders in a currency without a rate on or before their day, or with one too old."""
    orders, rates = world.tables["orders"], world.tables[RATES]
    confirmed = orders.frame.select("currency", "order_date", "status").with_row_index("row")
    foreign = confirmed.filter(
        (pl.col("currency") != world.company.currency) & (pl.col("status") == "confirmed") & orders.is_alive()
    )
    foreign = foreign.drop_nulls(["currency", "order_date"])
    if not foreign.height:
        return
    days = foreign.select("currency", "order_date").unique().sort("order_date")
    quoted = rates.frame.filter(rates.is_alive()).select("currency", "valid_from").sort("valid_from")
    found = days.join_asof(
        quoted,
        left_on="order_date",
        right_on="valid_from",
        by="currency",
        strategy="backward",
        check_sortedness=False,
        coalesce=False,
    )
    missing = pl.col("valid_from").is_null()
    limit = world.company.fx_max_age_days
    if limit is not None:
        missing = missing | (pl.col("order_date") - pl.col("valid_from") > timedelta(days=limit))
    lacking = foreign.join(
        found.filter(missing), on=["currency", "order_date"], how="inner", validate="m:1", maintain_order="left"
    )
    _refuse_without_rate(orders, lacking, limit)
    carried = found.filter(~missing & (pl.col("valid_from") < pl.col("order_date")))
    if carried.height:
        rows = foreign.join(carried, on=["currency", "order_date"], how="semi", maintain_order="left")["row"]
        orders.note("fx_carried", "converted at the latest rate before the order date", rows)


def _refuse_without_rate(orders: Batch, lacking: pl.DataFrame, limit: int | None) -> None:
    age = "" if limit is None else f" that is at most {limit} days old"
    latest = pl.lit(lacking["valid_from"].cast(pl.String).fill_null("none at all"))
    sentence = pl.format(
        f"{{}} has no rate on {{}}{age} (latest: {{}}); add the rate to fx_rates",
        pl.col("currency"),
        pl.col("order_date"),
        latest,
    )
    orders.refuse(lacking["row"], "fx_missing", sentence, column="currency")
