"""What a component makes of quotas: weights, ramp, proration, a team's quotas, the position of the window before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import polars as pl

from compensation.payout.quotas.proration import Service, cut_to_service, days_there, ramp_shares, service_of, with_ramp
from compensation.payout.quotas.reports import reports_on, require_one_currency
from compensation.payout.quotas.spreading import (
    MONTH,
    OF_WEIGHTS,
    WHOLE_WINDOW,
    Weights,
    cells_of,
    kind_of_window,
    require_weights,
)
from compensation.payout.quotas.stated import INCOMPLETE, SAME, SHORTER, quotas_as_stated, quotas_in_force, with_quota
from compensation.payout.terms import Terms
from compensation.payout.windows import Windows
from schemas.rules.quota_use import QuotaUse

OF = ("assigned", "team", "previous_window")
"""What quotas are of, by number."""

ASKED = ("payee_id", "term", "measure", "currency", "window", "date")
"""What a row says of the quota that it wants."""


@dataclass(frozen=True)
class QuotaBook:
    """Quotas, what each term makes of them, and when payees are there.

    ``rows`` is contract ``quotas``; ``in_force`` has one frame (``quotas_in_force``) per spread in ``spreads``, the first one
    even. ``uses`` has one row a term: ``of`` (place in ``OF``), ``spread``, ``ramp`` (number in ``ramps``, null where none),
    ``prorate``, ``restart``, ``plan``.
    """

    windows: Windows
    service: Service
    spreads: tuple[Weights, ...]
    in_force: tuple[pl.DataFrame, ...]
    rows: pl.DataFrame
    ramps: pl.DataFrame
    uses: pl.DataFrame
    payees: pl.DataFrame

    @cached_property
    def stated(self) -> pl.DataFrame:
        """Quotas of the very windows that they are stated for; few payouts need them."""
        return quotas_as_stated(self.rows, self.windows)

    @property
    def quotas(self) -> pl.DataFrame:
        """Quotas in force, spread evenly, in full."""
        return self.in_force[0]

    def reads(self, of: str) -> bool:
        """Whether any term measures against such quotas."""
        return OF.index(of) in self.uses["of"]


def quota_book(
    facts: dict[str, pl.DataFrame], terms: Terms, windows: Windows, payee_ids: pl.Series, stays: pl.DataFrame
) -> QuotaBook:
    """Everything that quotas of components need.

    Args:
        facts: Contract tables; ``quotas``, ``payees`` and ``absences`` are read.
        terms: Terms of all plans.
        windows: The fiscal calendar in numbers.
        payee_ids: Payees in the order of their numbers.
        stays: Stays on plans by payee number, as ``Standings`` has them.

    Raises:
        WrongWeights: weights that do not fit the fiscal calendar.
    """
    quotas = [term.component.quota or QuotaUse(measure="none", prorate="none") for term in terms.terms]
    for term, use in zip(terms.terms, quotas, strict=True):
        require_weights(use.weights, windows, f"plan {term.plan.plan}, component {term.component.component}")
    spreads = tuple(dict.fromkeys(((), *(use.weights for use in quotas))))
    ramps = tuple(dict.fromkeys(tuple(map(Fraction, use.ramp)) for use in quotas if use.ramp))
    restarts = [term.component.restart for term in terms.terms]
    return QuotaBook(
        windows=windows,
        service=service_of(facts, windows, payee_ids, stays),
        spreads=spreads,
        in_force=tuple(quotas_in_force(facts["quotas"], windows, weights) for weights in spreads),
        rows=facts["quotas"],
        ramps=ramp_shares(ramps),
        uses=_uses(quotas, restarts, terms.table["plan"].to_list(), spreads, ramps),
        payees=facts["payees"],
    )


def _uses(
    quotas: Sequence[QuotaUse],
    restarts: Sequence[bool],
    plans: Sequence[str],
    spreads: Sequence[Weights],
    ramps: Sequence[tuple[Fraction, ...]],
) -> pl.DataFrame:
    rows = [
        {
            "term": number,
            "of": OF.index(use.of),
            "spread": spreads.index(use.weights),
            "ramp": ramps.index(tuple(map(Fraction, use.ramp))) if use.ramp else None,
            "prorate": use.prorate,
            "restart": restart,
            "plan": plan,
        }
        for number, (use, restart, plan) in enumerate(zip(quotas, restarts, plans, strict=True))
    ]
    return pl.DataFrame(rows, schema=_USES)


_USES = pl.Schema(
    {
        **dict.fromkeys(("term", "of", "spread", "ramp"), pl.Int32),
        "prorate": pl.String,
        "restart": pl.Boolean,
        "plan": pl.String,
    }
)


def quota_on(rows: pl.DataFrame, book: QuotaBook, closings: pl.DataFrame | None = None) -> pl.DataFrame:
    """The same rows, in the same order, with the ``quota`` that their position is measured against on their ``date``.

    A quota of the window is spread by the component's weights, ramped by months of service, and cut to the days on which the
    payee is on the plan, in service and not on leave; rounded once, to the minor unit. Who is there on no day of the window
    (a return after the last day) has it in full. Weights and months are ramped and cut one by one, and so are quotas stated
    for shorter periods: each is cut by its own days.

    Args:
        rows: With ``payee_id``, ``term``, ``segment``, ``measure``, ``currency``, ``window`` and ``date``.
        book: Quotas, and what each term makes of them.
        closings: ``payee_id``, ``slot``, ``window`` and ``closing`` (position at its end, minor units), where a term measures
            against the window before; rows then have ``slot`` too. Without them such a quota is null.

    Returns:
        With ``quota`` (minor units; null where none), ``fit``, and ``is_absent``: it counts in full, for want of a day.

    Raises:
        MissingQuota: a member of a team has quotas in another currency only.

    Source:
        ``docs/plans/quotas.md`` and ``docs/plans.md``.
    """
    uses = book.uses.drop("term")
    known = [name for name in (*ASKED, "segment", "slot") if name in rows.columns]
    numbered = (
        rows.select(known)
        .with_row_index("_row")
        .with_columns(pl.lit(uses[name]).gather(pl.col("term")).alias(f"_{name}") for name in uses.columns)
    )
    found = _with_assigned(numbered, book)
    if book.reads("team"):
        found = _with_team(found, book)
    if book.reads("previous_window"):
        found = previous_window_quota(found, closings, book.windows)
    segment = pl.when("_restart").then(pl.col("segment").cast(pl.Int32))
    cut = _cut(found.with_columns(_segment=segment, _keeps=pl.lit(value=True)), book)
    return rows.with_columns(cut["quota"], cut["fit"], cut["is_absent"])


def quota_in_service(rows: pl.DataFrame, book: QuotaBook) -> pl.DataFrame:
    """``quota_on`` whatever plan the payee is on: cut to days in service without leave alone; 0 where there are none.

    For members of a team, and for readings of attainment.

    Args:
        rows: With ``payee_id``, ``measure``, ``currency``, ``window``, ``date``, and ``term`` whose weights, ramp and proration
            apply; null for an even spread, no ramp and actual days.
        book: Quotas, and what each term makes of them.
    """
    said = {"_spread": 0, "_ramp": None, "_prorate": "days_actual"}
    numbered = (
        rows.select(ASKED)
        .with_row_index("_row")
        .with_columns(
            pl.lit(book.uses[name[1:]]).gather(pl.col("term")).fill_null(pl.lit(default)).alias(name)
            for name, default in said.items()
        )
    )
    alone = numbered.with_columns(
        _of=pl.lit(0),
        _plan=pl.lit(None, dtype=pl.String),
        _segment=pl.lit(None, dtype=pl.Int32),
        _keeps=pl.lit(value=False),
    )
    cut = _cut(_with_assigned(alone, book), book)
    return rows.with_columns(cut["quota"], cut["fit"])


def previous_window_quota(rows: pl.DataFrame, closings: pl.DataFrame | None, windows: Windows) -> pl.DataFrame:
    """The same rows; those measured against the window before have as ``quota`` the payee's own position at its end.

    Several positions of the window (after a change of plan) are added; nothing, or less than nothing, is 0.

    Args:
        rows: With ``_of`` (place in ``OF``), ``payee_id``, ``slot``, ``window``, ``quota`` and ``fit``.
        closings: ``payee_id``, ``slot``, ``window`` and ``closing`` (minor units); without them the quota is null.
        windows: The fiscal calendar in numbers.
    """
    is_own = pl.col("_of") == OF.index("previous_window")
    if closings is None:
        return rows.with_columns(quota=pl.when(~is_own).then("quota"))
    kinds = kind_of_window(windows)
    follows = kinds.with_columns(
        before=pl.when(pl.col("own_kind") == pl.col("own_kind").shift(1)).then(pl.col("window") - 1)
    )
    known = rows.join(
        follows.select("window", "before"), on="window", how="left", validate="m:1", maintain_order="left"
    )
    keys = ["payee_id", "slot", "window"]
    ends = closings.group_by(keys).agg(pl.col("closing").sum()).rename({"window": "before"})
    found = known.join(ends, on=["payee_id", "slot", "before"], how="left", validate="m:1", maintain_order="left")
    own = pl.max_horizontal(pl.col("closing").fill_null(0), pl.lit(0, dtype=pl.Int64))
    return found.with_columns(
        quota=pl.when(is_own).then(own).otherwise("quota"), fit=pl.when(is_own).then(SAME).otherwise("fit")
    ).drop("before", "closing")


def missing_words(first: Mapping[str, object], use: QuotaUse | None, quotas: pl.DataFrame) -> str:
    """What is wrong with a quota that is missing or 0, and what to do.

    Args:
        first: A row with ``payee_id``, ``measure``, ``window``, ``currency`` and ``quota``.
        use: What its component says of quotas.
        quotas: Quotas in force.
    """
    same = [pl.col(name) == first[name] for name in ("payee_id", "measure", "window")]
    known = quotas.filter(*same)
    if use and use.of == "previous_window":
        return "nothing was counted in the window before. Say what that pays: no_quota: first_tier or last_tier."
    if first["quota"] == 0:
        ramped = ", after its ramp and the days that count," if use and use.ramp else ""
        return (
            f"the quota{ramped} is 0. Correct it, or say in the component what no quota pays: no_quota: first_tier or "
            "last_tier."
        )
    if use and use.of == "team":
        return "nobody who reports to them on its last day has one. Add quotas of the members, or correct manager_id in payees."
    if known.is_empty():
        return "there is none. Add a row to quotas for that period, or for a longer or shorter one."
    return f"it is in {known['currency'][0]}, the plan in {first['currency']}. Give the quota in the plan's currency."


def _with_assigned(rows: pl.DataFrame, book: QuotaBook) -> pl.DataFrame:
    """The rows (with ``_row``) with the quota assigned to their payee, spread as their term says, in full."""
    if len(book.in_force) == 1:
        return with_quota(rows, book.in_force[0])
    parts = [
        with_quota(rows.filter(pl.col("_spread") == spread), in_force) for spread, in_force in enumerate(book.in_force)
    ]
    return pl.concat(parts).sort("_row")


def _with_team(rows: pl.DataFrame, book: QuotaBook) -> pl.DataFrame:
    """The rows; those of teams have the sum of the quotas of everybody who reports to the payee on the window's last day.

    Each member's is spread and ramped as the manager's component says, and cut to their days of service.
    """
    is_team = pl.col("_of") == OF.index("team")
    teams = rows.filter(is_team).join(
        book.windows.bounds(), on="window", how="left", validate="m:1", maintain_order="left"
    )
    members = reports_on(book.payees, teams.select("payee_id", day="window_end").unique())
    asked = teams.select(
        "term", "measure", "currency", "window", "date", manager_id="payee_id", day="window_end", team="_row"
    )
    # a manager has several members, a member may be in the teams of several managers
    asked = asked.join(members, on=["manager_id", "day"], how="inner").drop("manager_id", "day")
    found = require_one_currency(quota_in_service(asked, book), book.quotas)
    sums = found.drop_nulls("quota").group_by("team").agg(of_team=pl.col("quota").sum())
    known = rows.join(sums, left_on="_row", right_on="team", how="left", validate="1:1", maintain_order="left")
    return known.with_columns(
        quota=pl.when(is_team).then("of_team").otherwise("quota"),
        fit=pl.when(is_team).then(SAME).otherwise("fit"),
        _ramp=pl.when(~is_team).then("_ramp"),
        _spread=pl.when(is_team).then(0).otherwise("_spread"),
    ).drop("of_team")


def _cut(rows: pl.DataFrame, book: QuotaBook) -> pl.DataFrame:
    """The rows with their quota ramped and cut to the days on which the payee is there."""
    is_partial = pl.col("payee_id").is_in(book.service.changing.implode()) & (pl.col("_prorate") != "none")
    asked = rows.filter(pl.col("quota").is_not_null() & (is_partial | pl.col("_ramp").is_not_null()))
    if asked.is_empty():
        return rows.with_columns(is_absent=pl.lit(value=False))
    cells = _with_amounts(_with_cells(asked, book), book)
    there = days_there(asked.select("_row", "payee_id", plan="_plan", segment="_segment"), book.service)
    figures = cut_to_service(with_ramp(cells, book.ramps, book.service), there)
    known = rows.join(figures, on="_row", how="left", validate="1:1", maintain_order="left")
    return known.with_columns(
        quota=pl.coalesce("figure", "quota"), is_absent=pl.col("is_absent").fill_null(value=False)
    ).drop("figure")


def _with_cells(rows: pl.DataFrame, book: QuotaBook) -> pl.DataFrame:
    """One row per cell that a quota is cut in: months where it is ramped or cut by months, else what it was stated for."""
    in_parts = pl.col("fit").is_in([SHORTER, INCOMPLETE])
    of_weights = pl.Series([OF_WEIGHTS[len(weights)] for weights in book.spreads], dtype=pl.Int32)
    by_month = pl.col("_ramp").is_not_null() | (pl.col("_prorate") == "months")
    own_kind = pl.when(in_parts).then("kind_of_quota").otherwise("own_kind")
    weighed = pl.min_horizontal("own_kind", pl.lit(of_weights).gather(pl.col("_spread")))
    kinds = rows.join(kind_of_window(book.windows), on="window", how="left", validate="m:1").with_columns(
        part_kind=pl.when(in_parts).then("kind_of_quota").otherwise(WHOLE_WINDOW).cast(pl.Int32),
        cell_kind=pl.when(by_month).then(MONTH).when(in_parts).then(own_kind).otherwise(weighed).cast(pl.Int32),
        spread=pl.when(in_parts).then(0).otherwise("_spread").cast(pl.Int32),
    )
    by = ["spread", "part_kind", "cell_kind"]
    cells = cells_of(book.windows, book.spreads, kinds.select(by).unique().sort(by).rows())
    # a window has several cells
    each = kinds.join(cells, on=[*by, "window"], how="inner")
    bounds = book.windows.bounds().rename(
        {"window": "cell_window", "window_start": "cell_start", "window_end": "cell_end"}
    )
    return each.join(bounds, on="cell_window", how="left", validate="m:1")


def _with_amounts(cells: pl.DataFrame, book: QuotaBook) -> pl.DataFrame:
    """The cells with the ``amount`` that they are a share of: the quota, or that of the shorter period they lie in."""
    names = ["_row", "payee_id", "amount", "weight", "total", "cell_start", "cell_end"]
    said = {"ramp": "_ramp", "prorate": "_prorate", "keeps": "_keeps"}
    whole = cells.filter(pl.col("part_kind") == WHOLE_WINDOW).with_columns(amount="quota")
    parts = cells.filter(pl.col("part_kind") != WHOLE_WINDOW).drop("quota", "fit", "kind_of_quota", "window")
    stated = with_quota(parts.rename({"part_window": "window"}), book.stated).with_columns(
        amount=pl.col("quota").fill_null(0)
    )
    return pl.concat(
        [each.select(*names, **{new: pl.col(old) for new, old in said.items()}) for each in (whole, stated)]
    )
