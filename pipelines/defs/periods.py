"""Fiscal periods as Dagster's partitions: keys such as ``2026-P03``, in their order, from the first to the open one."""

import re
from collections.abc import Sequence
from datetime import date

import dagster as dg
import polars as pl
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from compensation.calendar import fiscal_periods
from schemas.rules.company import Company

PERIODS = dg.DynamicPartitionsDefinition(name="fiscal_periods")
KEY = re.compile(r"[0-9]{4}-P(0[1-9]|1[0-3])")


class WrongPeriod(ValueError):
    """A partition key that is no fiscal period."""


def require_period(key: str) -> str:
    """Return the key if it is a fiscal period; it becomes part of a path, so nothing else passes.

    Raises:
        WrongPeriod: says how periods are named.
    """
    if not KEY.fullmatch(key):
        raise WrongPeriod(f"{key!r} is no fiscal period. Periods are named like 2026-P03, with P01 to P13.")
    return key


def periods_until(company: Company, as_of: date) -> list[str]:
    """Every fiscal period from the company's first day to the one that ``as_of`` lies in, which is the open one."""
    last = max(as_of, company.starts)
    known = fiscal_periods(company.fiscal_calendar, company.starts, last)
    begun = known.filter((pl.col("period_end") > company.starts) & (pl.col("period_start") <= last))
    return begun["fiscal_period"].to_list()


def register(instance: dg.DagsterInstance, keys: Sequence[str]) -> None:
    """Have Dagster know the periods, in their order: a range of partitions runs in the order in which they were added."""
    name = str(PERIODS.name)
    known = instance.get_dynamic_partitions(name)
    wanted = sorted({*map(require_period, keys), *known})
    if known == wanted[: len(known)]:
        instance.add_dynamic_partitions(name, wanted[len(known) :])
        return
    for key in known:  # an earlier period turned up: its place is before the others; what was made of them stays known
        instance.delete_dynamic_partition(name, key)
    instance.add_dynamic_partitions(name, wanted)


def range_tags(keys: Sequence[str]) -> dict[str, str]:
    """Run tags for one run over all the periods given."""
    return {ASSET_PARTITION_RANGE_START_TAG: keys[0], ASSET_PARTITION_RANGE_END_TAG: keys[-1]}
