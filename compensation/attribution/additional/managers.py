"""Who stands above a person on a day: the hierarchy that credits roll up by."""

import polars as pl

from compensation.attribution.people import last_days
from compensation.in_force import on_day, until_next


class ManagersLoop(ValueError):
    """Somebody reports to themselves on some day."""


def managers_above(people: pl.DataFrame, payees: pl.DataFrame) -> pl.DataFrame:
    """Everybody above each person on a day, as far up as there is somebody.

    A manager who has left by the day takes nothing; whoever is above them still does.

    Args:
        people: ``payee_id`` and ``day``, once each.
        payees: Contract ``Payee``; ``manager_id`` is dated.

    Returns:
        ``payee_id``, ``day``, ``manager_id``; one row per person, day and manager.

    Raises:
        ManagersLoop: somebody reports to themselves through others; names them and the day.

    Source:
        ``docs/attribution/credits.md``, roll-up; agrees with ``measure.whose: team`` of a plan.
    """
    reports = until_next(payees.select("payee_id", "valid_from", "manager_id"), "payee_id").rename({"payee_id": "_at"})
    step = people.select("payee_id", "day", _at="payee_id")
    levels = [people.select("payee_id", "day", manager_id=pl.lit(None, dtype=pl.String)).clear()]
    while not (step := _one_up(step, reports)).is_empty():
        looping = step.filter(pl.col("_at") == pl.col("payee_id"))
        if not looping.is_empty() or len(levels) > payees.height:
            _refuse(looping if not looping.is_empty() else step)
        levels.append(step.rename({"_at": "manager_id"}))
    return _serving(pl.concat(levels), payees)


def _one_up(step: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    found = on_day(step, reports, by="_at", on="day").filter(pl.col("manager_id").is_not_null())
    return found.select("payee_id", "day", _at="manager_id")


def _serving(above: pl.DataFrame, payees: pl.DataFrame) -> pl.DataFrame:
    ends = last_days(payees).rename({"payee_id": "manager_id"})
    known = above.join(ends, on="manager_id", how="left", validate="m:1", maintain_order="left")
    return known.filter((pl.col("day") <= pl.col("last_day")).fill_null(value=True)).drop("last_day")


def _refuse(looping: pl.DataFrame) -> None:
    first = looping.sort("payee_id", "day").row(0, named=True)
    raise ManagersLoop(
        f"payee {first['payee_id']} reports to themselves through others on {first['day']}. Correct 'manager_id' in payees."
    )
