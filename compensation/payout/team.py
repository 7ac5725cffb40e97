"""Overrides: positions of managers, moved by what those who report to them sell or earn."""

from collections.abc import Iterable

import polars as pl

from compensation.in_force import until_next
from compensation.payout.errors import ManagerLoop
from compensation.payout.placing import in_their_windows
from compensation.payout.standing import Standings
from compensation.payout.terms import CREDIT_KINDS, Term, Terms
from compensation.payout.windows import Windows
from schemas.core.attribution import MOTIONS, SUB_MOTIONS

KIND_WORDS = [(motion, sub_motion) for motion in MOTIONS for sub_motion in SUB_MOTIONS]
"""Motion and sub-motion of each kind of credit, in the order of their numbers."""


def override_terms(terms: Terms, base: str) -> list[int]:
    """The numbers of the terms on others' credits, with the base given: ``credit`` or ``commission``."""
    return [number for number, term in enumerate(terms.terms) if term.component.measure.base == base]


def managers_of(payees: pl.DataFrame) -> pl.Series:
    """Everybody whom somebody reports to, ever."""
    return payees["manager_id"].drop_nulls().cast(pl.String).unique().sort()


def team_rows(
    numbers: pl.DataFrame,
    payees: pl.DataFrame,
    payee_ids: pl.Series,
    terms: Terms,
    standings: Standings,
    windows: Windows,
) -> pl.DataFrame:
    """Each credit with each term of a manager that takes it: rows as ``placed`` gives them, of whom the manager is the payee.

    Who reports to whom, and which plan version the manager is on, is what held on the day of the sale, also for its
    returns; so a change of manager divides the credits by order date, and every credit counts once for each manager.

    Args:
        numbers: Credits as ``numbered`` gives them.
        payees: Contract ``Payee``; ``manager_id`` is dated.
        payee_ids: Payees in the order of their numbers; all managers are among them.
        terms: Terms of all plans.
        standings: Who is on which plan version when.
        windows: The fiscal calendar in numbers.

    Returns:
        Rows of terms with ``base: credit``; own deals are no rows here (``Term.takes_own_credits``).

    Raises:
        ManagerLoop: somebody reports to themselves, directly or through others.

    Source:
        ``measure.whose``, ``base`` and ``own_deals`` of a plan file; scenarios of a change of manager inside a window.
    """
    takers = _takers(terms, override_terms(terms, "credit"))
    chains = _chains(numbers.select("payee", "sale_day").unique(), payees, payee_ids, windows)
    each = _led(numbers, chains, standings, takers)
    taken = each if terms.narrowing is None else each.filter(terms.narrowing.takes())
    sales, returns = taken.filter(~pl.col("is_return")), taken.filter("is_return")
    return in_their_windows(sales, returns, standings, terms, takers)


def _led(numbers: pl.DataFrame, chains: pl.DataFrame, standings: Standings, takers: pl.DataFrame) -> pl.DataFrame:
    """Each credit with each manager and term that takes it; ``payee``, ``cell`` and ``segment`` are the manager's."""
    standing = standings.of(pl.col("manager"), pl.col("sale_day"))
    known = chains.with_columns(standing=standing)
    known = known.filter(pl.col("standing").is_in((takers["cell"] // CREDIT_KINDS).unique().implode()))
    reached = numbers.drop("cell", "segment").join(known, on=["payee", "sale_day"], how="inner")  # one row a manager
    led = reached.drop("payee").with_columns(
        payee="manager",
        cell=pl.col("standing") * CREDIT_KINDS + pl.col("kind"),
        segment=standings.segment(pl.col("manager"), pl.col("sale_day")),
    )
    each = led.join(takers, on="cell", how="inner")  # a manager may have several overrides
    return each.filter(pl.col("is_direct") | ~pl.col("only_direct"))


def _takers(terms: Terms, numbers: Iterable[int]) -> pl.DataFrame:
    """``cell``, ``slot`` and ``term`` of the terms given, and whether one takes credits of direct reports only."""
    rows = [
        {
            "cell": terms.standing_of(term.version) * CREDIT_KINDS + kind,
            "slot": terms.table["slot"][number],
            "term": number,
            "only_direct": term.component.measure.whose == "direct_reports",
        }
        for number, term in ((number, terms.terms[number]) for number in numbers)
        for kind in _kinds(term)
    ]
    return pl.DataFrame(rows, schema={"cell": pl.Int32, "slot": pl.Int32, "term": pl.Int32, "only_direct": pl.Boolean})


def _kinds(term: Term) -> list[int]:
    return [kind for kind, words in enumerate(KIND_WORDS) if set(words) & set(term.takes)]


def _chains(days: pl.DataFrame, payees: pl.DataFrame, payee_ids: pl.Series, windows: Windows) -> pl.DataFrame:
    """Each payee and day with everybody above them then: ``payee``, ``sale_day``, ``manager``, ``is_direct``.

    Args:
        days: Payees (numbers) and days (numbers) in question, once each.
        payees: Contract ``Payee``.
        payee_ids: Payees in the order of their numbers.
        windows: The fiscal calendar in numbers.
    """
    reports = _reports(payees, payee_ids, windows)
    steps: list[pl.DataFrame] = []
    level = days.with_columns(person="payee")
    while not level.is_empty():
        level = _manager_on(level, reports)
        steps.append(level.with_columns(is_direct=pl.lit(not steps)))
        level = level.with_columns(person="manager").drop("manager")
        if len(steps) > len(payee_ids):
            _refuse_loop(level, payee_ids, windows)
    return pl.concat(steps or [_manager_on(level, reports).with_columns(is_direct=pl.lit(value=True))]).drop("person")


def _reports(payees: pl.DataFrame, payee_ids: pl.Series, windows: Windows) -> pl.DataFrame:
    """``person``, ``manager`` (numbers; nobody on no row) and the day (number) from which: sorted by day."""
    dated = until_next(payees, "payee_id").select("valid_from", person="payee_id", manager="manager_id")
    known = dated.filter(pl.col("person").cast(pl.String).is_in(payee_ids.implode()))
    names = [
        pl.col(name).cast(pl.String).cast(pl.Enum(payee_ids)).to_physical().cast(pl.Int32)
        for name in ("person", "manager")
    ]
    return known.select(*names, starts=windows.day("valid_from")).sort("starts")


def _manager_on(rows: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """The rows of which the ``person`` has a ``manager`` on the day."""
    found = rows.sort("sale_day").join_asof(
        reports, left_on="sale_day", right_on="starts", by="person", strategy="backward", check_sortedness=False
    )
    return found.drop("starts", strict=False).drop_nulls("manager")


def _refuse_loop(level: pl.DataFrame, payee_ids: pl.Series, windows: Windows) -> None:
    first = level.sort("payee", "sale_day").row(0, named=True)
    raise ManagerLoop(
        f"payee {payee_ids[first['person']]} reports to themselves through others on day {first['sale_day']} of the calendar "
        f"that starts on {windows.first_day}. Correct 'manager_id' in payees."
    )
