"""From what is earned to what is paid: each step a posting of its own, and one identity that holds exactly.

``opening + earned + corrected + adjusted + guaranteed + drawn − recovered − held + released = paid + carried forward``
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from compensation.conservation import ADVICE, NotConserved
from compensation.currency import minor_unit_digits
from compensation.money import minor_units_of, rounded_fraction
from compensation.payout.bonuses.shown import amount_of, shown_amount
from compensation.settlement.holds import LINE, Kept, held_back, held_by_cash, held_by_hand
from compensation.settlement.terms import Period, Terms, draw_of
from schemas.core.attribution import Finding
from schemas.core.settlement import Balance, Posting
from schemas.dtypes import MONEY

OWED = ("earning", "correction", "guarantee")
DRAW, FORGIVEN, ADVANCE, NET, NO_PLAN = "draw", "draw_forgiven", "advance", "net", "settlement"
LINES = [name for name in Posting.columns() if name not in ("posting_number", "posting_period")]
Key = tuple[str, str]


@dataclass(frozen=True)
class Settled:
    """What a period posts, and where that leaves everybody.

    Attributes:
        postings: Contract ``Posting`` without number and period. Amounts are signed as the payee's account sees them: pay,
            draws and releases above 0; holds, recoveries and payments below 0. So all postings ever made add up to what is
            carried forward.
        balances: Contract ``Balance``: everybody with a posting in the period or a balance from before.
        findings: Contract ``Finding``: leavers who owe, and what is carried forward below 0.
    """

    postings: pl.DataFrame
    balances: pl.DataFrame
    findings: pl.DataFrame


def settled(
    proposals: pl.DataFrame,
    posted: pl.DataFrame,
    terms: Sequence[Terms],
    payees: pl.DataFrame,
    period: Period,
    *,
    adjustments: pl.DataFrame | None = None,
    holds: pl.DataFrame | None = None,
    releases: pl.DataFrame | None = None,
    cash: pl.DataFrame | None = None,
) -> Settled:
    """Settle the open period for every payee and currency.

    In this order: opening balance, earnings, corrections and guarantees as proposed, adjustments, what waits for cash,
    holdbacks, manual holds, draws, recoveries, and what is paid or carried forward. Draws compare with earnings, corrections
    and the plan's guarantee before holds, unless the plan says ``measure: payable``; recovery leaves at least the draw; the
    opening balance comes after both. Nothing is recovered from who has left, unless the plan says so.

    Args:
        proposals: Contract ``Proposal``: only those that may be posted (``approvals.ready``).
        posted: Contract ``Posting``: everything posted in earlier periods.
        terms: As ``terms.terms_of`` gives them.
        payees: Contract ``Payee``: employment dates.
        period: The open one.
        adjustments: Approved ones, of any period: ``reference``, ``period``, ``payee_id``, ``currency``, ``amount``, ``plan``,
            ``reason``, ``approved_by``, ``order_line_id`` and ``counts_to_quota``; each is posted once.
        holds: See ``holds.held_by_hand``.
        releases: See ``holds.held_by_hand``.
        cash: See ``cash.cash_of``.

    Raises:
        NotConserved: the identity above does not hold for somebody; nothing may be posted.

    Source:
        ``docs/plans/settlement.md``.
    """
    owed = proposals.select(LINES)
    due = _due(owed, posted)
    waits = held_by_cash(due, posted, cash) if cash is not None and not cash.is_empty() else None
    left = _left(payees)
    gone = {who for who, day in left.items() if day < period.end}
    free_lines = _free(owed, posted, waits, period)
    kept = [*held_back(terms, _less_waiting(due, posted, waits), posted, period, gone)]
    if holds is not None and not holds.is_empty():
        given = releases if releases is not None else pl.DataFrame(schema=["hold", "period", "amount", "reason"])
        kept += held_by_hand(holds, given, free_lines, posted, period)
    base = [owed, _adjusted(adjustments, posted, period), _waiting(waits), _kept_frame(kept)]
    draws = _draws(terms, pl.concat(base), posted, payees, period, left)
    before_pay = pl.concat([*base, _frame(draws.rows)])
    pays = _payments(before_pay, posted, terms, period, gone, draws.advances)
    postings = pl.concat([before_pay, _frame(pays)])
    balances = _balances(postings, posted, period, draws)
    findings = _findings(balances, gone)
    return Settled(postings.sort(*LINE, "kind", nulls_last=False), _require_identity(balances), findings)


def _due(owed: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """Everything that is owed for each line: posted before, and now."""
    both = pl.concat([owed.select(*LINE, "amount"), posted.filter(pl.col("kind").is_in(OWED)).select(*LINE, "amount")])
    return both.group_by(LINE, maintain_order=True).agg(due=pl.col("amount").sum())


def _less_waiting(due: pl.DataFrame, posted: pl.DataFrame, waits: pl.DataFrame | None) -> pl.DataFrame:
    """What is due and does not wait for cash."""
    held = posted.filter(pl.col("kind").is_in(("hold", "release")) & pl.col("order_line_id").is_not_null())
    parts = [due.select(*LINE, "due"), held.select(*LINE, due="amount")]
    return pl.concat([*parts, waits.select(*LINE, due="amount")] if waits is not None else parts)


def _free(owed: pl.DataFrame, posted: pl.DataFrame, waits: pl.DataFrame | None, period: Period) -> pl.DataFrame:
    """Every line with what each period puts free of it, for manual holds."""
    names = [*LINE, "posting_period", "amount"]
    here = pl.lit(period.name).alias("posting_period")
    is_line = pl.col("kind").is_in(OWED) | (
        pl.col("kind").is_in(("hold", "release")) & pl.col("order_line_id").is_not_null()
    )
    parts = [posted.filter(is_line).select(names), owed.with_columns(here).select(names)]
    return pl.concat([*parts, waits.with_columns(here).select(names)] if waits is not None else parts)


def _left(payees: pl.DataFrame) -> dict[str, date]:
    known = payees.group_by("payee_id").agg(pl.col("termination_date").min()).drop_nulls("termination_date")
    return dict(known.rows())


def _waiting(waits: pl.DataFrame | None) -> pl.DataFrame:
    if waits is None:
        return _frame([])
    return waits.with_columns(basis=pl.lit(None, dtype=pl.String)).select(LINES).cast(_schema())


def _kept_frame(kept: Iterable[Kept]) -> pl.DataFrame:
    return _frame(
        _row(one.payee_id, one.currency, one.plan, one.component, "hold" if one.units < 0 else "release", one.units, one.cause, one.earning_period)
        for one in kept
    )  # fmt: skip


def _adjusted(adjustments: pl.DataFrame | None, posted: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Adjustments of this period or one before, which are not posted yet; each under its reference."""
    if adjustments is None or adjustments.is_empty():
        return _frame([])
    place = {name: number for number, name in enumerate(period.order)}
    done = set(posted.filter(pl.col("kind") == "adjustment")["component"].to_list())
    rows = []
    for one in adjustments.sort("reference").rows(named=True):
        if one["reference"] in done or place[one["period"]] > place[period.name]:
            continue
        quota = "counts to quota" if one["counts_to_quota"] else "does not count to quota"
        cause = f"{one['reason']} (approved by {one['approved_by']}; {quota})"
        units = minor_units_of(one["amount"], minor_unit_digits(one["currency"]))
        row = _row(one["payee_id"], one["currency"], one["plan"] or NO_PLAN, one["reference"], "adjustment", units, cause, one["period"])  # fmt: skip
        rows.append({**row, "order_line_id": one["order_line_id"]})
    return _frame(rows)


@dataclass(frozen=True)
class Draws:
    """Draws and recoveries of a period, what was advanced, what is owed after it, and what was earned above the draw."""

    rows: list[dict[str, Any]]
    advances: dict[Key, int]
    debts: dict[Key, int]
    above: dict[Key, int]


def _draws(
    terms: Sequence[Terms], base: pl.DataFrame, posted: pl.DataFrame, payees: pl.DataFrame, period: Period, left: Mapping[str, date]
) -> Draws:  # fmt: skip
    """Each plan's draw against what is earned on it; see ``settled``."""
    by = ("payee_id", "currency", "plan")
    earned = _units_by(base.filter(pl.col("kind").is_in(OWED)), by)
    held = _units_by(base.filter(pl.col("kind").is_in(("hold", "release"))), by)
    debt = _debts(posted)
    hired = dict(payees.group_by("payee_id").agg(pl.col("hire_date").min()).rows())
    found = Draws([], defaultdict(int), defaultdict(int), defaultdict(int))
    for (payee_id, currency, _), owes in debt.items():
        found.debts[payee_id, currency] += owes
    for one in terms:
        key = (one.payee_id, one.currency, one.plan)
        amount = draw_of(one, period, hired.get(one.payee_id), left.get(one.payee_id))
        state = State(one, amount, earned.get(key, 0), held.get(key, 0), debt.get(key, 0), left.get(one.payee_id))
        _draw_one(state, period, found)
    return found


@dataclass(frozen=True)
class State:
    """One payee's plan before its draw: the draw, what is earned, what holds change, and what is owed; minor units."""

    terms: Terms
    draw: int
    earned: int
    held: int
    debt: int
    left: date | None


def _draw_one(state: State, period: Period, found: Draws) -> None:
    rule, one = state.terms.settlement.draw, state.terms
    if rule is None:
        return
    who, digits = (one.payee_id, one.currency), minor_unit_digits(one.currency)
    compared = state.earned + (state.held if rule.measure == "payable" else 0)
    said = f"{shown_amount(state.draw, digits)} draw, {shown_amount(compared, digits)} {rule.measure}"
    drawn = max(0, state.draw - compared) if state.draw else 0
    if drawn:
        cause = f"{said}: {'to be recovered' if rule.recoverable else 'not recovered'}"
        component = DRAW if rule.recoverable else f"{DRAW}_not_recoverable"
        found.rows.append(_row(*who, one.plan, component, "draw", drawn, cause, period.name))
    taken = _recovered(state, compared, period)
    if taken:
        cause = f"{said}: {shown_amount(taken, digits)} of {shown_amount(state.debt, digits)} owed recovered"
        found.rows.append(_row(*who, one.plan, DRAW, "recovery", -taken, cause, period.name))
    owes = state.debt + (drawn if rule.recoverable else 0) - taken
    if rule.forgiven_on and rule.forgiven_on < period.end and owes > 0:
        cause = f"{shown_amount(owes, digits)} of draws forgiven on {rule.forgiven_on}"
        found.rows.append(_row(*who, one.plan, FORGIVEN, "recovery", -owes, cause, period.name))
        found.rows.append(_row(*who, one.plan, FORGIVEN, "draw", owes, cause, period.name))
        owes = 0
    found.debts[who] += owes - state.debt
    found.above[who] += max(0, compared - state.draw)
    if rule.kind == "advance" and state.draw:
        found.advances[who] += state.draw


def _recovered(state: State, compared: int, period: Period) -> int:
    """What is taken back of earlier draws: a share of what is earned above the draw, at most the cap, what is owed, and what leaves the draw."""
    settlement, draw = state.terms.settlement, state.terms.settlement.draw
    has_left = state.left is not None and state.left < period.end
    if draw is None or state.debt <= 0 or (has_left and not settlement.recovers_from_leavers):
        return 0
    recovery = draw.recovery
    if recovery and recovery.starts and recovery.starts >= period.end:
        return 0
    above = max(0, min(compared, state.earned + state.held) - state.draw)
    share = rounded_fraction(Fraction(recovery.share) * Fraction(above, 1), 0) if recovery else above
    cap = recovery.cap if recovery else None
    most = share if cap is None else min(share, minor_units_of(cap, minor_unit_digits(state.terms.currency)))
    return min(state.debt, most)


def _debts(posted: pl.DataFrame) -> dict[tuple[str, ...], int]:
    """What is owed of recoverable draws per payee, currency and plan."""
    drawn = (pl.col("kind") == "draw") & (pl.col("component") == DRAW)
    return _units_by(posted.filter(drawn | (pl.col("kind") == "recovery")), ("payee_id", "currency", "plan"))


def _payments(
    before: pl.DataFrame, posted: pl.DataFrame, terms: Sequence[Terms], period: Period, gone: set[str], advances: Mapping[Key, int]
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """What is paid: the whole account, unless it is below 0 or below the least that is paid out."""
    least: dict[Key, int] = defaultdict(int)
    for one in terms:
        if one.settlement.minimum_payment and one.payee_id not in gone:
            units = minor_units_of(one.settlement.minimum_payment, minor_unit_digits(one.currency))
            least[one.payee_id, one.currency] = max(least[one.payee_id, one.currency], units)
    account = _units_by(pl.concat([before.select(*LINE, "amount"), posted.select(*LINE, "amount")]), ("payee_id", "currency"))  # fmt: skip
    for who, units in sorted(account.items()):
        key = (who[0], who[1])
        advanced = advances.get(key, 0)
        pays = units if units > 0 and units >= least[key] else 0
        if advanced:
            yield _row(
                *key, NO_PLAN, ADVANCE, "payment", -advanced, "draw paid at the start of the period", period.name
            )
        if pays > advanced:
            yield _row(*key, NO_PLAN, NET, "payment", advanced - pays, "net payable", period.name)


def _balances(postings: pl.DataFrame, posted: pl.DataFrame, period: Period, draws: Draws) -> pl.DataFrame:
    kinds = {
        "earned": "earning", "corrected": "correction", "adjusted": "adjustment", "guaranteed": "guarantee", "drawn": "draw",
        "recovered": "recovery", "held": "hold", "released": "release", "paid": "payment",
    }  # fmt: skip
    by = ["payee_id", "currency"]
    zero = pl.lit(0, dtype=MONEY)
    sums = [
        pl.col("amount").filter(pl.col("kind") == kind).sum().alias(name)
        if name not in ("recovered", "held", "paid")
        else (-pl.col("amount").filter(pl.col("kind") == kind).sum()).alias(name)
        for name, kind in kinds.items()
    ]
    opening = posted.group_by(by).agg(opening=pl.col("amount").sum())
    both = postings.group_by(by).agg(*sums).join(opening, on=by, how="full", coalesce=True, validate="1:1")
    filled = both.with_columns(pl.col("opening", *kinds).fill_null(zero))
    ever = filled.filter(pl.any_horizontal(pl.col("opening", *kinds) != 0))
    gained = pl.sum_horizontal("opening", "earned", "corrected", "adjusted", "guaranteed", "drawn", "released")
    spent = pl.sum_horizontal("recovered", "held", "paid")
    whole = ever.with_columns(carried_forward=gained - spent, fiscal_period=pl.lit(period.name))
    keys = whole.select(by).rows()
    owed = {"draw_debt": draws.debts, "above_draw": draws.above}
    columns = [
        pl.Series(name, [amount_of(max(0, values.get((who, code), 0)), minor_unit_digits(code)) for who, code in keys], dtype=MONEY)
        for name, values in owed.items()
    ]  # fmt: skip
    stated = whole.with_columns(columns).select(Balance.columns()).cast(pl.Schema(Balance.dtypes()))
    moved = postings.group_by(by).agg(_moved=pl.col("amount").sum())
    checked = stated.join(moved, on=by, how="left", validate="1:1").with_columns(pl.col("_moved").fill_null(zero))
    return checked.with_columns(_ends=pl.col("opening") + pl.col("_moved")).sort("payee_id", "currency")


def _require_identity(balances: pl.DataFrame) -> pl.DataFrame:
    """What is carried forward by the identity is what all postings add up to."""
    wrong = balances.filter(pl.col("carried_forward") != pl.col("_ends"))
    if not wrong.is_empty():
        first = wrong.row(0, named=True)
        raise NotConserved(
            f"{wrong.height:,} accounts do not add up. First: payee {first['payee_id']}, {first['currency']}: "
            f"{first['carried_forward']} carried forward, but its postings add up to {first['_ends']}. {ADVICE}"
        )
    return Balance.validate(balances.select(Balance.columns()))


def _findings(balances: pl.DataFrame, gone: set[str]) -> pl.DataFrame:
    """Leavers who still owe draws or a balance: a receivable that nobody deducts without deciding."""
    rows = []
    for row in balances.filter(pl.col("payee_id").is_in(list(gone))).rows(named=True):
        owes = row["draw_debt"] - min(row["carried_forward"], 0)
        if owes > 0:
            detail = (
                f"{row['payee_id']} has left and owes {owes} {row['currency']} ({row['draw_debt']} of draws). Nothing is deducted: "
                "decide whether it is claimed or forgiven."
            )
            found = {"code": "leaver_owes", "severity": "warning", "subject_table": "payees", "subject_id": row["payee_id"], "detail": detail}  # fmt: skip
            rows.append({**dict.fromkeys(Finding.columns()), **found})
    return Finding.validate(pl.DataFrame(rows, schema=Finding.dtypes()))


def _units_by(rows: pl.DataFrame, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Minor units per key; the key's second part is the currency."""
    sums = rows.group_by(by).agg(pl.col("amount").sum())
    return {row[:-1]: minor_units_of(row[-1], minor_unit_digits(row[1])) for row in sums.rows()}


def _row(payee_id: str, currency: str, plan: str, component: str, kind: str, units: int, cause: str, earning_period: str) -> dict[str, Any]:  # fmt: skip
    return {
        **dict.fromkeys(LINES), "payee_id": payee_id, "currency": currency, "plan": plan, "component": component, "kind": kind,
        "earning_period": earning_period, "amount": amount_of(units, minor_unit_digits(currency)), "cause": cause,
    }  # fmt: skip


def _schema() -> pl.Schema:
    return pl.Schema({name: dtype for name, dtype in Posting.dtypes().items() if name in LINES})


def _frame(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=_schema())
