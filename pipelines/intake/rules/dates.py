"""Days that no order of this company can have, and days that lie before the ones they follow."""

from datetime import date, timedelta

import polars as pl

from pipelines.intake.rules.world import World


def settle_order_dates(world: World) -> None:
    """Refuse orders before the company's first day, after its horizon, or after tomorrow."""
    orders, company = world.tables["orders"], world.company
    days = orders.frame["order_date"]
    early = (days < company.starts).arg_true()
    sentence = pl.format(
        f"{{}} lies before the company's first period, which starts on {company.starts}; correct the date",
        pl.col("order_date"),
    )
    orders.refuse(early, "no_period", sentence, column="order_date")
    last = date(company.starts.year + company.horizon_years, 12, 31)
    known_to = world.as_of + timedelta(days=1) if world.as_of is not None else last
    late = (days > min(last, known_to)).arg_true()
    sentence = pl.format(
        f"{{}} lies after {min(last, known_to)}, the last day an order can have now; correct the date",
        pl.col("order_date"),
    )
    orders.refuse(late, "date_range", sentence, column="order_date")


def settle_followers(world: World) -> None:
    """Refuse invoices dated before their order."""
    invoices, orders = world.tables["invoices"], world.tables["orders"]
    if not invoices.height:
        return
    ordered_on = orders.frame["order_date"].gather(world.linked("invoices", "order_id", "orders", "order_id"))
    early = (invoices.frame["date"] < ordered_on).arg_true()
    sentence = pl.format(
        "invoiced on {}, before it was ordered on {}; correct one of them", "date", pl.lit(ordered_on.gather(early))
    )
    invoices.refuse(early, "date_order", sentence, column="date")
