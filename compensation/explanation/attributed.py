"""Why a line is the kind of business that it is, and whose: hand-over, and what it was compared with."""

import polars as pl

from compensation.attribution.agreements import chained
from compensation.attribution.policies import policy_on
from compensation.explanation.node import Row, Tables, money_text, one_of
from schemas.rules.company import Company

HAND_OVER_WORDS = {
    "after_months": "some months after the relationship began",
    "first_renewal": "with the customer's first renewal of an agreement",
    "key_account": "when the account becomes a key account",
    "assigned": "when the account is given an account manager",
    "date": "on the day that the policy names",
}


def hand_over_sentence(handed: Row) -> str:
    """When existing business passed to the account manager, by what rule, and what the representatives keep that day.

    Args:
        handed: One row of contract ``HandedOver``.
    """
    rule = HAND_OVER_WORDS[handed["hand_over_rule"]]
    kept = f"{handed['representative_percent'].normalize():f} %"
    if handed["hand_over_date"] is None:
        return f"Hand-over {rule}: that is not so on {handed['order_date']}, and the representatives keep {kept}"
    until = f", complete from {handed['transition_end']}" if handed["transition_end"] > handed["hand_over_date"] else ""
    return (
        f"Hand-over {rule}: from {handed['hand_over_date']}{until}; "
        f"on {handed['order_date']} the representatives keep {kept} where there are any"
    )


def motion_sentence(motion: Row, booking: Row, tables: Tables, company: Company) -> str:
    """How much of a line is retention or growth, how far it moved the position, and against which base.

    Args:
        motion: One row of contract ``Motion``, of existing business.
        booking: The booking that it is part of.
        tables: Contract and result tables by name.
        company: Its currency and attribution policy.
    """
    base, before, after = (
        money_text(motion[name], company.currency) for name in ("base_amount", "position_before", "position_after")
    )
    who, span, against = _compared(booking, tables, company)
    amount = money_text(motion["amount"], company.currency)
    return f"{motion['motion']} ({motion['sub_motion']}) {amount}: {who} from {before} to {after} {span}, against {base} {against}"


def _compared(booking: Row, tables: Tables, company: Company) -> tuple[str, str, str]:
    """What moves, in which window, and what the base is."""
    policy = policy_on(company.attribution, booking["sale_date"])
    family = (
        f"{booking['product_family']} moves"
        if policy.base_by == "family"
        else "what the customer buys of all families moves"
    )
    if policy.base == "trailing_twelve_months":
        return family, "this fiscal month", "which is a twelfth of the twelve months before it"
    if policy.base == "account_plan":
        return family, "this fiscal year", "by the account plan, or last year where the plan has no target"
    told = _agreement(booking, tables, policy.renewal_lapse_months) if policy.base == "agreement" else None
    return told or (family, "this fiscal year", "last year")


def _agreement(booking: Row, tables: Tables, lapse_months: int) -> tuple[str, str, str] | None:
    """The same for a line under an agreement; nothing where its order names none that holds."""
    named = one_of(tables, "orders", order_id=booking["order_id"])["agreement_id"]
    facts = {name: tables[name].collect() for name in ("agreements", "accounts")}
    found = chained(facts, lapse_months).filter(pl.col("agreement_id") == named).to_dicts() if named else []
    if not found:
        return None
    old = found[0]["renews_agreement_id"]
    before = f"it renews {old}" if old else "it renews none"
    return f"agreement {named} ({before}) moves", "in its year", "agreed before"
