"""Sentences that explain a figure, put together from its parts where somebody reads them.

As text on ten million rows they would cost as much as the calculation, so no table holds them.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from compensation.currency import minor_unit_digits
from schemas.rules.component import Component
from schemas.rules.curve import FlatCurve, Tier, TieredCurve
from schemas.rules.plan import Plan, PlanVersion

WINDOWS = {"month": "fiscal month", "quarter": "fiscal quarter", "half_year": "fiscal half-year", "year": "fiscal year"}

UNPAID = {
    "no_plan": "no plan covers this payee on the day of the credit; give one in plan_assignments, or the plan 'none'",
    "plan_none": "the payee is on the plan 'none' on this day",
    "not_in_plan": "no component of the plan takes this kind of credit",
    "house": "the credit went to the house",
    "excluded": "the account is excluded from attribution",
}

CHOSEN_BY = {
    "opportunity_split": "split of the opportunity",
    "opportunity_owner": "owner of the opportunity",
    "order_representative": "representative named on the order",
    "account_manager": "account manager",
    "account_representative": "account's sales representative",
    "house": "house",
    "unknown_payee": "named payee is unknown",
    "excluded_account": "excluded account",
}


def figure_text(value: Decimal, places: int) -> str:
    """A number with at least so many decimals, and no more than it has."""
    plain = format(value, "f")
    whole, _, decimals = plain.partition(".")
    kept = decimals.rstrip("0")
    return f"{whole}.{kept.ljust(places, '0')}" if places or kept else whole


def earning_sentence(earning: Mapping[str, Any], plans: Sequence[Plan]) -> str:
    """What one row of ``earnings`` says: revenue, tier, rate, result, and where the rule stands.

    ``50000.00 of revenue in the tier from 100000.00 × 0.080000 = 4000.00 (Example Sales Plan 2026, §3.1–3.2,
    version 2026.1)``. Where the rounded difference is not the product, which happens by a minor unit or where a
    retroactive tier re-rates what lies below it, the sentence gives the two rounded totals instead.
    """
    digits = minor_unit_digits(earning["currency"])
    credited, rate = earning["credited"], earning["tier_rate"]
    version = version_named(plans, earning["plan"], earning["plan_version"])
    earned = figure_text(earning["earned"], digits)
    part = f"{figure_text(credited, digits)} of revenue{_in_tier(earning, version, digits)} × {rate:.6f}"
    if credited * rate == earning["earned"]:
        result = f"{part} = {earned}"
    else:
        after, before = (figure_text(earning[name], digits) for name in ("rounded_after", "rounded_before"))
        result = f"{part}, by running totals {after} − {before} = {earned}"
    return f"{result} ({version.source.title}, version {version.version})"


def unpaid_sentence(reason: str) -> str:
    """Why a credit earns nothing."""
    return UNPAID.get(reason, reason.replace("_", " "))


def version_named(plans: Sequence[Plan], plan: str, version: str) -> PlanVersion:
    """The version of a plan by both names.

    Raises:
        KeyError: there is no such plan or version.
    """
    for candidate in plans:
        for known in candidate.versions:
            if (candidate.plan, known.version) == (plan, version):
                return known
    raise KeyError(f"no version {version!r} of plan {plan!r} is among the plans given")


def component_named(version: PlanVersion, component: str) -> Component:
    """The component of a version by name.

    Raises:
        KeyError: the version has no such component.
    """
    for known in version.components:
        if known.component == component:
            return known
    raise KeyError(f"version {version.version!r} has no component {component!r}")


def component_sentence(component: Component) -> str:
    """The rule of a component in words: what counts, over which window, and how it pays."""
    kinds = " and ".join(name.replace("_", " ") for name in component.measure.credits)
    each = ", each with its own position," if component.measure.positions == "separate" else ""
    back = {
        "as_corrected": "A return is taken back as if its part had never been sold.",
        "as_negative": "A return counts as negative revenue on its own date.",
    }[component.clawback]
    return f"Revenue credited for {kinds}{each} adds up over the {WINDOWS[component.window]}. {_curve_words(component)} {back}"


def _curve_words(component: Component) -> str:
    curve = component.curve
    if isinstance(curve, FlatCurve):
        return f"All of it pays {_percent(curve.rate)}."
    how = {
        "marginal": "each rate pays only the revenue inside its tier",
        "retroactive": "the rate of the tier reached pays everything from 0",
        "mixed": "a retroactive tier re-rates everything below it, a marginal one pays what lies inside it",
    }[curve.shape]
    return f"{_tier_words(curve, component)}; {how}."


def _tier_words(curve: TieredCurve, component: Component) -> str:
    return ", ".join(_one_tier(tier, curve, component) for tier in curve.tiers)


def _one_tier(tier: Tier, curve: TieredCurve, component: Component) -> str:
    def bound(value: Decimal) -> str:
        return _percent(value) if curve.of == "attainment" else f"{Decimal(figure_text(value, 2)):,f}"

    of_quota = (
        f" of the {component.quota.measure.replace('_', ' ')} quota"
        if curve.of == "attainment" and component.quota
        else ""
    )
    mode = f" ({tier.mode})" if curve.shape == "mixed" else ""
    end = f"to {bound(tier.ceiling)}" if tier.ceiling is not None else "upwards"
    return f"{_percent(tier.rate)} from {bound(tier.floor)} {end}{of_quota}{mode}"


def _in_tier(earning: Mapping[str, Any], version: PlanVersion, digits: int) -> str:
    curve = component_named(version, earning["component"]).curve
    if isinstance(curve, FlatCurve):
        return ""
    tier = curve.tiers[earning["tier_number"] - 1]
    if curve.of == "attainment":
        return f" in the tier from {_percent(tier.floor)} of quota"
    return f" in the tier from {figure_text(tier.floor, digits)}"


def _percent(rate: Decimal) -> str:
    return f"{figure_text(rate.scaleb(2), 0)} %"
