"""What changes an earning after the curve: pay factors, caps, budgets and clawbacks, by differences of rounded running totals.

A change never looks at one slice alone: it takes the running total of what it limits, before and after the slice, and the
slice gets the difference. So parts add up, and a reversed sale gives back exactly what it had.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from compensation.money import MILLION, minor_units_of, money_by_row, running_total, share_of
from compensation.payout.curves.given_back import given_back
from compensation.payout.curves.pay_factors import with_factors
from compensation.payout.curves.scaled import Curves
from compensation.payout.setting import Setting
from compensation.payout.terms import Term
from compensation.payout.windows import KINDS
from schemas.core.payout import CHANGES, EarningChange
from schemas.rules.modifier import Cap

SLICE = ["key", "slice_number"]
CHANGE = pl.Schema(
    {
        "key": pl.Int64,
        "slice_number": pl.Int16,
        "term": pl.Int32,
        "kind": pl.String,
        "total_before": pl.Int64,
        "total_after": pl.Int64,
        "change": pl.Int64,
    }
)
"""One slice × kind of change that moves money; totals and changes in minor units."""


@dataclass(frozen=True)
class Changed:
    """What became of the slices that could change.

    Attributes:
        rows: The slices, with what they earn in the end.
        changes: How they came to that.
        carrying: What each period of a cap that carries its excess on earned before it (see ``carried.carried_parts``).
    """

    rows: pl.DataFrame
    changes: pl.DataFrame
    carrying: pl.DataFrame

    def summed(self) -> pl.DataFrame:
        """Per slice that changes: what all changes add to it or take off."""
        return self.changes.group_by(SLICE).agg(pl.col("change").sum())


CARRYING = pl.Schema(
    {
        **dict.fromkeys(["payee_id", "plan", "plan_version", "component", "currency", "per", "window"], pl.String),
        "earned": pl.Int64,
        "cap": pl.Int64,
    }
)
NOTHING_CHANGED = Changed(pl.DataFrame(), pl.DataFrame(schema=CHANGE), pl.DataFrame(schema=CARRYING))


def changed(
    slices: pl.DataFrame,
    ordered: pl.DataFrame,
    runs: pl.DataFrame,
    curves: Curves,
    deals: Callable[[], pl.Series],
    setting: Setting,
) -> Changed:
    """Apply pay factors, caps, budgets and what is given back beside the position to the slices of the terms that have any.

    Args:
        slices: As ``sliced`` gives them.
        ordered: As ``positioned`` gives them, with ``place`` and, where a component pays on other credit than it counts,
            ``pay_part`` and ``pay_whole``.
        runs: Stretches of one curve, with the parts of their position and ``term``.
        curves: All curves.
        deals: Gives the number of the deal (opportunity, else order) of each credit; asked only where a cap is per deal.
        setting: Terms, calendar and how slices are numbered.

    Source:
        ``docs/plans/modifiers.md`` (quota credit and pay credit; caps, in this order: per deal, period, year).
    """
    terms = setting.terms.terms
    changing = {(term.plan.plan, term.component.component) for term in terms if has_changes(term)}
    touched = [n for n, term in enumerate(terms) if (term.plan.plan, term.component.component) in changing]
    if not touched:
        return NOTHING_CHANGED
    rows = _rows(slices, ordered, runs, touched, setting)
    if any(cap.per == "deal" for term in terms for cap in term.component.caps):
        rows = rows.with_columns(deal=pl.lit(deals()).gather(setting.credit()))
    steps, carrying = [NOTHING_CHANGED.changes], [NOTHING_CHANGED.carrying]
    rows = _step(rows, with_factors(rows, curves), "pay_factor", steps)
    for kind in ("deal", *KINDS):
        capped = _capped(rows, kind, setting)
        carrying.append(_carrying(capped, kind, setting))
        rows = _step(rows, capped, f"cap_{kind}", steps)
    rows = _step(rows, _budgeted(rows, setting), "budget", steps)
    rows = _step(rows, given_back(rows, setting), "clawback", steps)
    return Changed(rows, pl.concat(steps), pl.concat(carrying))


def deals_of(credits: pl.DataFrame, orders: pl.DataFrame) -> pl.Series:
    """Number of the deal that each credit belongs to: the opportunity of its order, else the order.

    Args:
        credits: Contract ``Credit``.
        orders: Contract ``Order``.
    """
    named = orders.select(pl.col("order_id", "opportunity_id").cast(pl.String))
    found = credits.select(pl.col("order_id").cast(pl.String)).join(
        named, on="order_id", how="left", validate="m:1", maintain_order="left"
    )
    deal = pl.when(pl.col("opportunity_id").is_null()).then(pl.concat_str(pl.lit("order "), "order_id"))
    name = deal.otherwise(pl.concat_str(pl.lit("opportunity "), "opportunity_id"))
    return found.select(deal=name.rank("dense").cast(pl.Int32)).to_series()


def has_changes(term: Term) -> bool:
    """Whether anything changes a term's earnings after the curve."""
    part = term.component
    pays_apart = any(factor.counts != "both" for factor in part.measure.factors)
    return bool(part.caps or part.budget or pays_apart or not part.takes_back.affects_attainment)


def named_changes(changed: Changed, credits: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """The changes as the contract ``EarningChange`` has them."""
    rows = changed.changes.with_columns(credit=setting.credit(), group=setting.group())
    term, credit, digits = pl.col("term"), pl.col("credit"), setting.digits(pl.col("term"))
    columns = {
        "payee_id": pl.lit(setting.payee_ids).gather(setting.parts_of_group()["payee"]),
        **{name: setting.of_term(name, term) for name in ("plan", "component", "currency")},
        **{name: pl.lit(credits[name]).gather(credit) for name in ("order_line_id", "return_id", "credit_number")},
        "slice_number": pl.col("slice_number"),
        "kind": pl.col("kind"),
        **{name: money_by_row(pl.col(name), digits) for name in ("total_before", "total_after", "change")},
    }
    named = rows.select(**{name: columns[name] for name in EarningChange.columns()})
    order = pl.col("kind").replace_strict(list(CHANGES), list(range(len(CHANGES))), return_dtype=pl.Int32)
    return named.cast(pl.Schema(EarningChange.dtypes())).sort(*EarningChange.key()[:-1], order)


def _rows(
    slices: pl.DataFrame, ordered: pl.DataFrame, runs: pl.DataFrame, touched: list[int], setting: Setting
) -> pl.DataFrame:
    """The slices of the terms touched, in numbers: who, which component (``whole``) and period, and what they earn by the curve."""
    names = ("term", "payee", "slot", "window", "segment")
    some = slices.with_columns(pl.lit(runs[name]).gather(pl.col("run")).alias(name) for name in names)
    some = some.filter(pl.col("term").is_in(touched))
    more = ordered.select("key", "place", *(name for name in ("pay_part", "pay_whole") if name in ordered.columns))
    some = some.join(more, on="key", how="left", validate="m:1", maintain_order="left")
    parts = list(dict.fromkeys((term.plan.plan, term.component.component) for term in setting.terms.terms))
    whole = [parts.index((term.plan.plan, term.component.component)) for term in setting.terms.terms]
    return some.with_columns(
        whole=pl.lit(pl.Series(whole, dtype=pl.Int32)).gather(pl.col("term")),
        turn=setting.turn(), period=setting.windows.period(pl.col("place")),
        earned=pl.col("rounded_after") - pl.col("rounded_before"),
    )  # fmt: skip


def _step(rows: pl.DataFrame, changed: pl.DataFrame, kind: str, steps: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows with what this kind of change leaves them; what moved is noted in ``steps``.

    Args:
        rows: Slices with ``earned``.
        changed: Some of them, with ``after`` (their new earning), ``total_before`` and ``total_after``.
        kind: One of ``CHANGES``.
        steps: Notes of all kinds so far.
    """
    moved = changed.filter(pl.col("after") != pl.col("earned"))
    if moved.is_empty():
        return rows
    note = moved.select(
        *SLICE, "term", "total_before", "total_after", kind=pl.lit(kind), change=pl.col("after") - pl.col("earned")
    )
    steps.append(note.select(CHANGE.names()).cast(CHANGE))
    new = moved.select(*SLICE, new="after")
    joined = rows.join(new, on=SLICE, how="left", validate="1:1", maintain_order="left")
    return joined.with_columns(earned=pl.coalesce("new", "earned")).drop("new")


def _capped(rows: pl.DataFrame, kind: str, setting: Setting) -> pl.DataFrame:
    """Rows of components with a cap of one kind: ``after`` is what it leaves each, by the running total of its deal or period.

    Where a new version changes the cap, its own credits are limited together with what earlier versions left: nothing
    that was earned before moves, and a cap counts all that the component pays in its period.
    """
    terms = setting.terms.terms
    found = [next((cap for cap in term.component.caps if cap.per == kind), None) for term in terms]
    if not any(found):
        return _nothing(rows)
    amounts = [None if cap is None else minor_units_of(cap.amount, terms[n].digits) for n, cap in enumerate(found)]
    softs = [0 if cap is None or cap.soft is None else int(cap.soft.scaleb(6)) for cap in found]
    limit, soft = (pl.lit(pl.Series(values, dtype=pl.Int64)).gather(pl.col("term")) for values in (amounts, softs))
    by = pl.col("deal") if kind == "deal" else setting.windows.window(pl.lit(list(KINDS).index(kind)), pl.col("period"))
    stretch = pl.lit(pl.Series(_stretches(terms, kind), dtype=pl.Int32)).gather(pl.col("term"))
    some = rows.with_columns(limit=limit, soft=soft, by=by.cast(pl.Int32), stretch=stretch)
    some = some.filter(pl.col("limit").is_not_null().any().over(CAPPED))
    parts, paid = [], pl.DataFrame(schema={**dict.fromkeys(CAPPED, pl.Int32), "paid": pl.Int64})
    for each in some["stretch"].unique().sort():
        part = _under_its_cap(some.filter(pl.col("stretch") == each), paid)
        sums = part.group_by(CAPPED).agg(paid=pl.col("after").sum())
        paid = pl.concat([paid, sums]).group_by(CAPPED).agg(pl.col("paid").sum())
        parts.append(part)
    return pl.concat(parts) if parts else _nothing(rows)


CAPPED = ["payee", "whole", "by"]
"""What one cap limits: a payee's component in a period or deal."""


def _stretches(terms: Sequence[Term], kind: str) -> list[int]:
    """By term: how often the component's cap of a kind has changed by its version; versions that agree are one stretch."""
    in_order = sorted(range(len(terms)), key=lambda n: (terms[n].version.valid_from, terms[n].version.decided_on))
    last: dict[tuple[str, str], tuple[Cap | None, int]] = {}
    found = [0] * len(terms)
    for number in in_order:
        part = terms[number].component
        cap = next((cap for cap in part.caps if cap.per == kind), None)
        key = terms[number].plan.plan, part.component
        before, stretch = last.get(key, (cap, 0))
        found[number] = stretch + (cap != before)
        last[key] = cap, found[number]
    return found


def _under_its_cap(rows: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """Rows of versions with one cap, with what its cap leaves them, beside what earlier versions ``paid``."""
    before = rows.join(paid, on=CAPPED, how="left", validate="m:1").with_columns(pl.col("paid").fill_null(0))
    some = before.sort(*CAPPED, "turn", "key", "slice_number").with_columns(group=pl.struct(CAPPED).rle_id())
    some = some.with_columns(total=pl.col("paid") + running_total(pl.col("earned"), pl.col("group")))
    return some.with_columns(
        after=_under(pl.col("total")) - _under(pl.col("total") - pl.col("earned")),
        total_before=pl.col("total"),
        total_after=_under(pl.col("total")),
    )


def _under(total: pl.Expr) -> pl.Expr:
    """A running total under its cap, if there is one: what exceeds it counts by the soft share, rounded."""
    excess = pl.max_horizontal(total - pl.col("limit"), pl.lit(0, dtype=pl.Int64)).fill_null(0)
    excess = pl.when(pl.col("limit").is_null()).then(0).otherwise(excess)
    return total - excess + share_of(excess, pl.col("soft"), MILLION)


def _carrying(capped: pl.DataFrame, kind: str, setting: Setting) -> pl.DataFrame:
    """What each period earned before a cap of this kind, where the cap carries its excess on."""
    terms = setting.terms.terms
    carries = [any(cap.per == kind and cap.excess == "carried" for cap in term.component.caps) for term in terms]
    some = capped.filter(pl.lit(pl.Series(carries, dtype=pl.Boolean)).gather(pl.col("term")))
    if some.is_empty():
        return NOTHING_CHANGED.carrying
    sums = some.group_by("payee", "whole", "by").agg(
        pl.col("term").last(), pl.col("earned").sum(), cap=pl.col("limit").last()
    )
    names = ("plan", "plan_version", "component", "currency")
    return sums.select(
        payee_id=pl.lit(setting.payee_ids).gather(pl.col("payee")),
        **{name: setting.of_term(name, pl.col("term")) for name in names},
        per=pl.lit(kind), window=pl.lit(setting.windows.labels).gather(pl.col("by")), earned="earned", cap="cap",
    ).sort(CARRYING.names()[:-2])  # fmt: skip


def _budgeted(rows: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Rows of components over their budget: everybody's part of it, in the order of payees, spread over their slices.

    Only payees above 0 share the budget; a payee's slices get it by their running total, so that all add up to it.
    """
    terms = setting.terms.terms
    budgets = [
        None if term.component.budget is None else minor_units_of(term.component.budget.amount, term.digits)
        for term in terms
    ]
    budget = pl.lit(pl.Series(budgets, dtype=pl.Int64)).gather(pl.col("term"))
    some = rows.with_columns(budget=budget).filter(pl.col("budget").is_not_null())
    if some.is_empty():
        return _nothing(rows)
    whole = some.group_by("whole", "window", "payee").agg(own=pl.col("earned").sum(), budget=pl.col("budget").last())
    whole = whole.filter(pl.col("own") > 0).sort("whole", "window", "payee")
    shared = whole.with_columns(group=pl.struct("whole", "window").rle_id()).with_columns(
        to_date=running_total(pl.col("own"), pl.col("group")), total=pl.col("own").sum().over("group")
    )
    over = shared.filter(pl.col("total") > pl.col("budget"))
    parts = [
        share_of(pl.col("budget"), at, pl.col("total")) for at in (pl.col("to_date"), pl.col("to_date") - pl.col("own"))
    ]
    allotted = over.with_columns(allotted=parts[0] - parts[1]).select("whole", "window", "payee", "own", "allotted")
    ordered = some.join(allotted, on=["whole", "window", "payee"], how="inner", validate="m:1")
    ordered = ordered.sort("whole", "window", "payee", "turn", "key", "slice_number")
    ordered = ordered.with_columns(group=pl.struct("whole", "window", "payee").rle_id())
    ordered = ordered.with_columns(total=running_total(pl.col("earned"), pl.col("group")))
    after = share_of(pl.col("allotted"), pl.col("total"), pl.col("own"))
    before = share_of(pl.col("allotted"), pl.col("total") - pl.col("earned"), pl.col("own"))
    return ordered.with_columns(after=after - before, total_before=pl.col("total"), total_after=after)


def _nothing(rows: pl.DataFrame) -> pl.DataFrame:
    blank = [pl.lit(0, dtype=pl.Int64).alias(name) for name in ("after", "total_before", "total_after", "limit", "by")]
    return rows.clear().with_columns(blank)
