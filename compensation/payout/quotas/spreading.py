"""Spreading: the share of a longer interval that each shorter one inside it has, evenly or by weights of the year."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm

import polars as pl

from compensation.payout.errors import WrongWeights
from compensation.payout.windows import KINDS, Windows

Weights = tuple[Decimal, ...]
MONTH, QUARTER, HALF_YEAR, YEAR = range(len(KINDS))
OF_WEIGHTS = {0: YEAR, 2: HALF_YEAR, 4: QUARTER, 12: MONTH, 13: MONTH}
"""The kind of interval that so many weights of a year belong to; without weights the year is one interval."""

WHOLE_WINDOW = -1
"""In place of a kind of part: the figure is one for the whole window."""

FITS = pl.Schema(
    {"window": pl.Int32, "window_of_quota": pl.Int32, **dict.fromkeys(("before", "after", "parts"), pl.Int64)}
)
CELLS = pl.Schema(
    {
        **dict.fromkeys(("spread", "part_kind", "cell_kind", "window", "part_window", "cell_window"), pl.Int32),
        **dict.fromkeys(("weight", "total"), pl.Int64),
    }
)


def kind_of_window(windows: Windows) -> pl.DataFrame:
    """One row per window of the calendar: ``window`` and its ``own_kind``."""
    return windows.table().select("window", own_kind="kind").unique("window").sort("window")


def require_weights(weights: Weights, windows: Windows, where: str) -> Weights:
    """Return the weights if every fiscal year has as many intervals.

    Args:
        weights: Shares of a year; none for an even spread.
        windows: The fiscal calendar in numbers.
        where: Plan and component, for the message.

    Raises:
        WrongWeights: a year has 13 periods and there are 12 weights, or the other way round.
    """
    if OF_WEIGHTS[len(weights)] == MONTH:
        last = windows.periods.group_by("fiscal_year").agg(pl.col("month").max()).sort("fiscal_year")
        for year, month in last.rows():
            if month > len(weights) or (month == len(weights) - 1):
                raise WrongWeights(
                    f"{where}: {len(weights)} weights spread the quota, and the fiscal year {year} has {month} periods. "
                    "Give one weight a period, or 4 weights for quarters or 2 for half years."
                )
    return weights


def year_shares(windows: Windows, weights: Weights) -> list[Fraction]:
    """The share of its year that each fiscal period has, in order: its interval's weight, divided evenly inside it."""
    count = windows.periods.height
    kind = OF_WEIGHTS[len(weights)]
    of_interval = windows.of_period.to_list()[kind * count : (kind + 1) * count]
    inside = {number: of_interval.count(number) for number in set(of_interval)}
    months = windows.periods["month"].to_list()
    labels = {QUARTER: windows.periods["quarter"], HALF_YEAR: windows.periods["half"]}
    numbers = [int(str(label)[-1]) for label in labels[kind]] if kind in labels else months
    weight = [Fraction(weights[number - 1]) for number in numbers] if weights else [Fraction(1)] * count
    return [each / inside[interval] for each, interval in zip(weight, of_interval, strict=True)]


def weighted_fits(windows: Windows, weights: Weights) -> pl.DataFrame:
    """How weights spread a year over the windows in it: the window's part lies from ``before`` to ``after`` of ``parts``."""
    shares, periods = year_shares(windows, weights), _periods_of(windows)
    years = [(window, inside) for window, (kind, inside) in periods.items() if kind == YEAR]
    rows = []
    for year, of_year in years:
        parts = lcm(*(shares[period].denominator for period in of_year))
        for window, (kind, inside) in periods.items():
            if kind < YEAR and inside[0] in of_year:
                before = sum((shares[period] for period in of_year if period < inside[0]), Fraction(0))
                after = before + sum((shares[period] for period in inside), Fraction(0))
                rows.append((window, year, int(before * parts), int(after * parts), parts))
    return pl.DataFrame(rows, schema=FITS, orient="row")


def cells_of(windows: Windows, spreads: Sequence[Weights], wanted: Iterable[tuple[int, int, int]]) -> pl.DataFrame:
    """The cells that a figure of a window is cut in, before each is ramped and prorated by itself.

    Args:
        windows: The fiscal calendar in numbers.
        spreads: Weights by number; the first one says nothing.
        wanted: Number of the weights, kind of the parts that have figures of their own (``WHOLE_WINDOW`` where the window's
            figure is one), and kind of the cells.

    Returns:
        One row per cell of each window: ``part_window`` whose figure it is a part of, ``cell_window``, and its share of that
        figure, ``weight ÷ total`` (``total`` is the same for all cells of a window).
    """
    periods = _periods_of(windows)
    rows = [
        (spread, part_kind, cell_kind, *cell)
        for spread, part_kind, cell_kind in wanted
        for cell in _cells(windows, periods, spreads[spread], part_kind, cell_kind)
    ]
    return pl.DataFrame(rows, schema=CELLS, orient="row")


def _cells(
    windows: Windows, periods: Mapping[int, tuple[int, list[int]]], weights: Weights, part_kind: int, cell_kind: int
) -> Iterator[tuple[int, int, int, int, int]]:
    count, of_period = windows.periods.height, windows.of_period.to_list()
    shares = year_shares(windows, weights) if weights else []
    for window, (kind, inside) in periods.items():
        if kind < max(part_kind, cell_kind):
            continue
        parts = _grouped(inside, of_period[part_kind * count :] if part_kind != WHOLE_WINDOW else None, window)
        cells = [
            (part, cell, share)
            for part, of_part in parts.items()
            for cell, share in _shares_of(_grouped(of_part, of_period[cell_kind * count :], window), shares)
        ]
        total = lcm(*(share.denominator for _, _, share in cells))
        yield from ((window, part, cell, int(share * total), total) for part, cell, share in cells)


def _shares_of(cells: Mapping[int, list[int]], shares: Sequence[Fraction]) -> list[tuple[int, Fraction]]:
    """Each cell's share of all: by the shares of the year that its periods have, evenly where they say nothing."""
    weighed = {cell: sum((shares[p] for p in inside), Fraction(0)) for cell, inside in cells.items()} if shares else {}
    whole = sum(weighed.values(), Fraction(0))
    return [(cell, weighed[cell] / whole if whole else Fraction(1, len(cells))) for cell in cells]


def _grouped(periods: Iterable[int], numbers: Sequence[int] | None, window: int) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for period in periods:
        groups.setdefault(window if numbers is None else numbers[period], []).append(period)
    return groups


def _periods_of(windows: Windows) -> dict[int, tuple[int, list[int]]]:
    """Kind and periods of every window of the calendar, in order."""
    table = windows.table().sort("window", "period")
    grouped = table.group_by("window", maintain_order=True).agg(pl.col("kind").first(), "period")
    return {window: (kind, inside) for window, kind, inside in grouped.rows()}
