"""Events: credits that count when their order is invoiced or paid, bit by bit."""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from compensation.calendar import OutsideCalendar
from compensation.money import MILLION, exact_product, running_total, share_of
from compensation.payout.measures.progress import progress_of
from compensation.payout.placing import with_own_term
from compensation.payout.setting import Setting
from compensation.payout.standing import Standings
from compensation.payout.terms import Term, Terms, kind_of_credit
from compensation.payout.windows import Windows
from schemas.rules.component import EventByFamily, EventShares

LINE = ["payee", "slot", "order_line_id", "credit_number"]
"""One sale's credit on one position, and its returns."""

EVENTS = ("booking", "invoice", "payment")
"""What a credit can wait for; columns of the shares, in millionths, that count at each."""

REACHED = ("whole", "invoiced", "paid")
"""How far an order has come with each of ``EVENTS``: columns of ``progress_of``."""


@dataclass(frozen=True)
class Dated:
    """Rows with their ``entry``, and the entries: ``credit``, ``day`` on which it is posted, ``counted_on`` that says its window.

    Where every credit counts at booking there are no entries, and the rows are as they were.
    """

    rows: pl.DataFrame
    entries: pl.DataFrame | None


def dated_by_event(
    rows: pl.DataFrame,
    credits: pl.DataFrame,
    facts: dict[str, pl.DataFrame],
    terms: Terms,
    takers: pl.DataFrame,
    standings: Standings,
    windows: Windows,
) -> Dated:
    """Credits of components that count by invoice or payment, divided into what counts on each day.

    Of a credit counts so far ``round(what is left of it × progress)``: what is left is the sale less its returns, and
    progress the shares of booking, invoice and payment, each × how far the order has come (``progress_of``). Each entry is
    the difference of two such figures, so a credit that is paid in full has counted in full, and one that came back not
    at all. In detail:

    - A sale has an entry on its own day, of 0 where nothing counts at booking, and one on each later day of progress.
    - A return has an entry on its own day: what counted so far of what came back. *As corrected* it is taken from the
      windows in which it counted, each as much as it had of it; *as negative* from the window of the return's day.
    - What a return changes in the order's progress (there is less left to pay) counts on that day, by the sale's credit.
    - Orders and customers do not count in parts: only once everything that they wait for has happened.
    - An entry is priced by the term that its component has on the day that places it, in the payee's segment of that day.

    Args:
        rows: One row per credit × term, with ``credit``, ``payee``, ``term``, ``place``, ``segment`` and ``units``.
        credits: Contract ``Credit``, in payout order.
        facts: Contract tables ``orders``, ``order_lines``, ``returns``, ``invoices`` and ``payments``.
        terms: Terms of all plans.
        takers: Which ``term`` of a ``slot`` takes the credits of a ``cell``, also of managers' overrides.
        standings: Who is on which plan version when.
        windows: The fiscal calendar in numbers.

    Raises:
        OutsideCalendar: an invoice or payment lies outside the calendar.
        MissingFigure: an order has no lines to measure invoices against.

    Source:
        ``docs/plans/modifiers.md``; ``event`` of a plan file.
    """
    eventful = [number for number, term in enumerate(terms.terms) if term.component.event != "booking"]
    if not eventful:
        return Dated(rows, None)
    named = _named(rows, credits, terms, windows)
    some = named.filter(pl.col("slot").is_in(terms.table["slot"].gather(eventful).unique().implode()))
    sales = _waiting_sales(some, terms)
    returns = _their_returns(some, sales)
    steps = _steps(sales, progress_of(sales["order_id"].unique(), facts), windows)
    named = named.join(pl.concat([sales.select("row"), returns.select("row")]), on="row", how="anti")
    columns = [*rows.columns, "posted", "counted_on"]
    whole = named.with_columns(posted="day", counted_on="sale_day").select(columns)
    inside = [*columns, "slot", "kind", "sale_day"]
    parts = pl.concat(
        [_of_sales(sales, returns, steps).select(inside), _of_returns(returns, steps, terms).select(inside)]
    )
    return _numbered(pl.concat([whole, _on_their_day(parts, credits, standings, terms, takers).select(columns)]))


def _named(rows: pl.DataFrame, credits: pl.DataFrame, terms: Terms, windows: Windows) -> pl.DataFrame:
    """The rows with their number and what events need to know of their credit."""
    known = credits.select(
        pl.col("order_line_id", "order_id"),
        pl.col("credit_number", "product_family"),
        kind=kind_of_credit(),
        is_return=pl.col("return_id").is_not_null(),
        day=windows.day("event_date"),
        sale_day=windows.day("sale_date"),
    )
    of_credit = [pl.lit(known[name]).gather(pl.col("credit")).alias(name) for name in known.columns]
    slot = pl.lit(terms.table["slot"]).gather(pl.col("term"))
    return rows.with_columns(*of_credit, slot=slot).with_row_index("row")


def _waiting_sales(rows: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Sales that do not count in full at booking: numbered by ``line``, with their shares in millionths."""
    sales = rows.filter(~pl.col("is_return"))
    asked = sales.select("term", pl.col("product_family").cast(pl.String)).unique().sort("term", "product_family")
    shares = [_shares(terms.terms[term], family) for term, family in asked.rows()]
    known = asked.hstack(
        [pl.Series(name, [each[n] for each in shares], dtype=pl.Int64) for n, name in enumerate(EVENTS)]
    )
    found = sales.with_columns(pl.col("product_family").cast(pl.String)).join(
        known, on=["term", "product_family"], how="left", validate="m:1", maintain_order="left"
    )
    digits = pl.lit(terms.table["position_digits"]).gather(pl.col("term"))
    return found.filter(pl.col("booking") < MILLION).with_columns(position_digits=digits).with_row_index("line")


def _shares(term: Term, family: str) -> tuple[int, int, int]:
    """Shares of a credit that count at booking, invoice and payment, in millionths."""
    event = term.component.event
    if isinstance(event, EventByFamily):
        event = event.product_family.get(family, event.otherwise)
    if isinstance(event, EventShares):
        booking, invoice, payment = (int(share.scaleb(6)) for share in (event.booking, event.invoice, event.payment))
        return booking, invoice, payment
    booking, invoice, payment = (MILLION if event == name else 0 for name in EVENTS)
    return booking, invoice, payment


def _their_returns(rows: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Returns of the sales, in their order, with what is left of the sale ``before`` and ``after`` each, and the sale's term and segment."""
    sold = sales.select(*LINE, "line", "position_digits", sold="units", sold_under="term", sold_in="segment")
    known = rows.filter("is_return").join(sold, on=LINE, how="inner", validate="m:1").sort("line", "day", "credit")
    after = pl.col("sold") + running_total(pl.col("units"), pl.col("line"))
    return known.with_columns(after=after).with_columns(before=pl.col("after") - pl.col("units"))


def _steps(sales: pl.DataFrame, progress: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """Each sale's day and the later days of its order's progress.

    Returns:
        Sorted by ``line`` and ``step`` (from 0, the sale's day): ``on`` (day number), ``part`` of ``whole`` that counts from
        then on, and ``part_before`` of ``whole_before`` until then.
    """
    days = progress.with_columns(on=windows.day("date")).drop("date")
    kept = ["line", "order_id", "sale_day", *EVENTS]
    first = sales.select(kept).sort("sale_day").join_asof(
        days.sort("on"), left_on="sale_day", right_on="on", by="order_id", strategy="backward", check_sortedness=False,
        coalesce=False,
    )  # fmt: skip
    first = first.with_columns(
        pl.col("invoiced", "paid").fill_null(0), pl.col("whole").fill_null(1), on="sale_day", step=pl.lit(0)
    )
    later = sales.select(kept).join(days, on="order_id", how="inner")  # an order has several credits and several days
    later = later.filter(pl.col("on") > pl.col("sale_day")).with_columns(step=pl.lit(1))
    _require_inside(later, windows)
    steps = pl.concat([first, later.select(first.columns)]).sort("line", "step", "on")
    counts = [exact_product(pl.col(share), pl.col(reached)) for share, reached in zip(EVENTS, REACHED, strict=True)]
    whole = exact_product(pl.col("whole"), pl.lit(MILLION))
    steps = steps.select("line", "step", "on", part=counts[0] + counts[1] + counts[2], whole=whole)
    earlier = [pl.when(pl.col("step") > 0).then(pl.col(name).shift(1)) for name in ("part", "whole")]
    return steps.with_columns(part_before=earlier[0].fill_null(0), whole_before=earlier[1].fill_null(1))


def _require_inside(steps: pl.DataFrame, windows: Windows) -> None:
    late = steps.filter(pl.col("on") >= len(windows.period_of_day)).sort("on")
    if not late.is_empty():
        first = late.row(0, named=True)
        raise OutsideCalendar(
            f"order {first['order_id']} has an invoice, payment or return on {windows.first_day + timedelta(days=first['on'])}; "
            f"the fiscal calendar given ends on {windows.periods['period_end'][-1]} (excluded). Give the calendar of all years "
            "that orders, invoices and payments cover."
        )


def _of_sales(sales: pl.DataFrame, returns: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Entries of sales: what progress adds on each day, after the returns of that day."""
    left = returns.select("line", "after", on="day").sort("on", maintain_order=True)
    known = steps.sort("on", maintain_order=True).join_asof(
        left, on="on", by="line", strategy="backward", check_sortedness=False
    )
    each = known.sort("line", "step", "on").join(sales, on="line", how="inner", validate="m:1")
    units = pl.when(pl.col("step") == 0).then("units").otherwise(pl.coalesce("after", "units"))
    each = each.with_columns(units=_counted(units, "") - _counted(units, "_before"))
    moved = each.filter((pl.col("step") == 0) | (pl.col("units") != 0))
    return moved.with_columns(posted="on", counted_on="on", place="on")


def _of_returns(returns: pl.DataFrame, steps: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Entries of returns: what counted until then of what came back, step by step *as corrected*, at once *as negative*."""
    each = returns.join(steps, on="line", how="inner").filter(  # a sale has several returns and several steps
        (pl.col("step") == 0) | (pl.col("on") < pl.col("day"))
    )
    each = each.sort("line", "credit", "step", "on")
    counted = {state: _counted(pl.col(state), "") for state in ("before", "after")}
    earlier = {state: _counted(pl.col(state), "_before") for state in ("before", "after")}
    to_date, until_then = (known["after"] - known["before"] for known in (counted, earlier))
    is_corrected = pl.lit(terms.table["is_corrected"]).gather(pl.col("sold_under"))
    corrected = each.filter(is_corrected).with_columns(units=to_date - until_then, counted_on="on", place="on")
    is_all = (pl.col("units") == 0).all().over("line", "credit")
    corrected = corrected.filter((pl.col("units") != 0) | ((pl.col("step") == 0) & is_all))
    negative = each.filter(~is_corrected).unique(["line", "credit"], keep="last", maintain_order=True)
    negative = negative.with_columns(units=to_date, counted_on="day", place="day")
    both = pl.concat([corrected, negative])
    return both.with_columns(posted="day", term="sold_under", segment="sold_in")


def _counted(units: pl.Expr, when: str) -> pl.Expr:
    """What counts of units with the progress ``part`` ÷ ``whole``; orders and customers only when all of it is reached."""
    part, whole = pl.col(f"part{when}"), pl.col(f"whole{when}")
    so_far = share_of(units, part, whole)
    return pl.when((pl.col("position_digits") == 0) & (part < whole)).then(0).otherwise(so_far)


def _on_their_day(
    parts: pl.DataFrame, credits: pl.DataFrame, standings: Standings, terms: Terms, takers: pl.DataFrame
) -> pl.DataFrame:
    """The same entries under the term and in the segment of the day that places them; those of the sale's day as they are."""
    marked = parts
    if terms.narrowing is not None:
        marks = terms.narrowing.marks(credits)
        marked = parts.with_columns(pl.lit(marks[name]).gather(pl.col("credit")).alias(name) for name in marks.columns)
    found = with_own_term(marked, "place", standings, terms, takers)
    is_later = pl.col("place") != pl.col("sale_day")
    return found.with_columns(
        pl.when(is_later).then(pl.coalesce(f"own_{name}", name)).otherwise(name).alias(name)
        for name in ("term", "segment")
    )


def _numbered(rows: pl.DataFrame) -> Dated:
    """Entries in the order of their days, on one day in the payout order of credits; the rows with the number of theirs."""
    names = ["posted", "credit", "counted_on"]
    is_another = pl.any_horizontal(*[pl.col(name) != pl.col(name).shift(1) for name in names]).fill_null(value=True)
    ordered = rows.sort(names).with_columns(is_another=is_another)
    entries = ordered.filter("is_another").select("credit", "counted_on", day="posted")
    entry = pl.col("is_another").cum_sum().cast(pl.UInt32) - 1
    return Dated(ordered.with_columns(entry=entry).drop("posted", "counted_on", "is_another"), entries)


def numbered_through(slices: pl.DataFrame, runs: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The same slices, in the same order; ``slice_number`` goes on through all entries of a credit on a position.

    Args:
        slices: Slices as ``sliced`` gives them.
        runs: Stretches of one curve, with the parts of their position.
        setting: How slices are numbered.
    """
    if setting.entries is None:
        return slices
    numbers = [pl.lit(runs[name]).gather(pl.col("run")).alias(name) for name in ("payee", "slot")]
    one = ["payee", "slot", "credit"]
    named = slices.with_row_index("row").with_columns(*numbers, turn=setting.turn(), credit=setting.credit())
    ordered = named.sort(*one, "turn", "slice_number")
    nth = pl.int_range(1, pl.len() + 1).over(one)
    return ordered.with_columns(slice_number=nth.cast(pl.Int16)).sort("row").select(slices.columns)
