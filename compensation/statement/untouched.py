"""Components that a payee is on and has no credit in: they are printed with zeros and their quota, not left out."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl

from compensation.currency import minor_unit_digits
from compensation.money import exact_product, minor_by_row, money_by_row, position_of, power_of_ten, rounded_fraction
from compensation.payout.curves.designs import design_of
from compensation.payout.quotas.lookup import quotas_of_components
from compensation.payout.quotas.spreading import kind_of_window
from compensation.payout.terms import POSITION_DIGITS
from compensation.payout.windows import KINDS, windows_of
from compensation.statement.due import on_a_plan
from schemas.core.payout import Attainment
from schemas.dtypes import MONEY, RATE
from schemas.rules.component import Component
from schemas.rules.curve import TieredCurve
from schemas.rules.plan import Plan

PLACE = ["payee_id", "plan", "component", "measure", "window"]
_ASKED = {
    **dict.fromkeys(
        ("fiscal_period", "plan", "component", "measure", "window", "currency", "quota_measure"), pl.String
    ),
    "digits": pl.Int32,
    "number": pl.Int32,
    "date": pl.Date,
}


def untouched_standing(
    standing: pl.DataFrame,
    facts: dict[str, pl.DataFrame],
    plans: Sequence[Plan],
    periods: pl.DataFrame,
    calendar: pl.DataFrame,
    earnings: pl.DataFrame,
) -> pl.DataFrame:
    """Attainment at position 0: one row per payee, period and component of their plan that no credit has touched in its window by then.

    Args:
        standing: ``Attainment`` rows of the periods.
        facts: Contract tables; ``payees``, ``plan_assignments``, ``absences`` and ``quotas`` are read.
        plans: Plans of the company.
        periods: Fiscal periods to state.
        calendar: Fiscal periods of whole years around them, so that every window is whole.
        earnings: ``Earning`` rows of all periods, for components that are measured against the window before.

    Returns:
        Rows in the columns of ``Attainment``. Where there is no quota, quota and attainment are empty.
    """
    components, table = _components(plans, periods)
    on = ["fiscal_period", "plan", "currency"]
    # a payee's plan has several components, a component several payees
    due = on_a_plan(facts, plans, periods).join(table, on=on, how="inner")
    asked = _without_touched(due, standing, periods)
    quoted = _with_own_quota(_with_quota(asked, facts, plans, calendar), components, earnings, calendar)
    rows = _with_first_tier(quoted, components).with_columns(
        position=pl.lit(0, dtype=MONEY),
        quota=money_by_row(pl.col("quota"), pl.col("digits")),
        attainment=pl.when(pl.col("quota") > 0).then(pl.lit(0, dtype=RATE)),
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in standing.schema.items()).select(Attainment.columns())


def _without_touched(due: pl.DataFrame, standing: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Those due whose position has no row in their period nor in an earlier one."""
    numbers = periods.select("fiscal_period", number_of_period=pl.int_range(pl.len()))
    numbered = standing.select(*PLACE, "fiscal_period").join(numbers, on="fiscal_period", how="left", validate="m:1")
    touched = numbered.group_by(PLACE).agg(touched=pl.col("number_of_period").min())
    known = due.join(numbers, on="fiscal_period", how="left", validate="m:1")
    known = known.join(touched, on=PLACE, how="left", validate="m:1")
    return known.filter(pl.col("touched").is_null() | (pl.col("number_of_period") < pl.col("touched")))


def _components(plans: Sequence[Plan], periods: pl.DataFrame) -> tuple[list[Component], pl.DataFrame]:
    """The components of all versions in force at the end of a period, and where their positions stand, one row each."""
    numbers: dict[tuple[str, str, str], int] = {}
    components: list[Component] = []
    rows = []
    for period in periods.rows(named=True):
        last_day = period["period_end"] - timedelta(days=1)
        for plan in plans:
            version = plan.version_on(last_day)
            if version is None:
                continue
            for part in (part for part in version.components if part.window in KINDS):
                names = [name for name, _ in part.measure.parts()]
                digits = POSITION_DIGITS.get(part.measure.of, minor_unit_digits(plan.currency))
                quota, window = part.quota.measure if part.quota else None, str(period[KINDS[part.window]])
                place = (period["fiscal_period"], plan.plan, part.component)
                number = numbers.setdefault((plan.plan, version.version, part.component), len(components))
                components += [part] if number == len(components) else []
                rows += [(*place, name, window, plan.currency, quota, digits, number, last_day) for name in names]
    return components, pl.DataFrame(rows, schema=_ASKED, orient="row")


def _with_quota(
    asked: pl.DataFrame, facts: dict[str, pl.DataFrame], plans: Sequence[Plan], calendar: pl.DataFrame
) -> pl.DataFrame:
    """The quota of each, in units of its position, which has ``digits`` decimals."""
    windows = windows_of(calendar)
    numbers = pl.DataFrame({"window": windows.labels.cast(pl.String)}).with_row_index("window_number")
    numbered = asked.join(numbers, on="window", how="left", validate="m:1", maintain_order="left")
    wanted = numbered.select("payee_id", "plan", "component", "date", window=pl.col("window_number").cast(pl.Int32))
    quotas = quotas_of_components(wanted, facts, plans, windows)
    return asked.with_columns(quotas)


def _with_own_quota(
    asked: pl.DataFrame, components: Sequence[Component], earnings: pl.DataFrame, calendar: pl.DataFrame
) -> pl.DataFrame:
    """The same rows; what is measured against the window before has as quota what was counted in it, or 0.

    Null where the calendar does not hold the window before.
    """
    own = [number for number, part in enumerate(components) if part.quota and part.quota.of == "previous_window"]
    if not own:
        return asked
    windows = windows_of(calendar)
    named = kind_of_window(windows).with_columns(label=pl.lit(windows.labels.cast(pl.String)).gather(pl.col("window")))
    follows = named.select(window="label", before=pl.col("label").shift(1).over("own_kind"))
    counted = earnings.with_columns(pl.col(PLACE).cast(pl.String)).group_by(PLACE).agg(pl.col("credited").sum())
    known = asked.join(follows, on="window", how="left", validate="m:1", maintain_order="left")
    found = known.join(
        counted.rename({"window": "before"}),
        on=[*PLACE[:-1], "before"],
        how="left",
        validate="m:1",
        maintain_order="left",
    )
    counts = pl.max_horizontal(pl.col("credited").fill_null(0), pl.lit(0)).cast(MONEY)
    reached = minor_by_row(counts, pl.col("digits"))
    quota = pl.when(pl.col("before").is_not_null()).then(reached)
    return found.with_columns(quota=pl.when(pl.col("number").is_in(own)).then(quota).otherwise("quota")).drop(
        "before", "credited"
    )


def _with_first_tier(asked: pl.DataFrame, components: Sequence[Component]) -> pl.DataFrame:
    """The rate at position 0, and where the second tier starts: its bound as an amount, or × quota."""
    firsts = pl.DataFrame(
        [(number, *_first_tier(part)) for number, part in enumerate(components)], schema=_FIRST_TIER, orient="row"
    )
    known = asked.join(firsts, on="number", how="left", validate="m:1", maintain_order="left")
    has_quota = pl.col("quota").fill_null(0) > 0
    one = pl.when("of_quota").then("quota").otherwise(power_of_ten(pl.col("digits")))
    second = position_of(exact_product(pl.col("bound"), one), pl.col("digits"))
    return known.with_columns(
        next_tier_at=pl.when(has_quota | ~pl.col("of_quota")).then(second),
        tier_rate=pl.when(has_quota | ~pl.col("of_quota")).then("rate").otherwise("rate_without_quota"),
    )


_FIRST_TIER: dict[str, pl.DataType | type[pl.DataType]] = {
    "number": pl.Int32,
    "of_quota": pl.Boolean,
    "bound": pl.Int128,
    "rate": RATE,
    "rate_without_quota": RATE,
}


def _first_tier(component: Component) -> tuple[bool, int | None, Decimal, Decimal]:
    """Whether bounds are of a quota, the next one above 0 in millionths, and the rate at 0 with and without a quota.

    A curve that states money instead of multiplying has the rate 0.
    """
    of_quota, pieces = component.needs_quota(), design_of(component)
    at_nothing = [piece for piece in pieces if piece.floor is None or piece.floor <= 0][-1]
    later = [piece.floor for piece in pieces if piece.floor is not None and piece.floor > 0]
    without = design_of(component, has_quota=False)[0].slope
    multiplies = not of_quota or isinstance(component.curve, TieredCurve)
    rates = [_rate(slope) if multiplies else Decimal(0) for slope in (at_nothing.slope, without)]
    return of_quota, rounded_fraction(min(later), 6) if later else None, rates[0], rates[1]


def _rate(slope: Fraction) -> Decimal:
    return Decimal(rounded_fraction(slope, 6)).scaleb(-6)
