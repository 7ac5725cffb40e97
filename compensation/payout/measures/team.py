"""Overrides: positions of managers, moved by what those who report to them sell or earn."""

from collections.abc import Iterable

import polars as pl

from compensation.in_force import until_next
from compensation.payout.bonuses.presence import service
from compensation.payout.errors import ManagerLoop
from compensation.payout.placing import in_their_windows
from compensation.payout.setting import Setting
from compensation.payout.standing import Standings
from compensation.payout.terms import CREDIT_KINDS, Term, Terms
from compensation.payout.windows import Windows
from schemas.core.attribution import MOTIONS, SUB_MOTIONS

KIND_WORDS = [(motion, sub_motion) for motion in MOTIONS for sub_motion in SUB_MOTIONS]
"""Motion and sub-motion of each kind of credit, in the order of their numbers."""

ANY_DISTANCE = 10**6
"""Further than anybody is from their highest manager."""


def override_terms(terms: Terms, base: str) -> list[int]:
    """The numbers of the terms on others' credits, with the base given: ``credit`` or ``commission``."""
    return [number for number, term in enumerate(terms.terms) if term.component.measure.base == base]


def paid_people(credits: pl.DataFrame, payees: pl.DataFrame, terms: Terms) -> pl.Series:
    """Whoever may be paid, in the order of their numbers: payees of credits and, where plans pay overrides, managers."""
    receivers = credits["payee_id"].cast(pl.String).unique()
    if not any(term.component.measure.base for term in terms.terms):
        return receivers.sort()
    managers = payees["manager_id"].drop_nulls().cast(pl.String)
    return pl.concat([receivers, managers.rename("payee_id")]).unique().sort()


def takers_of_all(terms: Terms) -> pl.DataFrame:
    """``cell``, ``slot`` and ``term``: which term takes a kind of credit under a standing, of the payee's own or of others."""
    overrides = takers_of(terms, [*override_terms(terms, "credit"), *override_terms(terms, "commission")])
    own = terms.taker_of_slot().select("cell", "slot", "term")
    return pl.concat([own, overrides.select(own.columns).cast(own.schema)]).unique(["cell", "slot"])


def with_team_rows(
    rows: pl.DataFrame,
    numbers: pl.DataFrame,
    payees: pl.DataFrame,
    payee_ids: pl.Series,
    terms: Terms,
    standings: Standings,
    windows: Windows,
) -> pl.DataFrame:
    """Rows as ``placed`` gives them, and those of ``team_rows`` after them; as they are where no plan pays on others' credits."""
    if not override_terms(terms, "credit"):
        return rows
    return pl.concat([rows, team_rows(numbers, payees, payee_ids, terms, standings, windows)])


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
    takers = takers_of(terms, override_terms(terms, "credit"))
    each = led(numbers, payees, standings, takers, payee_ids, windows)
    taken = each if terms.narrowing is None else each.filter(terms.narrowing.takes())
    sales, returns = taken.filter(~pl.col("is_return")), taken.filter("is_return")
    return in_their_windows(sales, returns, standings, terms, takers)


def own_firsts(slices: pl.DataFrame, runs: pl.DataFrame, numbers: pl.DataFrame, setting: Setting) -> pl.Series:
    """The credit of every first slice that its own payee's component takes; overrides on it are left out.

    Args:
        slices: Slices as ``sliced`` gives them, numbered through the entries of a credit.
        runs: Stretches of one curve, with ``term`` and ``payee``.
        numbers: Credits as ``numbered`` gives them.
        setting: How slices are numbered.
    """
    firsts = slices.filter(pl.col("slice_number") == 1).select("run", credit=setting.credit())
    if not any(term.component.measure.base for term in setting.terms.terms):
        return firsts["credit"]
    return of_own(firsts, runs, numbers, setting)["credit"]


def of_own(rows: pl.DataFrame, runs: pl.DataFrame, numbers: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Rows (with ``run`` and ``credit``) on a position of the credit's own payee that counts credits."""
    counts_credits = pl.Series([term.component.measure.base != "commission" for term in setting.terms.terms])
    known = rows.with_columns(pl.lit(runs[name]).gather(pl.col("run")).alias(name) for name in ("term", "payee"))
    is_own = pl.col("payee") == pl.lit(numbers["payee"]).gather(pl.col("credit"))
    return known.filter(is_own & pl.lit(counts_credits).gather(pl.col("term")))


def led(
    numbers: pl.DataFrame, payees: pl.DataFrame, standings: Standings, takers: pl.DataFrame, payee_ids: pl.Series,
    windows: Windows,
) -> pl.DataFrame:  # fmt: skip
    """Each credit with each manager and term that takes it; ``payee``, ``cell`` and ``segment`` are the manager's.

    A manager who has left by the day of the sale takes nothing; whoever is above them still does.

    Args:
        numbers: Credits as ``numbered`` gives them.
        payees: Contract ``Payee``.
        standings: Who is on which plan version when.
        takers: As ``takers_of`` gives them.
        payee_ids: Payees in the order of their numbers.
        windows: The fiscal calendar in numbers.
    """
    days = numbers.select("payee", "sale_day").unique()
    chains = still_serving(_chains(days, payees, payee_ids, windows), payees, payee_ids, windows)
    if 0 in takers["nearest"]:
        themselves = days.with_columns(manager="payee", distance=pl.lit(0, dtype=pl.Int32))
        chains = pl.concat([themselves.select(chains.columns), chains])
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
    return each.filter(pl.col("distance").is_between("nearest", "farthest"))


def still_serving(chains: pl.DataFrame, payees: pl.DataFrame, payee_ids: pl.Series, windows: Windows) -> pl.DataFrame:
    """The rows (``manager``, ``sale_day``) of which the manager has not left by the day: the last day of service counts.

    Args:
        chains: Rows as ``_chains`` gives them.
        payees: Contract ``Payee``; a manager whose hire date is not known counts as well.
        payee_ids: Payees in the order of their numbers.
        windows: The fiscal calendar in numbers.
    """
    ids = pl.DataFrame({"payee_id": payee_ids}).with_columns(manager=pl.int_range(pl.len(), dtype=pl.Int32))
    ends = service(payees.with_columns(pl.col("payee_id").cast(pl.String))).select("payee_id", left=windows.day("left"))
    left = ids.join(ends, on="payee_id", how="inner").drop_nulls("left").select("manager", "left")
    known = chains.join(left, on="manager", how="left", validate="m:1")
    return known.filter(pl.col("left").is_null() | (pl.col("sale_day") < pl.col("left"))).drop("left")


def takers_of(terms: Terms, numbers: Iterable[int]) -> pl.DataFrame:
    """``cell``, ``slot`` and ``term`` of the terms given, and whose credits each takes: ``nearest`` to ``farthest``.

    A report is 1 away, a report's report 2, and the manager 0: own commission counts where own deals are included, and own
    credits are no rows of the team (``Term.takes_own_credits``).
    """
    rows = [
        {
            "cell": terms.standing_of(term.version) * CREDIT_KINDS + kind,
            "slot": terms.table["slot"][number],
            "term": number,
            "nearest": 0 if term.component.measure.own_deals == "included" and not term.takes_own_credits else 1,
            "farthest": 1 if term.component.measure.whose == "direct_reports" else ANY_DISTANCE,
        }
        for number, term in ((number, terms.terms[number]) for number in numbers)
        for kind in _kinds(term)
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("cell", "slot", "term", "nearest", "farthest"), pl.Int32))


def _kinds(term: Term) -> list[int]:
    return [kind for kind, words in enumerate(KIND_WORDS) if set(words) & set(term.takes)]


def _chains(days: pl.DataFrame, payees: pl.DataFrame, payee_ids: pl.Series, windows: Windows) -> pl.DataFrame:
    """Each payee and day with everybody above them then: ``payee``, ``sale_day``, ``manager`` and their ``distance``.

    Args:
        days: Payees (numbers) and days (numbers) in question, once each.
        payees: Contract ``Payee``.
        payee_ids: Payees in the order of their numbers.
        windows: The fiscal calendar in numbers.
    """
    reports = _reports(payees, payee_ids, windows)
    steps = [_manager_on(days.with_columns(person="payee"), reports)]
    while not steps[-1].is_empty():
        if len(steps) > len(payee_ids):
            _refuse_loop(steps[-1], payee_ids, windows)
        steps.append(_manager_on(steps[-1].with_columns(person="manager").drop("manager"), reports))
    levels = [step.drop("person").with_columns(distance=pl.lit(n, dtype=pl.Int32)) for n, step in enumerate(steps, 1)]
    return pl.concat(levels)


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
