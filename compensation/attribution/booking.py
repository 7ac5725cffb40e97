"""Rules 1 and 2: what each line of a confirmed order and each return books, and for which customer."""

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.in_force import from_the_beginning, on_day, until_next
from compensation.money import converted, require_countable, running_total, share_of, thousandths
from schemas.rules.company import Company

Facts = dict[str, pl.DataFrame]


def order_book(facts: Facts, customers: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Orders in the order that decides (date, id), with customer and exchange rate.

    Args:
        facts: Contract tables ``orders`` and ``fx_rates``.
        customers: As ``trees.customers`` gives them.
        company: Names the company currency.

    Returns:
        Contract ``Order`` without provenance, sorted by ``order_date``, ``order_id``, and ``customer_id``,
        ``customer_code`` (a number for it), ``fx_rate`` (company currency for one unit; null where there is none), ``order_index`` (row number).

    Source:
        Attribution rules 1 and 2.
    """
    orders = sorted_by(facts["orders"].drop("source_file", "source_line"), ["order_date", "order_id"])
    located = on_day(orders, customers, by="account_id", on="order_date")
    rates = until_next(facts["fx_rates"].select("currency", "valid_from", fx_rate="rate"), "currency")
    priced = on_day(located, rates, by="currency", on="order_date")
    own = pl.col("currency") == company.currency
    return priced.with_columns(
        fx_rate=pl.when(own).then(pl.lit(1)).otherwise(pl.col("fx_rate")).cast(rates.schema["fx_rate"])
    ).with_row_index("order_index")


def book_lines(facts: Facts, orders: pl.DataFrame, company: Company) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Book the lines of confirmed orders in company currency.

    Args:
        facts: Contract tables ``order_lines`` and ``products``.
        orders: As ``order_book`` gives them.
        company: Its currency is booked in.

    Returns:
        The booked lines, sorted by order and line number: ``line_index`` (row number), ``order_index``,
        ``order_line_id``, ``line_number``, ``product_id``, ``product_family``, ``family_code``, ``net_amount`` (order
        currency), ``booked`` (minor units of company currency); and the lines not booked, with ``reason``.

    Source:
        Attribution rule 1: ``round(net_amount × fx(order_date))``.
    """
    lines = _with_order(
        facts["order_lines"].select("order_line_id", "order_id", "line_number", "product_id", "net_amount"), orders
    )
    reason = (
        pl.when(pl.col("status") != "confirmed").then(pl.lit("order_not_confirmed"))
        .when(pl.col("fx_rate").is_null()).then(pl.lit("fx_missing"))
    )  # fmt: skip
    judged = orders.select("order_date", "currency", "status", "fx_rate", reason=reason)
    is_booked = judged["reason"].is_null().gather(lines["order_index"])
    left_out = lines.filter(~is_booked)
    booked = lines.drop("order_id").filter(is_booked)
    return _booked(booked, orders, facts, company), left_out.hstack(
        judged.select(pl.all().gather(left_out["order_index"]))
    )


def sorted_by(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The frame sorted by the keys; exports mostly are already, and looking costs less than sorting."""
    in_order = pl.lit(value=True)
    for key in reversed(keys):
        before = pl.col(key).shift(1)
        in_order = (pl.col(key) > before) | ((pl.col(key) == before) & in_order)
    is_sorted = frame.select(in_order.slice(1).fill_null(value=False).all()).item()
    return frame if is_sorted else frame.sort(keys)


def _with_order(lines: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Lines of known orders with the number of their order; a run of lines of one order is looked up once."""
    run = lines["order_id"].rle_id()
    is_first = (run != run.shift(1)).fill_null(value=True)
    asked = lines.select("order_id").filter(is_first)
    index = asked.join(
        orders.select("order_id", "order_index"), on="order_id", how="left", validate="m:1", maintain_order="left"
    )
    found = lines.with_columns(index["order_index"].gather(run))
    return found.filter(pl.col("order_index").is_not_null()) if found["order_index"].null_count() else found


def _booked(lines: pl.DataFrame, orders: pl.DataFrame, facts: Facts, company: Company) -> pl.DataFrame:
    families = from_the_beginning(
        facts["products"].select("product_id", "valid_from", "product_family"), "product_id"
    ).with_columns(
        pl.col("product_family").cast(pl.Categorical),
        family_code=pl.col("product_family").rank("dense").cast(pl.UInt16),
    )
    ordered = sorted_by(lines, ["order_index", "line_number", "order_line_id"])
    of_order = orders.select(pl.col("order_date", "fx_rate").gather(ordered["order_index"]))
    asked = of_order.select("order_date", ordered["product_id"])
    family = on_day(asked, families, by="product_id", on="order_date").select("product_family", "family_code")
    digits = minor_unit_digits(company.currency)
    amounts = ordered.hstack([*family, of_order["fx_rate"]]).with_columns(
        booked=converted(pl.col("net_amount"), pl.col("fx_rate"), digits)
    )
    columns = [
        "order_index",
        "order_line_id",
        "line_number",
        "product_id",
        "product_family",
        "family_code",
        "net_amount",
        "booked",
    ]
    return require_countable(amounts.select(columns), "booked").with_row_index("line_index")


def book_returns(facts: Facts, booked: pl.DataFrame) -> pl.DataFrame:
    """Book the returns of booked lines, each on its own date at the line's rate, by running totals.

    Args:
        facts: Contract table ``returns``.
        booked: As ``book_lines`` gives them.

    Returns:
        One row a return, sorted by line, date and id: ``line_index``, ``return_id``, ``return_date``,
        ``returned_amount`` (order currency, positive), ``reversed_before`` and ``reversed_to_date``
        (minor units of company currency, positive for a positive line).

    Source:
        Attribution rule 1: ``round(line amount × R_j ÷ line net) − round(line amount × R_{j−1} ÷ line net)``.
    """
    returns = facts["returns"].select("return_id", "order_line_id", "return_date", returned_amount="amount")
    line = booked.select("order_line_id", "line_index", "net_amount", "booked")
    joined = returns.join(line, on="order_line_id", how="inner", validate="m:1").sort(
        "line_index", "return_date", "return_id"
    )
    net, back = thousandths(pl.col("net_amount")), thousandths(pl.col("returned_amount"))
    running = joined.with_columns(_net=net, _back=back).with_columns(
        _total=running_total(pl.col("_back"), pl.col("line_index"))
    )
    return running.with_columns(
        reversed_to_date=share_of(pl.col("booked"), pl.col("_total"), pl.col("_net")),
        reversed_before=share_of(pl.col("booked"), pl.col("_total") - pl.col("_back"), pl.col("_net")),
    ).drop("_net", "_back", "_total", "net_amount", "booked")


def returns_not_booked(facts: Facts, left_out: pl.DataFrame) -> pl.DataFrame:
    """Returns of accepted lines that are not booked, with what is known of the line.

    Returns:
        ``return_id``, ``order_line_id``, ``return_date``, ``amount`` (order currency, positive), ``order_id``,
        ``currency``, ``reason``.

    Source:
        Contract, refusals: a return of a line that is not booked is excluded.
    """
    returns = facts["returns"].select("return_id", "order_line_id", "return_date", "amount")
    line = left_out.select("order_line_id", "order_id", "currency", "reason")
    return returns.join(line, on="order_line_id", how="inner", validate="m:1")
