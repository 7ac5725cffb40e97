"""From the calculated tables to what each statement and the period workbook show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

import polars as pl
import polars.selectors as cs

from compensation.currency import minor_unit_digits
from compensation.payout.quotas.lookup import quotas_of_components
from compensation.payout.windows import windows_of
from compensation.rules import Rules
from compensation.statement.detail import statement_details
from compensation.statement.due import on_a_plan
from compensation.statement.labels import counted_by
from pipelines.workbooks.bonus_rows import bonuses_of_period, rules_of
from pipelines.workbooks.curves import KnownCurves, known_curves, with_curves
from pipelines.workbooks.data import PAYMENTS, PeriodInfo, StatementData
from pipelines.workbooks.history_sheet import empty_history
from pipelines.workbooks.pay_sheet import payments_of_period
from pipelines.workbooks.settled.rows import NOTHING, SettledRows, settled_rows
from pipelines.workbooks.settled.standing import Standing

Tables = Mapping[str, pl.DataFrame]
SLICED = ["order_line_id", "return_id", "credit_number", "plan", "component", "measure", "window"]
ROLES = {
    "sales_rep": "Sales representative",
    "account_manager": "Account manager",
    "sales_coordinator": "Sales coordinator",
    "manager": "Manager",
    "other": "Other",
}
MONTHS_SHOWN = 12


def period_infos(calendar: pl.DataFrame) -> dict[str, PeriodInfo]:
    """Every fiscal period of the calendar by key, each knowing the one before."""
    rows = calendar.sort("period_start").rows(named=True)
    before = {two["fiscal_period"]: one for one, two in pairwise(rows)}
    infos = {
        row["fiscal_period"]: PeriodInfo(row["fiscal_period"], row["period_start"], row["period_end"]) for row in rows
    }
    return {
        key: replace(info, before=infos[before[key]["fiscal_period"]].label, before_key=before[key]["fiscal_period"])
        if key in before
        else info
        for key, info in infos.items()
    }


@dataclass(frozen=True)
class _Shared:
    """What all statements of a period draw on, each part cut by payee."""

    rules: Rules
    period: PeriodInfo
    infos: dict[str, PeriodInfo]
    lines: dict[str, pl.DataFrame]
    details: dict[str, pl.DataFrame]
    no_details: pl.DataFrame
    curves: dict[str, KnownCurves]
    bonuses: dict[str, pl.DataFrame]
    no_bonuses: pl.DataFrame
    payments: dict[str, pl.DataFrame]
    history: dict[str, pl.DataFrame]
    people: dict[str, dict[str, str]]
    plans: dict[str, list[str]]
    paper: str
    standing: Standing
    settled: SettledRows


def statements_of_period(
    tables: Tables, facts: dict[str, pl.DataFrame], rules: Rules, calendar: pl.DataFrame, period: str, paper: str = "a4",
    *, final: bool = False,
) -> Iterator[StatementData]:  # fmt: skip
    """Everything that each statement of one fiscal period shows, payee by payee in the order of their ids.

    Args:
        tables: Calculated tables: ``statements``, ``statement_lines``, ``earnings``, ``earning_changes``, ``curves``, ``readings``,
            ``bonuses``, ``pay_amounts``, ``attainment``, ``credits``, ``unpaid``, ``bookings``.
        facts: Contract tables.
        rules: The company and its plans.
        calendar: Fiscal periods of the whole calculation.
        period: Fiscal period, e.g. ``2026-P03``.
        paper: ``a4`` or ``letter``.
        final: Whether the period is put aside for its close.
    """
    infos = period_infos(calendar)
    due = _text(tables["statements"]).filter(pl.col("fiscal_period") == period).sort("payee_id", "currency")
    lines = _text(tables["statement_lines"])
    own = calendar.filter(pl.col("fiscal_period") == period)
    details = with_print_columns(statement_details(tables, facts, rules.company, own), facts, rules, calendar)
    shown = [key for key in infos if key <= period][-MONTHS_SHOWN:]
    curves, attainment, readings = (_text(tables[name]) for name in ("curves", "attainment", "readings"))
    known = known_curves(curves, attainment, readings, details["window"].drop_nulls().unique())
    bonuses = bonuses_of_period(_text(tables["bonuses"]), rules, infos[period])
    payments = payments_of_period(_text(tables["pay_amounts"]), period)
    of_period = lines.filter(pl.col("fiscal_period") == period)
    labels = {key: info.label for key, info in infos.items()}
    standing = standing_of(of_period, final=final)
    settled = settled_rows(tables, facts, rules.plans, period, labels) if standing.is_settled else NOTHING
    shared = _Shared(
        rules, infos[period], infos, _by_payee(of_period), _by_payee(details), details.clear(),
        known, _by_payee(bonuses), bonuses.clear(), _by_payee(payments),
        _by_payee(_history_lines(lines, shown)), _people(facts, infos[period]), _plans(facts, rules, own), paper,
        standing, settled,
    )  # fmt: skip
    for payee, currencies in due.group_by("payee_id", maintain_order=True).agg("currency").rows():
        yield _statement(shared, payee, tuple(currencies))


def _statement(shared: _Shared, payee: str, due: tuple[str, ...]) -> StatementData:
    lines, details = (
        shared.lines[payee],
        shared.details.get(payee, shared.no_details),
    )
    currencies = _most_important_first(lines, due)
    curves, lettered = with_curves(details, shared.curves.get(payee, KnownCurves()), shared.rules)
    bonuses = shared.bonuses.get(payee, shared.no_bonuses)
    history, of = _history(shared, payee, currencies)
    person = shared.people.get(payee, {})
    return StatementData(
        payee_id=payee, payee_name=person.get("name") or payee, role=person.get("role", "–"), manager_name=person.get("manager", ""),
        company=shared.rules.company.company, period=shared.period, currencies=currencies,
        plan_labels=", ".join(_plan_labels(details, shared, payee)), lines=lines, details=lettered, curves=curves,
        bonuses=bonuses, rules=tuple(rules_of(bonuses, shared.rules)),
        history=history, history_of=of, questions_to=shared.rules.company.questions_to or "", paper=shared.paper,
        payments=shared.payments.get(payee, pl.DataFrame(schema=PAYMENTS)), standing=shared.standing, settled=shared.settled.of(payee),
    )  # fmt: skip


def _most_important_first(lines: pl.DataFrame, due: tuple[str, ...]) -> tuple[str, ...]:
    """Currencies with the one that most components pay in first; the code decides between equals."""
    count = dict(lines.filter(pl.col("figure") == "component_earned").group_by("currency").len().rows())
    return tuple(sorted(due, key=lambda code: (-count.get(code, 0), code)))


def with_print_columns(
    details: pl.DataFrame, facts: dict[str, pl.DataFrame], rules: Rules, calendar: pl.DataFrame
) -> pl.DataFrame:
    """Detail rows with what the sheet prints: names, share as a fraction, quota, and where a slice was cut at a tier's bound."""
    labels = _labels(rules)
    quoted = with_quota_of_line(details, facts, rules, calendar)
    named = quoted.join(
        labels, on=["plan", "plan_version", "component"], how="left", validate="m:1", maintain_order="left"
    )
    return named.with_columns(
        customer=pl.coalesce("account_name", "account_id"),
        product=pl.coalesce("product_name", "product_id"),
        share=(pl.col("share_percent").to_physical().cast(pl.Int128)).reinterpret(dtype=pl.Decimal(38, 8)),
        **_cuts(),
    )


def _cuts() -> dict[str, pl.Expr]:
    """Tier whose line gives the curve at the slice's ends, where an end is a bound that the credit passes; else empty.

    Upwards, a slice begins on the line of the tier below (so a retroactive tier's jump is in the upper slice) and ends on
    its own; downwards it is the mirror image.
    """
    climbs = pl.col("credited").sum().over(SLICED) > 0
    number, tier = pl.col("slice_number"), pl.col("tier_number")
    is_first, is_last = number == number.min().over(SLICED), number == number.max().over(SLICED)
    return {
        "cut_before": pl.when(~is_first).then(pl.when(climbs).then(tier - 1).otherwise(tier)),
        "cut_after": pl.when(~is_last).then(pl.when(climbs).then(tier).otherwise(tier - 1)),
    }


def with_quota_of_line(
    details: pl.DataFrame, facts: dict[str, pl.DataFrame], rules: Rules, calendar: pl.DataFrame
) -> pl.DataFrame:
    """The same rows with the quota that their tiers were measured with: the one in force on the day that places the credit."""
    components = [
        (plan.plan, version.version, part.component, part.quota.measure, part.takes_back.mode == "as_corrected")
        for plan in rules.plans for version in plan.versions for part in version.components
        if part.needs_quota() and part.quota
    ]  # fmt: skip
    schema = {
        "plan": pl.String,
        "plan_version": pl.String,
        "component": pl.String,
        "quota_measure": pl.String,
        "is_corrected": pl.Boolean,
    }
    on = ["plan", "plan_version", "component"]
    rows = details.drop("quota").join(
        pl.DataFrame(components, schema=schema, orient="row"), on=on, how="left", validate="m:1", maintain_order="left"
    )
    windows = windows_of(calendar)
    number = (
        pl.DataFrame({"window": windows.labels})
        .with_row_index("_window")
        .with_columns(pl.col("_window").cast(pl.Int32))
    )
    numbered = rows.join(number, on="window", how="left", validate="m:1", maintain_order="left")
    quotas = quotas_of_components(_asked(numbered), facts, rules.plans, windows)
    measured = rows.with_columns(quota=_as_money(quotas, rows["currency"]))
    return measured.with_columns(quota=pl.when(pl.col("quota_measure").is_not_null()).then("quota")).drop(
        "quota_measure", "is_corrected"
    )


def _asked(rows: pl.DataFrame) -> pl.DataFrame:
    place = pl.when("is_corrected").then("sale_date").otherwise("event_date")
    return rows.select("payee_id", "plan", "plan_version", "component", window="_window", date=place)


def _as_money(units: pl.Series, currencies: pl.Series) -> pl.Series:
    values = [
        None if unit is None else Decimal(unit).scaleb(-minor_unit_digits(code))
        for unit, code in zip(units, currencies, strict=True)
    ]
    return pl.Series("quota", values, dtype=pl.Decimal(38, 3))


def _labels(rules: Rules) -> pl.DataFrame:
    """What each component is called, and what it counts where that is no revenue of the payee's own."""
    rows = [
        (plan.plan, version.version, part.component, part.label, counted)
        for plan in rules.plans
        for version in plan.versions
        for part in version.components
        for counted in [counted_by(part)]
    ]
    schema = dict.fromkeys(("plan", "plan_version", "component", "label", "counted"), pl.String)
    named = pl.DataFrame(rows, schema=schema, orient="row")
    is_other = pl.col("counted") != "revenue"
    return named.with_columns(
        label=pl.when(is_other).then(pl.format("{} ({})", "label", "counted")).otherwise("label"),
        counted=pl.when(is_other).then("counted"),
    )


def _plans(facts: dict[str, pl.DataFrame], rules: Rules, period: pl.DataFrame) -> dict[str, list[str]]:
    """Names of the plans that each payee is on in the period."""
    known = on_a_plan(facts, rules.plans, period).group_by("payee_id").agg(pl.col("plan").unique())
    return {payee: list(names) for payee, names in known.rows()}


def _plan_labels(details: pl.DataFrame, shared: _Shared, payee: str) -> list[str]:
    paid_by = set(details["plan"].drop_nulls()) if details.height else set()
    used = paid_by | set(shared.plans.get(payee, ()))
    return [plan.label for plan in shared.rules.plans if plan.plan in used]


OF_HISTORY = {"credited_revenue": "credited", "earned": "earned", "net_payable": "net", "carried_forward": "carried"}
"""Figures that a statement has once per currency, and their columns in the history."""


def standing_of(lines: pl.DataFrame, *, final: bool) -> Standing:
    """Where a period stands, from the lines of its statements: settled ones have an opening balance."""
    if "opening" in lines["figure"]:
        return Standing.FINAL if final else Standing.OPEN
    waits = (pl.col("figure") == "net_payable") & (pl.col("section") == "settlement")
    return Standing.WAITS if lines.select(waits.any()).item() else Standing.NO_LEDGER


def _history_lines(lines: pl.DataFrame, shown: Sequence[str]) -> pl.DataFrame:
    figures = (*OF_HISTORY, "settled_earned", "guaranteed", "position", "quota", "attainment")
    return lines.filter(pl.col("fiscal_period").is_in(shown) & pl.col("figure").is_in(figures))


def _history(shared: _Shared, payee: str, currencies: tuple[str, ...]) -> tuple[pl.DataFrame, str]:
    """Up to twelve periods of each of a payee's currencies, the main one first, and which position the chart follows.

    Of a settled period, what it earned is what was posted for it.
    """
    known = shared.history[payee]
    headline = shared.lines[payee].filter(
        (pl.col("figure") == "headline_attainment") & (pl.col("currency") == currencies[0])
    )
    key = ["currency", "fiscal_period"]

    def figure(name: str) -> pl.Expr:
        return pl.col("amount").filter(pl.col("figure") == name).first()

    posted = figure("settled_earned") + figure("guaranteed")
    once = known.group_by(key).agg(
        **{column: figure(name) for name, column in OF_HISTORY.items()}
        | {"earned": pl.coalesce(posted, figure("earned"))}
    )
    main = known.filter(pl.col("currency") == currencies[0])
    followed = _followed(main, headline).with_columns(currency=pl.lit(currencies[0]))
    place = pl.col("currency").replace_strict(
        {code: at for at, code in enumerate(currencies)}, default=99, return_dtype=pl.Int8
    )
    table = once.join(followed, on=key, how="left", validate="1:1").sort(place, "currency", "fiscal_period")
    names = {key: _short(info) for key, info in shared.infos.items()}
    shown = table.with_columns(label=pl.col("fiscal_period").replace_strict(names, return_dtype=pl.String))
    of = str(headline["label"][0]).rsplit(" · ", 1)[0] if headline.height else ""
    return shown.select(empty_history().columns), of


def _followed(known: pl.DataFrame, headline: pl.DataFrame) -> pl.DataFrame:
    """Position, quota and attainment of the component in the headline, in the newest window of each period."""
    on = ["plan", "component", "measure"]
    standing = known.filter(pl.col("figure").is_in(["position", "quota", "attainment"])).join(
        headline.select(on).unique(), on=on, how="semi"
    )
    newest = standing.filter(pl.col("window") == pl.col("window").max().over("fiscal_period"))

    def figure(name: str, column: str) -> pl.Expr:
        return pl.col(column).filter(pl.col("figure") == name).first().alias(name)

    return newest.group_by("fiscal_period").agg(
        figure("position", "amount"), figure("quota", "amount"), figure("attainment", "rate")
    )


def _short(info: PeriodInfo) -> str:
    label = info.label
    month, _, year = label.partition(" ")
    return f"{month[:3]} {year[2:]}" if year else label


def _people(facts: dict[str, pl.DataFrame], period: PeriodInfo) -> dict[str, dict[str, str]]:
    """Name, role and manager's name of each payee as on the last day of the period."""
    started = facts["payees"].filter(pl.col("valid_from").is_null() | (pl.col("valid_from") < period.end))
    late = facts["payees"].join(started, on="payee_id", how="anti")
    known = pl.concat([started, late]).sort("payee_id", pl.col("valid_from"), nulls_last=False)
    latest = known.unique("payee_id", keep="last", maintain_order=True)
    names = dict(latest.select("payee_id", "payee_name").rows())
    return {
        row["payee_id"]: {
            "name": row["payee_name"],
            "role": row["title"] or ROLES.get(row["role"], row["role"]),
            "manager": names.get(row["manager_id"], "") if row["manager_id"] else "",
        }
        for row in latest.rows(named=True)
    }


def _text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.cast({cs.categorical() | cs.enum(): pl.String})


def _by_payee(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {
        str(key[0]): part for key, part in frame.partition_by("payee_id", as_dict=True, maintain_order=True).items()
    }
