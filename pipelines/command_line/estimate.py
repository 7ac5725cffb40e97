"""``creditdue estimate``: what an open opportunity would pay."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from pipelines.command_line.console import Progress, company_option, ends_well, exports_option, out, table_of
from pipelines.command_line.plan import amount_given
from pipelines.command_line.run import _day

if TYPE_CHECKING:
    from compensation.modelling.deal import Deal
    from compensation.modelling.estimate import Estimate, Gain


@click.command(name="estimate")
@click.argument("opportunity_id")
@company_option
@exports_option()
@click.option("--amount", callback=amount_given, help="Another amount, in the opportunity's currency.")
@click.option(
    "--close-date",
    "day",
    callback=_day,
    help="Another day, e.g. 2026-12-15. Default: its close date, or the last day known.",
)
@click.option(
    "--family", help="Product family of what is sold: decides between retention and growth, and factors by family."
)
@click.option(
    "--cost",
    callback=amount_given,
    help="What is sold costs so much, in the same currency; for plans that count margin.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@ends_well
def command(
    opportunity_id: str,
    company: Path,
    exports: Path,
    amount: Decimal | None,
    day: date | None,
    family: str | None,
    cost: Decimal | None,
    *,
    quiet: bool,
) -> None:
    """Say what the open OPPORTUNITY_ID would pay if it were won as it stands: its owner, who shares it, and their managers.

    Everything is computed with an order in its place and without it; the difference is shown with the position before and
    after, the tier and the rate, and what else would move. The order is never stored.

    \b
    Example:
      creditdue estimate D-2014 --company examples/demo --exports examples/demo/exports
      creditdue estimate D-2014 --company examples/demo --exports examples/demo/exports --amount 80000 --close-date 2026-11-30
    """
    from compensation.calculate import first_and_last_day  # noqa: PLC0415
    from compensation.modelling.deal import Wished, deal_of  # noqa: PLC0415
    from compensation.modelling.estimate import estimate  # noqa: PLC0415
    from pipelines.company_folder import load_company  # noqa: PLC0415
    from pipelines.intake import take_in  # noqa: PLC0415

    progress = Progress(quiet=quiet)
    folder = load_company(company)
    with progress.step("reading and validating exports"):
        facts = take_in(folder, exports).facts
    deal = deal_of(
        facts, opportunity_id, Wished(amount, day, family, cost), first_and_last_day(facts, folder.company)[1]
    )
    with progress.step("computing without it and with it"):
        found = estimate(facts, folder.rules, deal)
    names = dict(facts["payees"].select("payee_id", "payee_name").rows())
    accounts = dict(facts["accounts"].select("account_id", "account_name").rows())
    show(found, deal, names, accounts, folder.company.currency)


def show(
    found: "Estimate", deal: "Deal", names: Mapping[str, str], accounts: Mapping[str, str], company_currency: str
) -> None:
    """The estimate on the terminal."""
    opportunity = deal.opportunity
    account = accounts.get(opportunity["account_id"]) or opportunity["account_id"]
    what = f"{opportunity['opportunity_id']}, {account}: {_money(deal.amount, deal.currency)}, {opportunity['stage']}"
    out.print(Text(what, style="bold"))
    out.print(Text(f"As if it were ordered on {deal.day}. An estimate: nothing is stored, and nothing is promised."))
    for note in found.notes:
        out.print(Text(f"  {note}", style="dim"))
    out.print()
    for credit in found.credits:
        who = _who(credit["payee_id"], names)
        words = credit["rule"].replace("_", " ")
        out.print(
            f"{_money(credit['amount'], company_currency)} of {credit['motion'].replace('_', ' ')} to {who} ({words})"
        )
    for row in found.unpaid:
        from compensation.statement.sentences import unpaid_sentence  # noqa: PLC0415

        out.print(
            f"{_who(row['payee_id'], names)} earns nothing on {_money(row['amount'], company_currency)}: {unpaid_sentence(row['reason'])}"
        )
    if not found.gains:
        out.print("It would pay nobody.")
        return
    out.print()
    heads = ["payee", "name", "component", "on the deal", "elsewhere", "in all", ""]
    rows = [
        [gain.payee_id, names.get(gain.payee_id, ""), gain.component, *_figures(gain), gain.currency]
        for gain in found.gains
    ]
    out.print(table_of("What it would pay", heads, rows, heads[3:6]))
    for gain in found.gains:
        _explain(gain, names)
    _show_moved(found, names)


def _figures(gain: "Gain") -> list[str]:
    return [_plain(amount, gain.currency) for amount in (gain.on_deal, gain.elsewhere, gain.on_deal + gain.elsewhere)]


def _explain(gain: "Gain", names: Mapping[str, str]) -> None:
    out.print()
    out.print(Text(f"{_who(gain.payee_id, names)}, {gain.component}", style="bold"))
    for place in gain.places:
        for sentence in _standing(place, gain.currency):
            out.print(Text(f"  {sentence}"))
    for sentence in gain.sentences:
        out.print(Text(f"  {sentence}"))
    if gain.elsewhere:
        sign = "+" if gain.elsewhere > 0 else ""
        out.print(Text(f"  On everything else: {sign}{_plain(gain.elsewhere, gain.currency)} {gain.currency}."))


def _standing(place: Mapping[str, Any], currency: str) -> Iterator[str]:
    """Position, attainment, rate and next tier in words; of what is counted in pieces, numbers and money for each."""
    from compensation.statement.figure_words import amount_words, number_words, percent_words  # noqa: PLC0415
    from compensation.statement.labels import counts_pieces  # noqa: PLC0415

    money, pieces = partial(amount_words, currency=currency), counts_pieces(place["counted"])
    shown, rate = (number_words, money) if pieces else (money, percent_words)
    position = " → ".join(shown(place[name]) for name in ("position_before", "position_after"))
    yield f"Position of {place['measure'].replace('_', ' ')} in {place['window']}: {position}."
    if place["attainment_after"] is not None:
        before = place["attainment_before"]
        was = "0 %" if before is None else percent_words(before)
        yield f"Attainment: {was} → {percent_words(place['attainment_after'])} of a quota of {shown(place['quota'])}."
    if (
        place["rate_after"] is not None
        and place["rate_before"] is not None
        and place["rate_before"] != place["rate_after"]
    ):
        yield f"The rate moves from {rate(place['rate_before'])} to {rate(place['rate_after'])}."
    if place["next_tier_at"] is not None:
        yield f"The next tier starts at {shown(place['next_tier_at'])}."


def _show_moved(found: "Estimate", names: Mapping[str, str]) -> None:
    if not found.moved:
        return
    out.print()
    out.print(Text("What else would move", style="bold"))
    for row in found.moved:
        before, after = (
            ("not there yet" if value is None else f"{value.normalize():f}")
            for value in (row["value_before"], row["value"])
        )
        effect = _effect(row)
        reading = f"{row['used_by']} of {row['component']}, {row['reading'].replace('_', ' ')}"
        out.print(Text(f"  {_who(row['payee_id'], names)}: {reading}: {before} → {after}{effect}"))


def _effect(row: Mapping[str, Any]) -> str:
    before, after = row["effect_before"], row["effect"]
    if after is None or before == after:
        return ""
    if row["used_by"].startswith("gate"):
        return ", which opens it" if after else ", which leaves it closed" if before is None else ", which closes it"
    return f", which gives {after.normalize():f}" + ("" if before is None else f" instead of {before.normalize():f}")


def _who(payee_id: str, names: Mapping[str, str]) -> str:
    return f"{names[payee_id]} ({payee_id})" if payee_id in names else payee_id.lower()


def _money(amount: Decimal, currency: str) -> str:
    return f"{_plain(amount, currency)} {currency}"


def _plain(amount: Decimal, currency: str) -> str:
    from compensation.currency import minor_unit_digits  # noqa: PLC0415

    return f"{amount:,.{minor_unit_digits(currency)}f}"
