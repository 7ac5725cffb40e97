"""Sentences that explain a figure, put together from its parts where somebody reads them.

As text on ten million rows they would cost as much as the calculation, so no table holds them.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from compensation.currency import minor_unit_digits
from compensation.statement.curve_words import ONE_OF, noun_of, tier_name
from compensation.statement.figure_words import amount_text, percent_words
from schemas.rules.component import Component
from schemas.rules.curve import SteppedCurve
from schemas.rules.plan import Plan, PlanVersion

UNPAID = {
    "no_plan": "no plan covers this payee on the day of the credit; give one in plan_assignments, or the plan 'none'",
    "plan_none": "the payee is on the plan 'none' on this day",
    "not_in_plan": "no component of the plan takes this kind of credit",
    "below_cost": "the sale lies below cost, and its component ignores such sales",
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


CHANGED_BY = {
    "pay_factor": "by the factor on what is paid",
    "cap_deal": "by the cap per deal",
    "cap_month": "by the cap per month",
    "cap_quarter": "by the cap per quarter",
    "cap_half_year": "by the cap per half-year",
    "cap_year": "by the cap per year",
    "budget": "by the budget that all payees share",
    "clawback": "by the clawback of what the line earned",
}
"""What changes an earning after the curve."""


def earning_sentence(
    earning: Mapping[str, Any], plans: Sequence[Plan], changes: Sequence[Mapping[str, Any]] = ()
) -> str:
    """What one row of ``earnings`` says: how much counts, tier, rate, result, changes, and where the rule stands.

    ``50,000.00 of revenue in the tier from 100,000.00 × 8 % = 4,000.00 (Example Sales Plan 2026, §3.1–3.2,
    version 2026.1)``. Where the rounded difference is not the product, which happens by a minor unit or where a
    retroactive tier re-rates what lies below it, the sentence gives the two rounded totals instead.

    Args:
        earning: The row.
        plans: The plans, for tiers and documents.
        changes: ``EarningChange`` rows of the earning, in the order they apply.
    """
    digits = minor_unit_digits(earning["currency"])
    version = version_named(plans, earning["plan"], earning["plan_version"])
    component = component_named(version, earning["component"])
    after, before = earning["rounded_after"], earning["rounded_before"]
    by_curve, rate = after - before, earning["tier_rate"]
    part = _counted(earning, component, digits)
    if not isinstance(component.curve, SteppedCurve) and (rate or not by_curve):
        part = f"{part} × {_rate_words(rate, component, digits)}"
    if earning["credited"] * rate == by_curve:
        result = f"{part} = {amount_text(by_curve, digits)}"
    else:
        totals = f"{amount_text(after, digits)} − {amount_text(before, digits)}"
        result = f"{part}, by running totals {totals} = {amount_text(by_curve, digits)}"
    told = "".join(f", {_change_words(change, digits)}" for change in changes)
    in_all = f", in all {amount_text(earning['earned'], digits)}" if changes else ""
    return f"{result}{told}{in_all} ({_rule_words(component, version)})"


def _counted(earning: Mapping[str, Any], component: Component, digits: int) -> str:
    """What moved the position, and where on the curve: ``50,000.00 of revenue in the tier from 100,000.00``."""
    credited, where = earning["credited"], tier_name(component, earning["tier_number"], digits)
    if component.measure.counts_money():
        return f"{amount_text(credited, digits)} of {noun_of(component)}{where}"
    noun = ONE_OF[component.measure.of] if credited == 1 else noun_of(component)
    return f"{amount_text(credited, 0)} {noun}{where}"


def _rate_words(rate: Decimal, component: Component, digits: int) -> str:
    """A share of money, or money for each."""
    return percent_words(rate) if component.measure.counts_money() else amount_text(rate, digits)


def _change_words(change: Mapping[str, Any], digits: int) -> str:
    sign = "+" if change["change"] > 0 else "−"
    before, after = (amount_text(change[name], digits) for name in ("total_before", "total_after"))
    amount = amount_text(abs(change["change"]), digits)
    return f"{sign} {amount} {CHANGED_BY[change['kind']]} (running total {before} becomes {after})"


def _rule_words(component: Component, version: PlanVersion) -> str:
    where = f", {component.source}" if component.source else ""
    return f"{version.source.title}{where}, version {version.version}"


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
