"""What an order line says beyond its amount: cost, target and quantity, what returns took back of them, and each credit's part."""

from collections.abc import Iterable

import polars as pl

from compensation.conservation import ADVICE, NotConserved
from compensation.currency import minor_unit_digits
from compensation.in_force import from_the_beginning, on_day, until_next
from compensation.money import (
    converted,
    minor_units,
    quantity_thousandths,
    running_total,
    share_of,
    share_units,
    thousandths,
    value_of,
)
from schemas.rules.company import Company

Facts = dict[str, pl.DataFrame]

FIGURES = ("cost", "target", "quantity")
"""Cost and target in minor units of company currency, quantity in thousandths."""


def lines_of(credits: pl.DataFrame, wanted: pl.Series) -> pl.DataFrame:
    """The credits wanted and all others of their lines, numbered.

    Args:
        credits: Contract ``Credit``, in payout order.
        wanted: Places of credits in it.

    Returns:
        One row a credit: ``credit`` (its place), ``order_line_id``, ``return_id``, ``credit_number``, ``amount``
        (contract) and ``share_percent``.
    """
    numbered = credits.select(
        pl.col("order_line_id", "return_id").cast(pl.String),
        "credit_number",
        "amount",
        "share_percent",
        credit=pl.int_range(pl.len(), dtype=pl.UInt32),
    )
    lines = numbered.select(pl.col("order_line_id").gather(wanted.unique())).unique()
    return numbered.join(lines, on="order_line_id", how="semi")


def events_of(credits: pl.DataFrame, facts: Facts, company: Company) -> pl.DataFrame:
    """Every line as sold, and after each of its returns in the order of their dates.

    Returns take back the cost and quantity they state, else the share of the line's that they are of its amount (of its
    quantity, where the line is free of charge), and a target's share by quantity. All by running totals, so that a line
    returned in full is undone exactly; what returns state for themselves is taken as it is.

    Args:
        credits: Credits of the lines asked for.
        facts: Contract tables ``order_lines``, ``orders``, ``returns``, ``products`` and ``fx_rates``.
        company: Its currency.

    Returns:
        One row per line × event: ``order_line_id``, ``return_id`` (empty for the sale), ``is_complete`` (nothing of the line is
        left), and for each of ``FIGURES`` ``…_before`` and ``…_to_date``: 0 and the line's own for the sale, the running totals
        taken back for a return; empty where the line does not say.

    Source:
        CONTRACT rule 1 and "Margin of a credit".
    """
    lines = _lines(credits.select("order_line_id").unique(), facts, company)
    sold = lines.select(
        "order_line_id",
        return_id=pl.lit(None, dtype=pl.String),
        is_complete=pl.lit(value=False),
        **{f"{name}_before": pl.lit(0, dtype=pl.Int64) for name in FIGURES},
        **{f"{name}_to_date": pl.col(name) for name in FIGURES},
    )
    return pl.concat([sold, _taken_back(lines, facts, minor_unit_digits(company.currency)).select(sold.columns)])


def parts_of(credits: pl.DataFrame, events: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Each credit's part of its line's figures, by running totals in the order of credit numbers.

    A line is divided over its credits in proportion to their amounts (to their shares, where it is free of charge), and so
    is what its returns take back.

    Args:
        credits: As ``lines_of`` gives them: all credits of each line.
        events: As ``events_of`` gives them.
        company: Its currency.

    Returns:
        One row a credit, in the order line, credit number, payout order: ``credit``, ``order_line_id``, ``return_id``,
        ``credit_number``, ``amount`` (minor units), each of ``FIGURES`` (negative for a return, empty where the line does not
        say), ``is_complete`` and ``group`` (a sale's credit and its returns).

    Raises:
        NotConserved: parts that do not add up to their line.
    """
    line = ["order_line_id", "credit_number"]
    sold = credits.filter(pl.col("return_id").is_null()).sort(line).select(*line, _weight=_weight(company))
    weights = sold.with_columns(
        _upto=running_total(pl.col("_weight"), pl.col("order_line_id")),
        _whole=pl.col("_weight").sum().over("order_line_id"),
    )
    shared = credits.join(weights, on=line, how="left", validate="m:1").join(
        events, on=["order_line_id", "return_id"], how="left", validate="m:1", nulls_equal=True
    )
    parts = shared.sort(*line, "credit").select(
        "credit", "order_line_id", "return_id", "credit_number", "is_complete",
        amount=minor_units(pl.col("amount"), minor_unit_digits(company.currency)),
        **{name: _part(name) for name in FIGURES},
        group=pl.struct(line).rle_id(),
    )  # fmt: skip
    return _require_whole(parts, events)


def _lines(asked: pl.DataFrame, facts: Facts, company: Company) -> pl.DataFrame:
    """The lines asked for with their figures, and ``net``, ``currency`` and ``fx_rate`` of their orders."""
    orders = facts["orders"].select("order_id", "order_date", "currency")
    lines = (
        facts["order_lines"]
        .join(asked, on="order_line_id", how="semi")
        .join(orders, on="order_id", how="inner", validate="m:1")
    )
    rates = until_next(facts["fx_rates"].select("currency", "valid_from", fx_rate="rate"), "currency")
    is_own = pl.col("currency") == company.currency
    priced = on_day(lines, rates, by="currency", on="order_date").with_columns(
        fx_rate=pl.when(is_own).then(pl.lit(1)).otherwise(pl.col("fx_rate")).cast(rates.schema["fx_rate"])
    )
    targets = from_the_beginning(facts["products"].select("product_id", "valid_from", "target_price"), "product_id")
    digits = minor_unit_digits(company.currency)
    known = on_day(priced, targets, by="product_id", on="order_date")
    return known.select(
        "order_line_id", "cost_amount", "fx_rate",
        net=thousandths(pl.col("net_amount")),
        quantity=quantity_thousandths(pl.col("quantity")),
        cost=converted(pl.col("cost_amount"), pl.col("fx_rate"), digits),
        target=converted(_target([company.currency, *known["currency"].unique()]), pl.col("fx_rate"), digits),
    )  # fmt: skip


def _target(currencies: Iterable[str]) -> pl.Expr:
    """Target price × quantity in the order's currency, rounded to its minor unit."""
    digits = {currency: minor_unit_digits(currency) for currency in currencies}
    by_row = pl.col("currency").replace_strict(digits, return_dtype=pl.Int32)
    return value_of(pl.col("target_price"), pl.col("quantity"), by_row)


def _taken_back(lines: pl.DataFrame, facts: Facts, digits: int) -> pl.DataFrame:
    """One row a return of the lines: what it and those before it took back of each figure."""
    returns = facts["returns"].select(
        "return_id", "order_line_id", "return_date",
        back=thousandths(pl.col("amount")), own_cost="cost_amount", own_quantity="quantity",
    )  # fmt: skip
    rows = returns.join(lines, on="order_line_id", how="inner", validate="m:1").sort(
        "order_line_id", "return_date", "return_id"
    )
    rows = rows.with_columns(
        group=pl.col("order_line_id").rle_id(), own_units=quantity_thousandths(pl.col("own_quantity"))
    )
    rows = rows.with_columns(**_returned_share())
    own_cost = pl.col("own_cost").fill_null(0)
    rows = rows.with_columns(
        stated=converted(running_total(own_cost, pl.col("group")), pl.col("fx_rate"), digits),
        units_stated=running_total(pl.col("own_units").fill_null(0), pl.col("group")),
    )
    rows = rows.with_columns(
        cost_to_date=_back("cost", "stated", pl.col("own_cost").is_null()),
        quantity_to_date=_back("quantity", "units_stated", pl.col("own_units").is_null()),
    )
    by_quantity = share_of(pl.col("target"), pl.col("quantity_to_date"), pl.col("quantity"))
    by_amount = share_of(pl.col("target"), pl.col("share"), pl.col("share_whole"))
    rows = rows.with_columns(target_to_date=pl.when(pl.col("quantity") != 0).then(by_quantity).otherwise(by_amount))
    return rows.with_columns(
        **{f"{name}_before": pl.col(f"{name}_to_date").shift(1).over("group").fill_null(0) for name in FIGURES}
    )


def _returned_share() -> dict[str, pl.Expr]:
    """What is returned of a line to date and before, out of how much; and whether this return is the one that ends it.

    Counted in the line's amount. A line free of charge is counted in quantity, and ended by a return that states none.
    """
    is_free, units = pl.col("net") == 0, pl.col("quantity").abs()
    has_units = pl.col("quantity") != 0
    free = pl.when(has_units).then(units).otherwise(1).cast(pl.Int64)
    whole = pl.when(is_free).then(free).otherwise(pl.col("net").abs()).cast(pl.Int64)
    counted = pl.when(has_units).then(pl.col("own_units").abs())
    back = pl.when(is_free).then(pl.coalesce(counted, free)).otherwise("back").cast(pl.Int64)
    total = running_total(back, pl.col("group"))
    share, before = (pl.min_horizontal(reached, whole) for reached in (total, total - back))
    return {
        "share": share,
        "share_before": before,
        "share_whole": whole,
        "is_complete": (share == whole) & (before < whole),
    }


def _back(figure: str, stated: str, states_none: pl.Expr) -> pl.Expr:
    """What is taken back of a figure to date: what returns state, and the shares of those that state nothing, while any is left."""
    whole = pl.col("share_whole")
    to_date, before = (share_of(pl.col(figure), pl.col(name), whole) for name in ("share", "share_before"))
    shares = running_total(pl.when(states_none).then(to_date - before).otherwise(0), pl.col("group"))
    left = pl.col(figure) - pl.col(stated)
    is_positive = pl.col(figure) >= 0
    least, most = pl.min_horizontal(left, pl.lit(0)), pl.max_horizontal(left, pl.lit(0))
    some = pl.when(is_positive).then(pl.min_horizontal(shares, most)).otherwise(pl.max_horizontal(shares, least))
    return pl.when(pl.col(figure).is_not_null()).then(pl.col(stated) + some)


def _weight(company: Company) -> pl.Expr:
    """What a line is divided by: the amounts of its credits, or their shares where it is free of charge."""
    amount = minor_units(pl.col("amount"), minor_unit_digits(company.currency))
    is_free = amount.sum().over("order_line_id") == 0
    return pl.when(is_free).then(share_units(pl.col("share_percent"))).otherwise(amount)


def _part(name: str) -> pl.Expr:
    """A credit's part: of the line for its sale, of what was taken back for a return."""
    upto, whole = pl.col("_upto"), pl.col("_whole")

    def spread(figure: str) -> pl.Expr:
        before = upto - pl.col("_weight")
        return share_of(pl.col(figure), upto, whole) - share_of(pl.col(figure), before, whole)

    part = spread(f"{name}_to_date") - spread(f"{name}_before")
    return pl.when(pl.col("return_id").is_null()).then(part).otherwise(-part)


def _require_whole(parts: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Return the parts if those of each line and return add up to its figures."""
    key = ["order_line_id", "return_id"]
    sums = parts.group_by(key).agg(pl.col(name).sum() for name in FIGURES)
    both = sums.join(events, on=key, how="inner", validate="1:1", nulls_equal=True)
    sign = pl.when(pl.col("return_id").is_null()).then(1).otherwise(-1)
    for name in FIGURES:
        whole = pl.col(f"{name}_to_date") - pl.col(f"{name}_before")
        wrong = both.filter(whole.is_not_null() & (pl.col(name) != pl.when(sign == 1).then(whole).otherwise(-whole)))
        if not wrong.is_empty():
            first = wrong.sort(key).row(0, named=True)
            raise NotConserved(
                f"the credits of {wrong.height:,} lines and returns do not share out their {name}. First: order line "
                f"{first['order_line_id']}, return {first['return_id']}: {first[name]} against {first[f'{name}_to_date']} less "
                f"{first[f'{name}_before']}. {ADVICE}"
            )
    return parts
