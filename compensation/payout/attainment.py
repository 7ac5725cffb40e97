"""Attainment: where each payee stands on each component at the end of each fiscal period."""

from datetime import date, timedelta
from itertools import product

import polars as pl

from compensation.money import money_by_row, position_of, ratio_of
from compensation.payout.moved import moved_by
from compensation.payout.positions import with_curves, with_quota_of_term
from compensation.payout.pricing import Priced
from compensation.payout.setting import Setting
from compensation.payout.terms import Terms
from compensation.payout.windows import Windows
from schemas.core.payout import Attainment
from schemas.rules.curve import MatrixCurve

OF_TERM = ("plan", "component", "measure", "currency")


def attainment_of(found: Priced, credits: pl.DataFrame, setting: Setting, last_day: date | None = None) -> pl.DataFrame:
    """Position, quota and next tier at the end of each period (contract ``Attainment``).

    A period with activity has a row; a later one of the window repeats it, up to the last period stated. A return that
    corrects a window after its end has a row in its own period. Where a payee comes back to a plan inside a window, the
    position that starts again from 0 takes the place of the earlier one. An order's position ends with it and has no row.

    Args:
        found: Credits in their positions, and what priced them.
        credits: Contract ``Credit``, in payout order.
        setting: Terms, calendar and quotas.
        last_day: Day in the last period stated; that of the last credit where that is later, or nothing is said.
    """
    ordered = found.ordered
    if setting.windows.of_credit is not None:
        ordered = ordered.filter(~setting.windows.is_order(setting.window()))
    if ordered.is_empty():
        return Attainment.empty_frame()
    active = _at_ends_of_periods(ordered, setting.windows.period(setting.day(credits)), setting)
    stated = [
        setting.windows.period_on(day) for day in (credits["event_date"].max(), last_day) if isinstance(day, date)
    ]
    last = max([*stated, *active["period"].unique()])
    rows = _moved(_carried(_with_restarts(active, setting), setting.windows, last), setting)
    rows = rows.with_columns(**setting.parts_of_group()).pipe(_newest_segment).pipe(_with_date, setting)
    rows = _with_term_in_force(rows, setting)
    rows, curves = with_curves(_with_effect(rows, found, setting.terms), setting.terms, found.largest, found.effects)
    rows = rows.with_columns(piece=curves.piece_at(pl.col("curve"), pl.col("position"))).sort("group", "period")
    term, piece, position_digits = pl.col("term"), pl.col("piece"), setting.position_digits(pl.col("term"))
    columns = {
        "payee_id": pl.col("payee_id"),
        **{name: setting.name_of_term(name, term) for name in OF_TERM},
        "window": setting.name_of_window(pl.col("window")),
        "fiscal_period": setting.of_period("fiscal_period", pl.col("period")),
        "position": money_by_row(pl.col("position"), position_digits),
        "quota": money_by_row(pl.col("quota"), position_digits),
        "attainment": ratio_of(pl.col("position"), pl.col("quota")),
        "next_tier_at": position_of(curves.next_bound(piece), position_digits),
        "tier_rate": curves.rate_of_piece(piece),
    }
    return rows.select(**{name: columns[name] for name in Attainment.columns()})


def _with_effect(rows: pl.DataFrame, found: Priced, terms: Terms) -> pl.DataFrame:
    """What readings say of each position, as of its last stretch; of one that no credit has moved, nothing.

    And nothing where the version in force reads otherwise than the one that priced the last stretch: another gate, other tiers.
    """
    if "effect" not in found.runs.columns:
        return rows
    readers = pl.lit(pl.Series(_readers(terms), dtype=pl.Int32))
    last = found.runs.sort("run").group_by("group").agg(pl.col("effect").last(), read_by=pl.col("term").last())
    known = rows.join(last, on="group", how="left", validate="m:1", maintain_order="left")
    reads_alike = readers.gather(pl.col("term")) == readers.gather(pl.col("read_by"))
    return known.with_columns(effect=pl.when(reads_alike).then("effect").fill_null(0)).drop("read_by")


def _readers(terms: Terms) -> list[int]:
    """A number for each term, the same for terms that read the same and put it to the same use."""
    kinds: list[tuple[object, ...]] = []
    for term in terms.terms:
        part = term.component
        curve = part.curve if part.tier_window or isinstance(part.curve, MatrixCurve) else None
        kinds.append((part.tier_window, part.gates, part.multipliers, curve))
    return [kinds.index(kind) for kind in kinds]


def _at_ends_of_periods(ordered: pl.DataFrame, period: pl.Expr, setting: Setting) -> pl.DataFrame:
    """The last credit of each position and period: ``group``, ``window``, ``period``, ``position``, ``last_term``."""
    own = pl.col("after") if setting.moves is None else pl.col("after") - pl.col("moved")
    dated = ordered.select(group=setting.group(), period=period, position=own, last_term="term")
    ends = pl.any_horizontal(*[pl.col(name) != pl.col(name).shift(-1) for name in ("group", "period")])
    return dated.filter(ends.fill_null(value=True)).with_columns(window=setting.parts_of_group()["window"])


def _with_restarts(active: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The same rows, and one at 0 where a payee comes back to a plan whose position in the window has ended.

    A position that goes on (``restart: false``) does not end.
    """
    if setting.segments == 1:
        return active
    parts = setting.parts_of_group()
    known = active.with_columns(**parts, plan=setting.of_term("plan", pl.col("last_term")))
    known = known.filter(pl.lit(setting.restarts).gather(pl.col("slot")))
    later = setting.stays.select(
        "payee", "plan", next_segment="segment",
        period=setting.windows.period(setting.windows.day("valid_from")), starts="valid_from",
    )  # fmt: skip
    back = known.drop("period").join(later, on=["payee", "plan"], how="inner")  # a payee may come back several times
    back = back.join(setting.windows.bounds(), on="window", how="left", validate="m:1").filter(
        pl.col("next_segment") > pl.col("segment"),
        pl.col("starts").is_between("window_start", "window_end", closed="none"),
    )
    restarts = back.with_columns(segment="next_segment").select(
        group=setting.group_of(pl.col("slot"), pl.col("window")), period="period",
        position=pl.lit(0, dtype=pl.Int64), last_term="last_term", window="window",
    )  # fmt: skip
    fresh = restarts.unique(["group", "period"], keep="first", maintain_order=True)
    return pl.concat([active, fresh.join(active, on=["group", "period"], how="anti").select(active.columns)])


def _newest_segment(rows: pl.DataFrame) -> pl.DataFrame:
    """Of several segments of one position in a period the newest."""
    one = ["slot", "window", "payee", "period"]
    return rows.sort(*one, "segment").unique(one, keep="last", maintain_order=True)


def _carried(active: pl.DataFrame, windows: Windows, last: int) -> pl.DataFrame:
    """Each position's rows, and one for every period of its window after the first up to the last one stated."""
    groups = active.group_by("group", "window").agg(first=pl.col("period").min())
    inside = groups.join(windows.table().select("window", period="period"), on="window", how="inner")
    wanted = inside.filter((pl.col("period") > pl.col("first")) & (pl.col("period") <= last))
    keys = ["group", "period"]
    every = pl.concat([wanted.select(keys), active.select(keys)]).unique().sort(keys)
    found = every.join(active.drop("window"), on=keys, how="left", validate="1:1", maintain_order="left")
    return found.with_columns(pl.col("position", "last_term").forward_fill())


def _moved(rows: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The same rows, their positions moved by adjustments of their period and before."""
    if setting.moves is None:
        return rows
    numbered = rows.with_row_index("_row")
    sums = moved_by(numbered.select("_row", "group", "period"), setting.moves)
    both = numbered.join(sums, on="_row", how="left", validate="1:1", maintain_order="left")
    return both.with_columns(position=pl.col("position") + pl.col("moved").fill_null(0)).drop("_row", "moved")


def _with_date(rows: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The last day of the period, but not beyond the window: the day on which terms and quota are looked up."""
    ends = pl.lit(setting.windows.bounds()["window_end"]).gather(pl.col("window"))
    period_end = setting.of_period("period_end", pl.col("period"))
    return rows.with_columns(date=pl.min_horizontal(period_end, ends) - pl.lit(timedelta(days=1)))


def _with_term_in_force(rows: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The term of the version in force on the date, where it has this position and its quota is known; else the last credit's."""
    current = _terms_on(setting.terms, rows["date"].unique().to_list())
    found = rows.join(current, on=["slot", "date"], how="left", validate="m:1", maintain_order="left")
    same_window = setting.of_term("kind", pl.col("current")) == setting.of_term("kind", pl.col("last_term"))
    found = found.with_columns(term=pl.when(same_window).then("current").otherwise("last_term"))
    quoted = with_quota_of_term(found, setting)
    has_none = pl.col("needs_quota") & (pl.col("quota").fill_null(0) == 0)
    usable = quoted.with_columns(term=pl.when(has_none).then("last_term").otherwise("term"))
    return with_quota_of_term(usable.select(found.columns), setting)


def _terms_on(terms: Terms, dates: list[date]) -> pl.DataFrame:
    """The term of each slot in the version in force on each date."""
    rows = [
        {"slot": slot, "date": day, "current": number}
        for (number, slot), day in product(enumerate(terms.table["slot"].to_list()), dates)
        if terms.terms[number].plan.version_on(day) is terms.terms[number].version
    ]
    return pl.DataFrame(rows, schema={"slot": pl.Int32, "date": pl.Date, "current": pl.Int32})
