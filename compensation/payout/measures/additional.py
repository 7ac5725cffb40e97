"""Credits beside the revenue credits, for the plans that take them by ``credit_type``."""

from collections.abc import Sequence

import polars as pl

from compensation.attribution.additional.credits import additional_credits
from compensation.payout.errors import PayoutError
from schemas.core.attribution import ADDITIONAL_TYPES
from schemas.rules.company import Company
from schemas.rules.plan import Plan


class NoSuchCredits(PayoutError):
    """A plan takes a kind of additional credit that the attribution policy does not make."""


def with_additional(
    credits: pl.DataFrame, facts: dict[str, pl.DataFrame], plans: Sequence[Plan], company: Company
) -> pl.DataFrame:
    """The credits, and after each the additional ones beside it of the kinds that some plan takes.

    What no plan takes is left out: it pays nobody, and no component counts it. Where no plan takes any, the credits
    are given back as they are.

    Args:
        credits: Contract ``Credit``.
        facts: Contract tables.
        plans: All plans of the company.
        company: Its attribution policy.

    Returns:
        Contract ``Credit`` with the kinds of ``ADDITIONAL_TYPES`` too, and ``sequence`` counted anew.

    Raises:
        NoSuchCredits: a plan takes a kind that no version of the policy makes.
    """
    asked = {kind: name for plan in plans for name, kind in _taken(plan)}
    if not asked:
        return credits
    made = {kind for policy in company.attribution for kind in policy.additional_credits}
    for kind, name in sorted(asked.items()):
        if kind not in made:
            raise NoSuchCredits(
                f"{name} takes {kind} credits, and no version of the attribution policy makes any; add {kind} to "
                "'additional_credits' in company.yaml, or remove it from 'credit_type'"
            )
    more = additional_credits(credits, facts, company).filter(pl.col("credit_type").cast(pl.String).is_in(list(asked)))
    both = pl.concat([credits, more.select(credits.columns).cast(credits.schema)])
    ordered = both.sort("sequence", "credit_number", maintain_order=True)
    return ordered.with_columns(sequence=pl.int_range(pl.len(), dtype=pl.UInt32).cast(credits.schema["sequence"]))


def _taken(plan: Plan) -> list[tuple[str, str]]:
    """Each component that takes a kind of additional credit, named with its plan, and the kind."""
    return [
        (f"plan {plan.plan} version {version.version}, component {component.component}", kind)
        for version in plan.versions
        for component in version.components
        if component.measure.only
        for kind in component.measure.only.credit_type
        if kind in ADDITIONAL_TYPES
    ]


def is_revenue(column: str = "credit_type") -> pl.Expr:
    """Whether a credit divides revenue, rather than standing beside it."""
    return ~pl.col(column).is_in(list(ADDITIONAL_TYPES))
