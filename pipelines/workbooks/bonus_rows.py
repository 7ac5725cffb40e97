"""Pay that no credit earns, as statements show it: each part with its labels, and its rule in words."""

from collections.abc import Iterator

import polars as pl

from compensation.rules import Rules
from compensation.statement.bonus_words import bonus_sentence, guarantee_sentence, pool_sentence
from compensation.statement.labels import GUARANTEE_LABEL
from compensation.statement.sentences import version_named
from pipelines.workbooks.data import PeriodInfo
from schemas.rules.plan import PlanVersion

CARRIED = "carried over by its cap"


def bonuses_of_period(bonuses: pl.DataFrame, rules: Rules, period: PeriodInfo) -> pl.DataFrame:
    """The ``BonusPart`` rows of a fiscal period with ``label`` (bonus, pool, guarantee) and ``part_label`` (objective)."""
    rows = bonuses.filter(pl.col("fiscal_period") == period.key).sort(
        "payee_id", "currency", "plan", "component", "part"
    )
    labels = [_labels(row, rules) for row in rows.rows(named=True)]
    return rows.with_columns(
        label=pl.Series([label for label, _ in labels], dtype=pl.String),
        part_label=pl.Series([part for _, part in labels], dtype=pl.String),
    )


def rules_of(bonuses: pl.DataFrame, rules: Rules) -> Iterator[tuple[str, str]]:
    """Title and words of each bonus, pool and guarantee that the rows are of, once each."""
    keys = bonuses.filter(pl.col("kind") != "cap_excess").select("plan", "plan_version", "component", "label").unique(
        maintain_order=True
    )  # fmt: skip
    for plan, name, component, label in keys.rows():
        version = version_named(rules.plans, plan, name)
        currency = next(each.currency for each in rules.plans if each.plan == plan)
        yield f"{label} · version {name}", f"{_sentence(version, component, currency)} {version.source.title}."


def _labels(row: dict[str, str], rules: Rules) -> tuple[str, str]:
    version = version_named(rules.plans, row["plan"], row["plan_version"])
    for bonus in version.bonuses:
        if bonus.bonus == row["component"]:
            parts = {one.objective: one.label for one in bonus.objectives}
            return bonus.label, parts.get(row["part"], row["part"].replace("_", " "))
    for pool in version.pools:
        if pool.pool == row["component"]:
            return pool.label, "share"
    if row["kind"] == "guarantee":
        return GUARANTEE_LABEL, "what is missing to it"
    labels = {part.component: part.label for part in version.components}
    return labels.get(row["component"], row["component"]), CARRIED


def _sentence(version: PlanVersion, component: str, currency: str) -> str:
    said = {bonus.bonus: bonus_sentence(bonus, currency) for bonus in version.bonuses}
    said |= {pool.pool: pool_sentence(pool, currency) for pool in version.pools}
    if component in said:
        return said[component]
    if version.guarantee is None:
        return "Its rule is no longer in the plan."
    return guarantee_sentence(version.guarantee, currency)
