"""Pricing: from positions to the money of every slice, with what readings, caps and factors make of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from compensation.payout.conservation import require_conserved
from compensation.payout.curves.changes import NOTHING_CHANGED, Changed, changed, deals_of, has_changes
from compensation.payout.curves.designs import Effect
from compensation.payout.curves.scaled import NO_EFFECTS, Curves
from compensation.payout.curves.slices import sliced
from compensation.payout.measures.events import numbered_through
from compensation.payout.positions import cut_into_runs, require_quotas, runs_of, with_curves, with_quota_of_term
from compensation.payout.readings.modifiers import modified, tiers_of_wider_windows, uses_of, with_running_effects
from compensation.payout.readings.readings import Readings
from compensation.payout.setting import Setting
from schemas.core.attribution import Finding
from schemas.core.payout import ReadingTaken


@dataclass(frozen=True)
class Priced:
    """Credits in their positions, the runs and curves that price them, their slices, and what changed them.

    ``effects`` is what readings said, ``readings`` each of them (contract ``ReadingTaken``), ``findings`` those that are
    not there (contract ``Finding``), ``largest`` the size that no
    position exceeds.
    """

    ordered: pl.DataFrame
    runs: pl.DataFrame
    curves: Curves
    slices: pl.DataFrame
    changed: Changed
    effects: tuple[Effect, ...]
    readings: pl.DataFrame
    findings: pl.DataFrame
    largest: int


def priced(
    ordered: pl.DataFrame, credits: pl.DataFrame, orders: pl.DataFrame, setting: Setting, readings: Readings
) -> Priced:
    """Price every credit: cut positions into runs, draw their curves, slice the credits, apply caps and factors.

    Args:
        ordered: Credits in payout order within their position, as ``positioned`` gives them.
        credits: Contract ``Credit``, in payout order.
        orders: Contract ``Order``; which opportunity an order belongs to says what a deal is.
        setting: Terms, calendar, quotas and numbering.
        readings: Takes what gates, multipliers and matrices read.

    Raises:
        MissingQuota: a curve or reading needs a quota that is not there.
        NotConserved: slices that do not add up to their window.
    """
    terms = setting.terms.terms
    uses = [use for term in terms for use in uses_of(term)]
    running: Sequence[Effect] = NO_EFFECTS
    if any(use.is_running for use in uses):
        ordered, running = with_running_effects(ordered, setting, readings)
    ordered = cut_into_runs(ordered)
    runs = require_quotas(runs_of(ordered, setting), setting)
    tiers = tiers_of_wider_windows(ordered, runs, lambda rows: with_quota_of_term(rows, setting), setting)
    effects: tuple[Effect, ...] = tuple(running)
    taken, lost = ReadingTaken.empty_frame(), Finding.empty_frame()
    if uses or tiers is not None:
        found = modified(runs, running, tiers, setting, readings)
        runs, effects, taken, lost = found.rows, found.effects, found.readings, found.findings
    largest = largest_position(ordered)
    runs, curves = with_curves(runs, setting.terms, largest, effects)
    slices = require_conserved(sliced(ordered, runs, curves), ordered, runs, curves, setting.windows)
    slices = numbered_through(slices, runs, setting)
    after = NOTHING_CHANGED
    if any(has_changes(term) for term in terms):
        after = changed(slices, ordered, runs, curves, lambda: deals_of(credits, orders), setting)
    return Priced(ordered, runs, curves, slices, after, effects, taken, lost, largest)


def largest_position(ordered: pl.DataFrame) -> int:
    """No position before or after a credit is larger than this, in minor units."""
    sizes = ordered.select(after=pl.col("after").abs().max(), before=(pl.col("after") - pl.col("units")).abs().max())
    return max(size or 0 for size in sizes.row(0))
