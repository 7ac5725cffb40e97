"""What the period workbook shows, from the calculated tables and what intake says of the files."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import polars as pl
import polars.selectors as cs

from compensation.currency import minor_unit_digits
from compensation.rules import Rules
from compensation.statement.labels import GUARANTEE, counted_by
from pipelines.workbooks.account_rows import account_rows
from pipelines.workbooks.data import (
    BRIDGE,
    CLOSED,
    EXCEPTIONS,
    MOST_EXCEPTIONS,
    REGISTER,
    PeriodData,
    PeriodInfo,
    StatementData,
)
from pipelines.workbooks.files import WrittenFile
from pipelines.workbooks.pay_sheet import GUARANTEE_MARK, paid_in
from pipelines.workbooks.settled.posted import closed_rows, posted_proof
from pipelines.workbooks.settled.rows import NOTHING, settled_rows
from pipelines.workbooks.settled.standing import Standing
from schemas.core.attribution import ADDITIONAL_TYPES, EXCLUDED, HOUSE
from schemas.core.intake import Quarantined, Received, ReceivedAmount
from schemas.core.payout import BonusPart
from schemas.dtypes import MONEY

Tables = Mapping[str, pl.DataFrame]
SEVERITIES = ("blocking", "refused", "warning", "note")
ZERO = Decimal(0)


def register_rows(data: StatementData, file: WrittenFile) -> list[dict[str, object]]:
    """The register's rows of one statement, one per currency."""
    return [
        {
            "payee_id": data.payee_id, "payee_name": data.payee_name, "role": data.role, "currency": currency,
            "credited": data.amount(currency, "credited_revenue"), "sales": data.amount(currency, "earned_on_sales"),
            "clawback": data.amount(currency, "clawback"), "bonus": data.amount(currency, "bonus"),
            "guarantee": data.amount(currency, "guarantee"), "earned": data.amount(currency, "earned"),
            **{name: data.amount(currency, name) for name in SETTLED}, "converted": _converted(data, currency),
            "draw": data.amount(currency, "drawn") + data.amount(currency, "recovered"),
            "carried": data.amount(currency, "carried_forward"), "net": data.amount(currency, "net_payable"),
            "paid_in": ", ".join(f"{code} {amount:,.{minor_unit_digits(code)}f}" for code, amount in paid_in(data.payments, currency)),
            "before": _paid_before(data, currency), "revision": file.revision, "file": file.name,
        }
        for currency in data.currencies
    ]  # fmt: skip


SETTLED = (
    "opening", "corrected", "adjusted", "guaranteed", "drawn", "recovered", "held", "released", "still_held", "draw_debt",
)  # fmt: skip


def _converted(data: StatementData, currency: str) -> Decimal:
    """What plans that pay in another currency bring into this one, less what they take out; guarantees are posted as such."""
    own = data.payments.filter(~pl.col("plan").str.ends_with(GUARANTEE_MARK))
    comes, leaves = own.filter(pl.col("pay_currency") == currency), own.filter(pl.col("currency") == currency)
    return sum(comes["amount"], ZERO) - sum(leaves["earned"], ZERO)


def _paid_before(data: StatementData, currency: str) -> Decimal:
    """What the period before paid: as it was settled, or what it earned where there is no ledger."""
    if data.standing is Standing.NO_LEDGER:
        return max(data.amount(currency, "earned_before"), ZERO)
    before = data.history.filter(
        (pl.col("currency") == currency) & (pl.col("fiscal_period") == (data.period.before_key or ""))
    )
    return Decimal(before["net"][0] or 0) if before.height else ZERO


def period_data(
    tables: Tables, facts: dict[str, pl.DataFrame], rules: Rules, period: PeriodInfo, rows: Sequence[dict[str, object]],
    files: Sequence[WrittenFile], paper: str = "a4", *, standing: Standing = Standing.NO_LEDGER, moved: pl.DataFrame | None = None,
    labels: Mapping[str, str] | None = None,
) -> PeriodData:  # fmt: skip
    """Everything that the workbook of one period shows.

    Args:
        tables: Calculated tables, and ``quarantine``, ``received``, ``received_amounts`` of intake where there are any.
        facts: Contract tables.
        rules: The company and its plans.
        period: The fiscal period.
        rows: ``register_rows`` of every statement.
        files: The statements as written.
        paper: ``a4`` or ``letter``.
        standing: Where the period stands.
        moved: What moved since each statement's revision before; see ``settled.moved``.
        labels: What each fiscal period is called.
    """
    register = pl.DataFrame(rows, schema=REGISTER, orient="row").sort("payee_id", "currency")
    company = rules.company
    exceptions = _exceptions(tables, period, company.currency)
    currencies = tuple(register["currency"].unique().sort()) or (company.currency,)
    return PeriodData(
        company=company.company, period=period, currencies=currencies, company_currency=company.currency, register=register,
        bridge=_bridge(tables, facts, period, company.currency),
        received=_given(tables, "received", Received.empty_frame()),
        received_amounts=_given(tables, "received_amounts", ReceivedAmount.empty_frame()),
        exceptions=exceptions.head(MOST_EXCEPTIONS), exceptions_in_all=exceptions.height,
        blocking=exceptions.filter(pl.col("severity") == "blocking").height,
        proof={**_proof(tables, period, files), **(posted_proof(tables, period.key) if standing.is_settled else {})},
        standing=standing, moved=moved, closed=closed_rows(tables, period.key, labels or {}) if standing.is_settled else pl.DataFrame(schema=CLOSED),
        settled=settled_rows(tables, facts, rules.plans, period.key, labels or {}) if standing.is_settled else NOTHING,
        counts_revenue=_counts_revenue(rules), paper=paper,
        accounts=account_rows(tables, facts, company.currency, period.start, period.end),
    )  # fmt: skip


def _counts_revenue(rules: Rules) -> bool:
    """Whether every component counts each credit of its payee whole, on its own day: then revenue can be compared."""
    parts = [part for plan in rules.plans for version in plan.versions for part in version.components]
    only = [part.measure.only for part in parts]
    if any(each and set(each.credit_type) & set(ADDITIONAL_TYPES) for each in only):
        return False
    return all(counted_by(part) == "revenue" and part.event == "booking" and not part.measure.factors for part in parts)


def _given(tables: Tables, name: str, empty: pl.DataFrame) -> pl.DataFrame:
    found = tables.get(name, empty)
    return found.cast({cs.categorical() | cs.enum(): pl.String})


def _proof(tables: Tables, period: PeriodInfo, files: Sequence[WrittenFile]) -> dict[str, Decimal]:
    """Figures counted on another way than the register: from the files as written, and from earnings and bonuses themselves."""
    made = [(tables["earnings"], "earned"), (_given(tables, "bonuses", BonusPart.empty_frame()), "amount")]
    inside = pl.col("fiscal_period").cast(pl.String) == period.key
    earned = pl.concat(
        [frame.filter(inside).select(pl.col("currency").cast(pl.String), earned=column) for frame, column in made]
    )
    sums = dict(earned.group_by("currency").agg(pl.col("earned").sum()).rows())
    proof = {f"earned_{code}": amount for code, amount in sums.items()}
    guaranteed = made[1][0].filter(inside, pl.col("component").cast(pl.String) == GUARANTEE)
    less = dict(guaranteed.group_by(pl.col("currency").cast(pl.String)).agg(pl.col("amount").sum()).rows())
    proof |= {f"earned_by_credits_{code}": amount - less.get(code, ZERO) for code, amount in sums.items()}
    for file in files:
        for code, net in file.nets:
            proof[f"net_{code}"] = proof.get(f"net_{code}", ZERO) + net
    quarantine = _given(tables, "quarantine", Quarantined.empty_frame())
    return {**proof, "statements": Decimal(len(files)), "quarantined": Decimal(quarantine.height)}


def _bridge(tables: Tables, facts: dict[str, pl.DataFrame], period: PeriodInfo, company_currency: str) -> pl.DataFrame:
    """The reconciliation's steps: accepted, not booked, booked per order currency; booked and attributed in company currency."""
    inside = (pl.col("event_date") >= period.start) & (pl.col("event_date") < period.end)
    bookings = tables["bookings"].filter(inside)
    accepted = _accepted(facts).filter(inside)
    parts = [
        _sums(accepted, "accepted", "order_currency", "order_amount"),
        _sums(tables["not_booked"].filter(inside), "not_booked", "order_currency", "order_amount"),
        _sums(bookings, "booked", "order_currency", "order_amount"),
    ]
    own = bookings.with_columns(
        code=pl.lit(company_currency),
        part=pl.when(pl.col("return_id").is_null()).then(pl.lit("sales")).otherwise(pl.lit("returns")),
    )
    credited = tables["credits"].filter(inside).select(
        "amount", code=pl.lit(company_currency),
        part=pl.when(pl.col("payee_id") == HOUSE).then(pl.lit("house")).when(pl.col("payee_id") == EXCLUDED)
        .then(pl.lit("excluded")).otherwise(pl.col("motion").cast(pl.String)),
    )  # fmt: skip
    parts += [_sums(own, None, "code", "booked_amount"), _sums(credited, None, "code", "amount")]
    return pl.concat(parts).sort("part", "currency")


def _sums(frame: pl.DataFrame, part: str | None, currency: str, amount: str) -> pl.DataFrame:
    named = frame.with_columns(part=pl.lit(part)) if part else frame
    grouped = named.group_by("part", pl.col(currency).cast(pl.String).alias("currency")).agg(
        rows=pl.len().cast(pl.Int64), amount=pl.col(amount).sum().cast(MONEY)
    )
    return grouped.select(pl.col(name).cast(kind) for name, kind in BRIDGE.items())


def _accepted(facts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Every accepted order line and return with its own date, counted from the contract tables alone."""
    orders = facts["orders"].select("order_id", "order_date", order_currency="currency")
    lines = facts["order_lines"].join(orders, on="order_id", how="inner", validate="m:1")
    sold = lines.select("order_currency", event_date="order_date", order_amount="net_amount")
    returned = facts["returns"].join(
        lines.select("order_line_id", "order_currency"), on="order_line_id", how="inner", validate="m:1"
    )
    return pl.concat(
        [sold, returned.select("order_currency", event_date="return_date", order_amount=-pl.col("amount"))]
    )


def _exceptions(tables: Tables, period: PeriodInfo, company_currency: str) -> pl.DataFrame:
    """Refused records of the whole snapshot, and findings of the period or of no date, worst first."""
    refused = _given(tables, "quarantine", Quarantined.empty_frame()).select(
        severity=pl.lit("refused"), check="reason", place=pl.format("{}:{}", "source_file", "source_line"),
        what=pl.format("{}: {}", "table", "detail"), amount="amount", currency=pl.col("currency").fill_null(""),
    )  # fmt: skip
    day = pl.col("event_date")
    found = tables["findings"].filter(day.is_null() | ((day >= period.start) & (day < period.end))).select(
        "severity", check="code", place=pl.format("{} {}", "subject_table", "subject_id"), what="detail", amount="amount",
        currency=pl.when(pl.col("amount").is_not_null()).then(pl.lit(company_currency)).otherwise(pl.lit("")),
    )  # fmt: skip
    both = pl.concat(
        [part.select(pl.col(name).cast(kind) for name, kind in EXCEPTIONS.items()) for part in (found, refused)]
    )
    rank = pl.col("severity").replace_strict(dict(zip(SEVERITIES, range(4), strict=True)), default=9)
    return both.sort(rank, "check", "place", "what", nulls_last=True)
