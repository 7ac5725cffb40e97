"""``creditdue accounts``: key accounts against base, plan and agreement, and where they are at risk."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from pipelines.command_line.console import ends_well, fail, out, table_of
from pipelines.command_line.explain import source_options, tables_of
from pipelines.exit_codes import STOPPED

if TYPE_CHECKING:
    import polars as pl

BY = {"account": "customer_id", "family": "product_family", "manager": "carer_id"}
MOST_ROWS = 40
RISK_COLUMNS = ["account", "looked after by", "risk", "since", "revenue at stake", "margin", "what was found"]
FIGURE_COLUMNS = ["booked", "base", "existing", "NRR", "GRR", "growth", "margin", "%", "target", "reached"]
AGREEMENT_COLUMNS = ["agreement", "account", "family", "ends", "a year", "called off", "expected by now", "followed by"]


@click.command(name="accounts")
@click.argument("account", required=False)
@source_options
@click.option(
    "--by", type=click.Choice(list(BY)), default="account", show_default=True, help="What a row of figures is."
)
@click.option("--span", help="Fiscal year, quarter or period: 2026, 2026-Q1, 2026-P03. Default: the year so far.")
@ends_well
def command(
    account: str | None, company: Path, exports: Path | None, results: Path | None, store: Path | None, by: str, span: str | None
) -> None:  # fmt: skip
    """Show what key accounts do against base, plan and agreement, and where they are at risk; of one ACCOUNT or all.

    \b
    Example:
      creditdue accounts --company examples/demo --exports examples/demo/exports
      creditdue accounts 10000 --company examples/demo --results out/demo-tables --by family
      creditdue accounts --company examples/demo --results out/demo-tables --by manager --span 2026-Q3

    Watched are key accounts and everybody whom an account manager looks after, up to the last day that the exports know of.
    """
    from pipelines.company_folder import load_company  # noqa: PLC0415

    folder = load_company(company)
    made = tables_of(folder, exports, results, store)
    tables = {name: made[name].collect() for name in SHOWN}
    figures, risks, agreements = (tables[name] for name in ("account_figures", "account_risks", "agreement_figures"))
    if account is not None:
        figures, risks, agreements = (_of_account(table, account) for table in (figures, risks, agreements))
        _require_watched(account, figures, risks, tables)
    chosen = _of_span(figures, tables["account_figures"], span)
    _show_figures(chosen, by, folder.company.currency, tables)
    _show_agreements(agreements)
    _show_risks(risks, folder.company.currency, tables)


SHOWN = ("account_figures", "agreement_figures", "account_risks", "accounts", "payees")


def _of_account(table: "pl.DataFrame", account: str) -> "pl.DataFrame":
    return table.filter(customer_id=account)


def _require_watched(
    account: str, figures: "pl.DataFrame", risks: "pl.DataFrame", tables: dict[str, "pl.DataFrame"]
) -> None:
    if not (figures.is_empty() and risks.is_empty()):
        return
    known = account in tables["accounts"]["account_id"]
    why = (
        "is no key account, nobody looks after it as account manager, or it belongs to a customer above it"
        if known
        else "is in no export of accounts"
    )
    fail(f"{account} {why}. `creditdue accounts` without an account lists who is watched.", STOPPED)


def _of_span(figures: "pl.DataFrame", all_figures: "pl.DataFrame", span: str | None) -> "pl.DataFrame":
    spans = all_figures["span"].unique(maintain_order=True).to_list()
    if span is not None and span not in spans:
        fail(f"No figures for {span}; there are {', '.join(spans) or 'none'}.", STOPPED)
    return figures.filter(span=span or spans[0]) if spans else figures


def _show_figures(figures: "pl.DataFrame", by: str, currency: str, tables: dict[str, "pl.DataFrame"]) -> None:
    from compensation.accounts.ratios import added_up  # noqa: PLC0415
    from compensation.currency import minor_unit_digits  # noqa: PLC0415

    if figures.is_empty():
        out.print(Text("No key account has bought anything, or has a base or a target, in this span."))
        return
    digits = minor_unit_digits(currency)
    rows = added_up(figures, [BY[by]], digits).rows(named=True)
    (whole,) = added_up(figures, [], digits).rows(named=True)
    named = _names(by, tables)
    shown = [[_named(row[BY[by]], named), *_cells(row, digits)] for row in rows]
    first, last = figures["span_start"][0], figures["span_end"][0]
    title = f"{figures['span'][0]}, {first} to the day before {last}, by {by}, in {currency}"
    out.print(table_of(title, [by, *FIGURE_COLUMNS], [*shown, ["all", *_cells(whole, digits)]], numbers=FIGURE_COLUMNS))


def _cells(row: dict[str, Decimal], digits: int) -> Sequence[str]:
    amounts = {name: _amount(row[name], digits) for name in ("booked", "base", "existing", "margin", "revenue_target")}
    shares = {name: _share(row[name]) for name in ("nrr", "grr", "growth", "margin_share", "reached")}
    return [
        amounts["booked"], amounts["base"], amounts["existing"], shares["nrr"], shares["grr"], shares["growth"],
        amounts["margin"], shares["margin_share"], amounts["revenue_target"], shares["reached"],
    ]  # fmt: skip


def _show_agreements(agreements: "pl.DataFrame") -> None:
    if agreements.is_empty():
        return
    from compensation.currency import minor_unit_digits  # noqa: PLC0415

    rows = [
        [
            row["agreement_id"], row["customer_id"], row["product_family"] or "all", row["end_date"],
            *(_amount(row[name], minor_unit_digits(row["currency"])) for name in ("annual_value", "called_off", "expected")),
            row["followed_by"] or "–",
        ]
        for row in agreements.rows(named=True)
    ]  # fmt: skip
    out.print(table_of("Agreements that run", AGREEMENT_COLUMNS, rows, numbers=AGREEMENT_COLUMNS[4:7]))


def _show_risks(risks: "pl.DataFrame", currency: str, tables: dict[str, "pl.DataFrame"]) -> None:
    from compensation.currency import minor_unit_digits  # noqa: PLC0415

    if risks.is_empty():
        out.print(Text("No account is at risk by the company's own figures (`accounts` in company.yaml)."))
        return
    digits, accounts, people = minor_unit_digits(currency), _names("account", tables), _names("manager", tables)
    rows = [
        [
            _named(row["customer_id"], accounts), _named(row["carer_id"], people), row["risk"].replace("_", " "),
            row["since"] or "", _amount(row["revenue_at_stake"], digits), _amount(row["margin_at_stake"], digits), row["detail"],
        ]
        for row in risks.head(MOST_ROWS).rows(named=True)
    ]  # fmt: skip
    more = f", the {MOST_ROWS} largest" if risks.height > MOST_ROWS else ""
    out.print(
        table_of(f"At risk ({risks.height:,}{more}), in {currency}", RISK_COLUMNS, rows, numbers=RISK_COLUMNS[4:6])
    )


def _names(by: str, tables: dict[str, "pl.DataFrame"]) -> dict[str, str]:
    if by == "account":
        return dict(tables["accounts"].select("account_id", "account_name").rows())
    people = tables["payees"].sort("valid_from").group_by("payee_id", maintain_order=True).last()
    return dict(people.select("payee_id", "payee_name").rows()) if by == "manager" else {}


def _named(key: str | None, names: dict[str, str]) -> str:
    if key is None:
        return "nobody"
    return f"{key} {names[key]}" if names.get(key) and names[key] != key else key


def _amount(amount: Decimal | None, digits: int) -> str:
    return "–" if amount is None else f"{amount:,.{digits}f}"


def _share(share: Decimal | None) -> str:
    return "–" if share is None else f"{share:.1%}"
