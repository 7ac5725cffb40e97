"""What an order line says beyond its amount: cost, target and quantity, what returns took back of them, and each credit's part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
from compensation.payout.measures.additional import is_revenue
from schemas.rules.company import Company

Facts = dict[str, pl.DataFrame]

FIGURES = ("cost", "quantity", "target")
"""Cost and target in minor units of company currency, quantity in thousandths."""


@dataclass(frozen=True)
class Lines:
    """Order lines by number, and all their credits.

    ``names`` has the id of each line. ``credits`` has one row a credit: ``credit`` (its place in the payout order), ``line``,
    ``return_id``, ``credit_number``, ``amount`` (minor units of company currency) and ``share_percent``.
    """

    names: pl.Series
    credits: pl.DataFrame


def lines_of(credits: pl.DataFrame, wanted: pl.Series, company: Company) -> Lines:
    """The lines of the credits wanted, and all revenue credits of those lines.

    Args:
        credits: Contract ``Credit``, in payout order.
        wanted: Places of credits in it.
        company: Its currency.
    """
    names = credits["order_line_id"].gather(wanted.unique()).unique().sort()
    numbered = (
        credits.select(
            "order_line_id",
            pl.col("return_id").cast(pl.String),
            "credit_number",
            "share_percent",
            amount=minor_units(pl.col("amount"), minor_unit_digits(company.currency)),
            credit=pl.int_range(pl.len(), dtype=pl.UInt32),
            is_revenue=is_revenue(),
        )
        .filter("is_revenue")
        .drop("is_revenue")
    )
    known = numbered.join(names.to_frame().with_row_index("line"), on="order_line_id", how="inner", validate="m:1")
    return Lines(names.cast(pl.String), known.drop("order_line_id"))


def events_of(lines: Lines, facts: Facts, company: Company, figures: Sequence[str] = ()) -> pl.DataFrame:
    """Every line as sold, in the order of their numbers, and then after each of its returns, in the order of their dates.

    Returns take back the cost and quantity they state, else the share of the line's that they are of its amount (of its
    quantity, where the line is free of charge), and a target's share by quantity. All by running totals, so that a line
    returned in full is undone exactly; what returns state for themselves is taken as it is.

    Args:
        lines: The lines asked for.
        facts: Contract tables ``order_lines``, ``orders``, ``returns``, ``products`` and ``fx_rates``.
        company: Its currency.
        figures: Those of ``FIGURES`` to be worked out.

    Returns:
        One row per line × event: ``line``, ``return_id`` (empty for the sale), ``is_complete`` (nothing of the line is left),
        and for each figure ``…_before`` and ``…_to_date``: 0 and the line's own for the sale, the running totals taken back
        for a return; empty where the line does not say.

    Source:
        ``docs/attribution.md`` rule 1; ``docs/plans/measures.md``.
    """
    asked = {*figures, "quantity"}
    known = _lines(lines.names, facts, company, asked)
    sold = known.select(
        "line",
        return_id=pl.lit(None, dtype=pl.String),
        is_complete=pl.lit(value=False),
        **{f"{name}_before": pl.lit(0, dtype=pl.Int64) for name in figures},
        **{f"{name}_to_date": pl.col(name) for name in figures},
    )
    back = _taken_back(known, facts, minor_unit_digits(company.currency), asked)
    return pl.concat([sold, back.select(sold.columns)])


def parts_of(lines: Lines, events: pl.DataFrame, figures: Sequence[str]) -> pl.DataFrame:
    """Each credit's part of its line's figures, by running totals in the order of credit numbers.

    A line is divided over its credits in proportion to their amounts (to their shares, where it is free of charge), and so
    is what its returns take back.

    Args:
        lines: The lines, with all their credits.
        events: As ``events_of`` gives them.
        figures: Those of ``FIGURES`` that ``events`` has.

    Returns:
        One row a credit, in the order line, credit number, payout order: ``credit``, ``line``, ``event`` (row of ``events``),
        ``is_return``, ``amount`` (minor units), each figure (negative for a return, empty where the line does not say), and
        ``group`` (a sale's credit and its returns).

    Raises:
        NotConserved: parts that do not add up to their line.
    """
    key = ["line", "credit_number"]
    is_return = pl.col("return_id").is_not_null()
    sold = lines.credits.filter(~is_return).sort(key).select(*key, _weight=_weight())
    weights = sold.with_columns(
        _upto=running_total(pl.col("_weight"), pl.col("line")), _whole=pl.col("_weight").sum().over("line")
    )
    places = events.select("return_id", event=pl.int_range(pl.len(), dtype=pl.UInt32)).filter(is_return)
    placed = lines.credits.join(weights, on=key, how="left", validate="m:1")
    placed = placed.join(places, on="return_id", how="left", validate="m:1").with_columns(
        is_return=is_return, event=pl.when(is_return).then("event").otherwise("line")
    )
    ordered = placed.sort(*key, "credit").with_columns(
        **{name: pl.lit(events[name]).gather(pl.col("event")) for name in events.columns if name not in placed.columns}
    )
    parts = ordered.select(
        "credit", "line", "event", "is_return", "amount", **{name: _part(name) for name in figures}, group=_group()
    )
    return _require_whole(parts, events, lines.names, figures)


def _lines(names: pl.Series, facts: Facts, company: Company, figures: set[str]) -> pl.DataFrame:
    """The lines in the order of their numbers, with their figures and the ``fx_rate`` of their orders; empty where unknown."""
    asked = names.to_frame("order_line_id").with_row_index("line")
    lines = asked.join(
        facts["order_lines"].select(
            "order_line_id", "order_id", "product_id", "quantity", "cost_amount", net=thousandths(pl.col("net_amount"))
        ),
        on="order_line_id", how="left", validate="1:1", maintain_order="left",
    ).with_columns(quantity=quantity_thousandths(pl.col("quantity")), pieces="quantity")  # fmt: skip
    if not figures & {"cost", "target"}:
        return lines
    priced = _with_rate(lines, facts, company)
    digits = minor_unit_digits(company.currency)
    if "cost" in figures:
        priced = priced.with_columns(cost=converted(pl.col("cost_amount"), pl.col("fx_rate"), digits))
    if "target" in figures:
        targets = from_the_beginning(facts["products"].select("product_id", "valid_from", "target_price"), "product_id")
        known = on_day(priced, targets, by="product_id", on="order_date")
        target = _target([company.currency, *known["currency"].drop_nulls().unique()])
        priced = known.with_columns(target=converted(target, pl.col("fx_rate"), digits))
    return priced


def _with_rate(lines: pl.DataFrame, facts: Facts, company: Company) -> pl.DataFrame:
    """The same lines with ``order_date``, ``currency`` and ``fx_rate`` of their orders."""
    orders = facts["orders"].select("order_id", "order_date", "currency")
    rates = until_next(facts["fx_rates"].select("currency", "valid_from", fx_rate="rate"), "currency")
    priced = on_day(orders, rates, by="currency", on="order_date").with_columns(
        fx_rate=pl.when(pl.col("currency") == company.currency)
        .then(pl.lit(1))
        .otherwise(pl.col("fx_rate"))
        .cast(rates.schema["fx_rate"])
    )
    return lines.join(priced, on="order_id", how="left", validate="m:1", maintain_order="left")


def _target(currencies: Iterable[str]) -> pl.Expr:
    """Target price × quantity in the order's currency, rounded to its minor unit."""
    digits = {currency: minor_unit_digits(currency) for currency in currencies}
    by_row = pl.col("currency").replace_strict(digits, return_dtype=pl.Int32)
    return value_of(pl.col("target_price"), pl.col("pieces"), by_row)


def _taken_back(lines: pl.DataFrame, facts: Facts, digits: int, figures: set[str]) -> pl.DataFrame:
    """One row a return of the lines: what it and those before it took back of each figure."""
    returns = facts["returns"].select(
        "return_id", "order_line_id", "return_date",
        back=thousandths(pl.col("amount")), own_cost="cost_amount", own_quantity="quantity",
    )  # fmt: skip
    rows = returns.join(lines, on="order_line_id", how="inner", validate="m:1").sort("line", "return_date", "return_id")
    group = pl.col("line")
    rows = rows.with_columns(own_units=quantity_thousandths(pl.col("own_quantity")))
    rows = rows.with_columns(
        **_returned_share(), units_stated=running_total(pl.col("own_units").fill_null(0), group)
    ).with_columns(quantity_to_date=_back("quantity", "units_stated", pl.col("own_units").is_null()))
    if "cost" in figures:
        stated = running_total(pl.col("own_cost").fill_null(0), group)
        rows = rows.with_columns(stated=converted(stated, pl.col("fx_rate"), digits)).with_columns(
            cost_to_date=_back("cost", "stated", pl.col("own_cost").is_null())
        )
    if "target" in figures:
        by_quantity = share_of(pl.col("target"), pl.col("quantity_to_date"), pl.col("quantity"))
        by_amount = share_of(pl.col("target"), pl.col("share"), pl.col("share_whole"))
        rows = rows.with_columns(target_to_date=pl.when(pl.col("quantity") != 0).then(by_quantity).otherwise(by_amount))
    is_first = (group != group.shift(1)).fill_null(value=True)
    return rows.with_columns(
        **{
            f"{name}_before": pl.when(is_first).then(0).otherwise(pl.col(f"{name}_to_date").shift(1))
            for name in FIGURES
            if name in figures
        }
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
    total = running_total(back, pl.col("line"))
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
    shares = running_total(pl.when(states_none).then(to_date - before).otherwise(0), pl.col("line"))
    left = pl.col(figure) - pl.col(stated)
    is_positive = pl.col(figure) >= 0
    least, most = pl.min_horizontal(left, pl.lit(0)), pl.max_horizontal(left, pl.lit(0))
    some = pl.when(is_positive).then(pl.min_horizontal(shares, most)).otherwise(pl.max_horizontal(shares, least))
    return pl.when(pl.col(figure).is_not_null()).then(pl.col(stated) + some)


def _weight() -> pl.Expr:
    """What a line is divided by: the amounts of its credits, or their shares where it is free of charge."""
    is_free = pl.col("amount").sum().over("line") == 0
    return pl.when(is_free).then(share_units(pl.col("share_percent"))).otherwise("amount")


def _group() -> pl.Expr:
    """A number for each sale's credit with its returns; rows stand by line and credit number."""
    begins = pl.any_horizontal(*[pl.col(name) != pl.col(name).shift(1) for name in ("line", "credit_number")])
    return begins.fill_null(value=True).cum_sum()


def _part(name: str) -> pl.Expr:
    """A credit's part: of the line for its sale, of what was taken back for a return."""
    upto, whole = pl.col("_upto"), pl.col("_whole")

    def spread(figure: str) -> pl.Expr:
        before = upto - pl.col("_weight")
        return share_of(pl.col(figure), upto, whole) - share_of(pl.col(figure), before, whole)

    part = spread(f"{name}_to_date") - spread(f"{name}_before")
    return pl.when("is_return").then(-part).otherwise(part)


def _require_whole(parts: pl.DataFrame, events: pl.DataFrame, names: pl.Series, figures: Sequence[str]) -> pl.DataFrame:
    """Return the parts if those of each line and return add up to its figures."""
    sums = parts.group_by("event").agg(pl.col("is_return", "line").first(), pl.col(figures).sum())
    for name in figures:
        before, to_date = (pl.lit(events[f"{name}_{end}"]).gather(pl.col("event")) for end in ("before", "to_date"))
        whole = pl.when("is_return").then(before - to_date).otherwise(to_date)
        wrong = sums.with_columns(_whole=whole).filter(
            pl.col("_whole").is_not_null() & (pl.col(name) != pl.col("_whole"))
        )
        if not wrong.is_empty():
            first = wrong.sort("event").row(0, named=True)
            raise NotConserved(
                f"the credits of {wrong.height:,} lines and returns do not share out their {name}. First: order line "
                f"{names[first['line']]}, return {events['return_id'][first['event']]}: {first[name]} against "
                f"{first['_whole']}. {ADVICE}"
            )
    return parts
