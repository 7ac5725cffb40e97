"""Target incentives: what 100 % pays in a window, from an amount per period or from what a plan assignment states."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl

from compensation.counted import counted
from compensation.in_force import ALWAYS
from compensation.money import minor_units, share_of
from compensation.payout.errors import MissingIncentive
from compensation.payout.quotas.proration import ONE_DAY, Service, cut_to_service, days_there
from compensation.payout.quotas.spreading import MONTH, WHOLE_WINDOW, YEAR, cells_of, kind_of_window
from compensation.payout.terms import Terms
from compensation.payout.windows import KINDS, Windows, kind_number
from schemas.dtypes import MONEY
from schemas.rules.curve import MatrixCurve, TargetCurve
from schemas.rules.quota_use import Incentive

MAJOR_UNIT = pl.Series([1, 10, 100, 1000], dtype=pl.Int64)


@dataclass(frozen=True)
class Incentives:
    """What target incentives are looked up in: the calendar, when payees are there, and contract ``plan_assignments``.

    ``of_term`` is each term's own, for curves that pay a multiple of one.
    """

    windows: Windows
    service: Service
    assignments: pl.DataFrame
    of_term: tuple[Incentive | None, ...] = ()

    def change_days(self) -> pl.Series:
        """Days on which somebody's assigned incentive changes, where a term's is a share of it."""
        ordered = self.assignments.sort("payee_id", "plan", "valid_from")
        is_next = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in ("payee_id", "plan"))
        is_new = pl.col("target_incentive").ne_missing(pl.col("target_incentive").shift(1))
        reads = any(incentive is not None and incentive.assigned is not None for incentive in self.of_term)
        return ordered.filter(is_next & is_new & reads)["valid_from"].unique().sort()


def incentives_of_terms(terms: Terms) -> tuple[Incentive | None, ...]:
    """The target incentive of each term; none where its curve pays no multiple of one."""
    curves = [term.component.curve for term in terms.terms]
    return tuple(curve.incentive if isinstance(curve, TargetCurve | MatrixCurve) else None for curve in curves)


def with_incentive_of_term(rows: pl.DataFrame, terms: Terms, known: Incentives) -> pl.DataFrame:
    """The same rows with the ``incentive`` of their term; the same rows where no term has one.

    Args:
        rows: With ``payee_id``, ``term``, ``segment``, ``window`` and ``date``.
        terms: Terms of all plans.
        known: What incentives are looked up in.

    Raises:
        MissingIncentive: a plan assignment states none, or in another currency.
    """
    if not any(known.of_term):
        return rows
    term = pl.col("term")
    restarts = pl.Series([each.component.restart for each in terms.terms], dtype=pl.Boolean)
    rules = pl.Series([number if each else None for number, each in enumerate(known.of_term)], dtype=pl.Int32)
    asked = rows.select(
        "payee_id", "window", "date",
        *(pl.lit(terms.table[name]).gather(term).alias(name) for name in ("plan", "component", "currency", "digits")),
        segment=pl.when(pl.lit(restarts).gather(term)).then(pl.col("segment").cast(pl.Int32)),
        rule=pl.lit(rules).gather(term),
    )  # fmt: skip
    found = incentive_on(asked, [each or _NONE for each in known.of_term], known)
    return rows.with_columns(found["incentive"])


_NONE = Incentive(amount=Decimal(0), per="year")


def incentive_on(
    rows: pl.DataFrame, rules: Sequence[Incentive], known: Incentives, there: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The same rows, in the same order, with the target ``incentive`` of their payee and window.

    An amount for a longer period is spread evenly over its windows by running totals, one for a shorter period is added up; a
    share of ``target_incentive`` is a share of a year's amount. Then it is cut to the days on which the payee is there and
    rounded once. Who is there on no day of the window (a return after the last day) has it in full.

    Args:
        rows: With ``payee_id``, ``plan``, ``component`` (for messages), ``currency`` and its ``digits``, ``segment`` (null: all
            stays on the plan), ``window``, ``date`` and ``rule`` (number in ``rules``, null where none is needed).
        rules: What incentives are.
        known: What they are looked up in.
        there: Runs of days that count, if others than those of the stay: ``_row`` (place of the row, ``UInt32``),
            ``there_from``, ``there_to`` (excluded).

    Returns:
        With ``incentive``: minor units of ``currency``; null where there is no rule.

    Raises:
        MissingIncentive: a plan assignment states none, or in another currency; names payee, plan and component.

    Source:
        ``incentive`` of a plan file; ``docs/plans.md``.
    """
    numbered = rows.with_row_index("_row")
    asked = numbered.drop_nulls("rule").join(
        _rules(rules), on="rule", how="left", validate="m:1", maintain_order="left"
    )
    asked = _with_base(_on_day_inside(asked, known), known)
    fits = asked.join(_fits(known.windows), on=["per", "window"], how="left", validate="m:1", maintain_order="left")
    fits = fits.with_columns(amount=_spread())
    days = days_there(fits, known.service) if there is None else there
    figures = cut_to_service(_cells(fits, known.windows), days).rename({"figure": "incentive"})
    found = numbered.join(figures, on="_row", how="left", validate="1:1", maintain_order="left")
    return found.select(*rows.columns, "incentive")


def _rules(rules: Sequence[Incentive]) -> pl.DataFrame:
    rows = [
        {
            "rule": number,
            "per": kind_number(rule.per) if rule.per else YEAR,
            "stated": rule.amount,
            "share": Fraction(rule.assigned or 1).numerator,
            "whole": Fraction(rule.assigned or 1).denominator,
            "prorate": rule.prorate,
        }
        for number, rule in enumerate(rules)
    ]
    return pl.DataFrame(rows, schema=_RULES)


_RULES = pl.Schema(
    {
        **dict.fromkeys(("rule", "per"), pl.Int32()),
        "stated": MONEY,
        **dict.fromkeys(("share", "whole"), pl.Int64()),
        "prorate": pl.String(),
    }
)


def _on_day_inside(rows: pl.DataFrame, known: Incentives) -> pl.DataFrame:
    """The rows with ``day``: their date, but not before the window or the stay begins, nor after it ends."""
    stays = known.service.stays.select("payee_id", "segment", "stay_from", "stay_to")
    dated = rows.join(stays, on=["payee_id", "segment"], how="left", validate="m:1", maintain_order="left").join(
        known.windows.bounds(), on="window", how="left", validate="m:1", maintain_order="left"
    )
    first = pl.max_horizontal("date", "window_start", "stay_from")
    return dated.with_columns(day=pl.min_horizontal(first, pl.col("window_end") - ONE_DAY, pl.col("stay_to") - ONE_DAY))


def _with_base(rows: pl.DataFrame, known: Incentives) -> pl.DataFrame:
    """The rows with ``base``: the amount that the rule states, or the plan assignment of the day, in minor units."""
    by = ["payee_id", "plan"]
    stated = known.assignments.select(
        *by, "target_incentive", own_currency="currency", since=pl.col("valid_from").fill_null(ALWAYS)
    ).sort("since")
    dated = rows.sort("day")
    names = ["target_incentive", "own_currency"]
    # the one that began last by then; before the first of them the first
    for strategy in ("backward", "forward"):
        found = dated.join_asof(
            stated, left_on="day", right_on="since", by=by, strategy=strategy, check_sortedness=False
        )
        dated = dated.with_columns(found[name].alias(f"{strategy}_{name}") for name in (*names, "since"))
    begun = pl.col("backward_since").is_not_null()
    said = dated.with_columns(
        pl.when(begun).then(f"backward_{name}").otherwise(f"forward_{name}").alias(name) for name in names
    )
    is_assigned = pl.col("stated").is_null()
    _require_stated(said.filter(is_assigned))
    amount = pl.coalesce("stated", "target_incentive")
    unit = pl.lit(MAJOR_UNIT).gather(pl.col("digits"))
    return said.sort("_row").with_columns(base=share_of(minor_units(amount, 3), unit, 1000))


def _require_stated(rows: pl.DataFrame) -> None:
    """Check that every assigned incentive is there, in the plan's currency.

    Raises:
        MissingIncentive: counts the payees and names the first.
    """
    other = pl.col("own_currency").is_not_null() & (pl.col("own_currency") != pl.col("currency"))
    lost = rows.filter(pl.col("target_incentive").is_null() | other).sort("payee_id", "plan", "component", "day")
    if lost.is_empty():
        return
    first = lost.row(0, named=True)
    fault = (
        "there is none. Add 'target_incentive' (an amount for a year) to the row of plan_assignments that holds then."
    )
    if first["target_incentive"] is not None:
        fault = f"it is in {first['own_currency']}, the plan in {first['currency']}. State it in the plan's currency."
    raise MissingIncentive(
        f"{counted(lost['payee_id'].n_unique(), 'payee', 'lacks', 'lack')} a target incentive that the plan needs. First: payee "
        f"{first['payee_id']}, plan {first['plan']}, {first['component']}, on {first['day']}: {fault}"
    )


def _fits(windows: Windows) -> pl.DataFrame:
    """One row per kind of period (``per``) and window: which part of it, or how many of them, the window is."""
    table = windows.table()
    pairs = table.join(table, on="period", how="inner", suffix="_of_period").unique(["window", "window_of_period"])
    longer = pairs.filter(pl.col("kind_of_period") > pl.col("kind")).select(
        "window",
        per="kind_of_period",
        parts=pl.len().over("window_of_period", "kind"),
        part=pl.col("window").rank("ordinal").over("window_of_period", "kind"),
    )
    rest = pairs.filter(pl.col("kind_of_period") <= pl.col("kind"))
    shorter = rest.group_by("window", per="kind_of_period").agg(part=pl.len(), parts=pl.lit(1))
    columns = {"window": pl.Int32, "per": pl.Int32, "parts": pl.Int64, "part": pl.Int64, "before": pl.Int64}
    both = [longer.with_columns(before=pl.col("part") - 1), shorter.with_columns(before=pl.lit(0))]
    return pl.concat([each.select(pl.col(name).cast(kind) for name, kind in columns.items()) for each in both])


def _spread() -> pl.Expr:
    """The window's part of the amount, in minor units: the difference of two rounded running totals."""
    whole = pl.col("whole") * pl.col("parts")
    to_date, before = (share_of(pl.col("base"), pl.col("share") * pl.col(name), whole) for name in ("part", "before"))
    return to_date - before


def _cells(rows: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """The cells that each window's incentive is cut in: its months where it is cut by months, else the window."""
    kinds = rows.join(kind_of_window(windows), on="window", how="left", validate="m:1").with_columns(
        cell_kind=pl.when(pl.col("prorate") == "months").then(MONTH).otherwise("own_kind").cast(pl.Int32)
    )
    wanted = [(0, WHOLE_WINDOW, kind) for kind in range(len(KINDS))]
    cells = cells_of(windows, [()], wanted).drop("spread", "part_kind", "part_window")
    bounds = windows.bounds().rename({"window": "cell_window", "window_start": "cell_start", "window_end": "cell_end"})
    # a window has several cells
    each = kinds.drop("whole", "share").join(cells, on=["cell_kind", "window"], how="inner")
    return each.join(bounds, on="cell_window", how="left", validate="m:1").with_columns(
        share=pl.lit(1, dtype=pl.Int64), whole=pl.lit(1, dtype=pl.Int64), keeps=pl.lit(value=True)
    )
