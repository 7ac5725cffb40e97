"""Rules of a component in words: what counts, over which window, how it pays, and what changes the money."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from compensation.statement.clawback_words import clawback_sentences
from compensation.statement.curve_words import (
    curve_sentence,
    noun_of,
    payout_words,
    reading_words,
    value_words,
)
from compensation.statement.figure_words import (
    PRORATED,
    WINDOWS,
    amount_words,
    clause,
    list_words,
    number_words,
    percent_words,
)
from compensation.statement.settlement_words import release_sentences
from schemas.rules.component import Component, EventByFamily, EventShares
from schemas.rules.measure import Factor, Measure
from schemas.rules.modifier import Cap, Gate, Multiplier
from schemas.rules.quota_use import QuotaUse

BELOW_COST = {
    "mirrored": "A sale below cost counts as negative margin.",
    "floored": "A sale below cost counts as 0.",
    "ignored": "A sale below cost is not taken.",
}

COUNTS = {"quota": "what moves the position", "pay": "what is paid on", "both": "what counts and what is paid on"}

READS = {"end": "", "running": ", as it stands at each credit"}


def component_sentence(component: Component, currency: str) -> str:
    """The rule of a component in words, complete, a short sentence for each part that it has; ``currency`` is the plan's."""
    return " ".join(_sentences(component, currency))


def _sentences(component: Component, currency: str) -> Iterator[str]:
    yield _measure_sentence(component)
    yield from _what_counts(component)
    if component.quota:
        yield from quota_sentences(component.quota)
    yield curve_sentence(component, currency)
    if component.tier_window:
        yield f"The tier is the one that the {WINDOWS[component.tier_window]} has reached by the end of the window; its rate pays all of the window."
    yield from modifier_sentences(component.gates, component.multipliers, component.caps, currency)
    if component.budget:
        yield f"All payees together get at most {amount_words(component.budget.amount, currency)} a window; over it everybody is scaled down alike{clause(component.budget.source)}."
    if component.floor:
        yield "A window never earns less than 0."
    if not component.restart:
        yield "After a change of plan the position goes on where it stood."
    yield from clawback_sentences(component)
    yield from release_sentences(component.release)
    if component.source:
        yield f"Source: {component.source}."


def _measure_sentence(component: Component) -> str:
    measure, noun = component.measure, noun_of(component)
    each = ", each with its own position," if measure.positions == "separate" else ""
    window = "each order" if component.window == "transaction" else f"the {WINDOWS[component.window]}"
    verb = "add up" if noun.endswith("s") else "adds up"
    kinds = list_words(measure.credits)
    people = {"own": "", "direct_reports": "direct reports", "team": "everybody below the payee"}[measure.whose]
    if measure.base == "commission":
        what = f"Commission that {people} earn{'s' if measure.whose == 'team' else ''} on {kinds}"
    else:
        to = f" to {people}{' and to the payee' if measure.own_deals == 'included' else ''}" if people else ""
        what = f"{noun.capitalize()} credited{to} for {kinds}"
    return f"{what}{each} {verb} over {window}{clause(measure.source)}."


def _what_counts(component: Component) -> Iterator[str]:
    measure = component.measure
    if measure.only:
        parts = [
            (name, values)
            for name, values in (
                ("product family", measure.only.product_family),
                ("credit type", measure.only.credit_type),
            )
            if values
        ]
        narrowed = [f"{name} {list_words(values, 'or')}" for name, values in parts]
        if narrowed:
            yield f"Only {' and '.join(narrowed)} counts."
        if measure.only.first_order:
            yield "Only what a customer orders on the first day of the relationship counts."
    if component.dates:
        last = component.dates.end - timedelta(days=1)
        yield f"Only sales from {component.dates.first} to {last} count{clause(component.dates.source)}."
    if measure.below_cost:
        yield BELOW_COST[measure.below_cost]
    yield from _event_sentences(component)
    yield from (_factor_sentence(factor) for factor in measure.factors)
    yield from _counting_sentences(measure)


def _counting_sentences(measure: Measure) -> Iterator[str]:
    if measure.of in ("orders", "customers"):
        yield f"Each of the {measure.of} counts once in the window, and no more when all of it is returned."


def _event_sentences(component: Component) -> Iterator[str]:
    event = component.event
    if isinstance(event, EventByFamily):
        for family, shares in event.product_family.items():
            yield f"Family {family}: {_shares(shares)}."
        yield f"Other families: {_shares(event.otherwise)}."
    elif isinstance(event, EventShares):
        yield f"Of a credit {_shares(event)}."
    elif event != "booking":
        yield f"A credit counts on the day of its {event}."


def _shares(shares: EventShares) -> str:
    known = ((shares.booking, "booking"), (shares.invoice, "invoice"), (shares.payment, "payment"))
    return f"{', '.join(f'{percent_words(share)} at {name}' for share, name in known if share)} counts"


def _factor_sentence(factor: Factor) -> str:
    parts = [f"{number_words(value)} for {name.replace('_', ' ')}" for name, value in factor.of.items()]
    is_share = factor.by in ("discount", "margin_share")
    for band in factor.bands:
        ends = [
            percent_words(end) if is_share else f"{number_words(end)} months"
            for end in (band.floor, band.ceiling)
            if end is not None
        ]
        where = f"from {ends[0]}" if band.floor is not None else "below"
        upto = (f" to {ends[-1]}" if band.floor is not None else f" {ends[-1]}") if band.ceiling is not None else ""
        parts.append(f"{number_words(band.factor)} {where}{upto}" if ends else number_words(band.factor))
    if factor.otherwise is not None:
        parts.append(f"{number_words(factor.otherwise)} otherwise")
    return f"By {factor.by.replace('_', ' ')}, {COUNTS[factor.counts]} is multiplied: {', '.join(parts)}{clause(factor.source)}."


def quota_sentences(quota: QuotaUse) -> Iterator[str]:
    """What attainment is measured against, how a year's quota is spread, ramped and prorated."""
    if quota.of == "previous_window":
        yield f"The quota is the payee's own position at the end of the window before{clause(quota.source)}."
    if quota.of == "team":
        yield (
            f"The {list_words([quota.measure])} quota is that of everybody together who reports to the payee, directly or through "
            f"others, on the last day of the window{clause(quota.source)}."
        )
    if quota.weights:
        over = {2: "half-years", 4: "quarters"}.get(len(quota.weights), "months")
        yield f"The year's quota is spread over its {over}: {', '.join(map(percent_words, quota.weights))}."
    if quota.ramp:
        yield f"In the first months of service the quota is {', '.join(map(percent_words, quota.ramp))} of itself, then all of it."
    if quota.no_quota:
        which = "first" if quota.no_quota == "first_tier" else "last"
        yield f"Without a quota everything is paid by the {which} tier."
    if quota.prorate != "days_actual":
        yield f"For a part of the window the quota counts {PRORATED[quota.prorate]}."


def modifier_sentences(
    gates: tuple[Gate, ...], multipliers: tuple[Multiplier, ...], caps: tuple[Cap, ...], currency: str
) -> Iterator[str]:
    """Gates, multipliers and caps, a sentence each, in the order they apply."""
    for gate in gates:
        yield f"It pays only while {gate_words(gate, currency)}{READS[gate.reads]}{clause(gate.source)}."
    for each in multipliers:
        yield (
            f"The money is multiplied by {reading_words(each.reading)}{READS[each.reads]}: "
            f"{payout_words(each.payout, each.reading.of, currency)}{clause(each.source)}."
        )
    yield from (_cap_sentence(cap, currency) for cap in caps)


def gate_words(gate: Gate, currency: str) -> str:
    """The condition of a gate: ``attainment of new business, month is at least 100 %``."""
    bounds: list[tuple[str, Decimal | None]] = [("at least", gate.at_least), ("below", gate.below)]
    said = [f"{word} {value_words(gate.reading.of, bound, currency)}" for word, bound in bounds if bound is not None]
    return f"{reading_words(gate.reading)} is {' and '.join(said)}"


def _cap_sentence(cap: Cap, currency: str) -> str:
    per = "deal" if cap.per == "deal" else WINDOWS[cap.per]
    if cap.soft is not None:
        excess = f"of what exceeds it {percent_words(cap.soft)} is paid"
    else:
        excess = "what exceeds it goes to the next period" if cap.excess == "carried" else "what exceeds it is not paid"
    return f"At most {amount_words(cap.amount, currency)} a {per}; {excess}{clause(cap.source)}."
