"""``creditdue dispute``: say what is wrong on a statement, answer it, and see what is open."""

from pathlib import Path

import click
from rich.text import Text

from pipelines.command_line.console import ends_well, out, table_of
from pipelines.command_line.ledger_options import as_option, existing_ledger, store_option

COLUMNS = ("dispute", "payee", "of", "about", "claim", "stands", "answer")
OUTCOMES = ("upheld", "rejected", "explained")
MOST_LINES = 5
OF_LINE = "commission"
"""The figure that stands for an order line."""


@click.group(name="dispute")
def command() -> None:
    """Raise a dispute on a statement, answer it, or list them.

    \b
    Example:
      creditdue dispute raise 2025-P01 R101 --order-line 30001-10 --reference DIS-1 --claim "Sold with R102, not alone" --store out/demo --as r101
      creditdue dispute answer DIS-1 rejected --text "R102 joined after the order" --store out/demo --as k.ito
      creditdue dispute list --store out/demo
    """


@command.command(name="raise")
@click.argument("period")
@click.argument("payee")
@click.option("--reference", required=True, help="What it is called, once in the ledger: DIS-1.")
@click.option("--claim", required=True, help="What is wrong, in the payee's words.")
@click.option("--order-line", help="Order line of the statement that it is about.")
@click.option(
    "--figure", help="Figure of the statement that it is about, such as net_payable; with --order-line its commission."
)
@store_option
@as_option
@ends_well
def raise_dispute(
    period: str, payee: str, reference: str, claim: str, order_line: str | None, figure: str | None, store: Path, who: str | None
) -> None:  # fmt: skip
    """Record what PAYEE says is wrong on the statement of PERIOD (2026-P03), closed or open.

    \b
    Example:
      creditdue dispute raise 2025-P01 R101 --order-line 30001-10 --reference DIS-1 --claim "Sold with R102, not alone" --store out/demo --as r101
      creditdue dispute raise 2025-P01 R101 --figure net_payable --reference DIS-2 --claim "The draw is missing" --store out/demo --as r101

    It stands on the payee's next statement, and the open period does not close on it before somebody answers, or decides that it may.
    """
    from pipelines.closing.interested import lines_of, require_payee  # noqa: PLC0415
    from pipelines.ledger import Dispute, WrongEntry, acting  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    person, ledger, place = acting(who), existing_ledger(store), Store.at(store)
    require_payee(place, payee)
    if not (order_line or figure):
        raise WrongEntry(
            f"'{reference}' says not what it is about. Give --order-line, or --figure such as net_payable."
        )
    known = lines_of(place, ledger, payee) if order_line else frozenset()
    if order_line and order_line not in known:
        near = ", ".join(sorted(known)[:MOST_LINES]) or "none"
        raise WrongEntry(
            f"{payee} earns nothing on order line '{order_line}', so no statement has it. Lines of {payee}: {near}{' …' * (len(known) > MOST_LINES)}. "
            "A line that should have paid is disputed by --figure credited_revenue."
        )
    ledger.append(Dispute(person, reference, period, payee, figure or OF_LINE, claim, order_line))
    out.print(
        Text(
            f"{reference} is recorded by {person.name}. It stands on the next statement of {payee}. Next: somebody who gains nothing by it "
            f"answers (`creditdue dispute answer {reference} upheld|rejected|explained --text …`)."
        )
    )


@command.command(name="answer")
@click.argument("dispute")
@click.argument("outcome", type=click.Choice(OUTCOMES))
@click.option("--text", required=True, help="Why; the payee reads it.")
@store_option
@as_option
@ends_well
def answer_dispute(dispute: str, outcome: str, text: str, store: Path, who: str | None) -> None:
    """Answer DISPUTE, as somebody who neither raised it nor gains by it: upheld, rejected or explained.

    \b
    Example:
      creditdue dispute answer DIS-1 rejected --text "R102 joined after the order" --store out/demo --as k.ito

    An interested party is refused: the payee, and whoever earns on the same order line by a split or an override. An answer pays
    nothing: where a dispute is upheld, mend the source or record an adjustment.
    """
    from pipelines.closing.interested import interested_in  # noqa: PLC0415
    from pipelines.ledger import Answer, Dispute, WrongEntry, acting  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    person, ledger = acting(who), existing_ledger(store)
    rows = ledger.entries(Dispute).rows(named=True)
    about = next((row for row in rows if row["reference"] == dispute), None)
    if about is None:
        raise WrongEntry(f"'{dispute}' is no dispute in the ledger. `creditdue dispute list` shows which there are.")
    interested = interested_in(Store.at(store), ledger, about["payee_id"], about["order_line_id"])
    ledger.append(Answer(person, f"{dispute}/{outcome}/{person.key}", dispute, outcome, text), interested)
    rest = " Upheld pays nothing yet: mend the source, or `creditdue adjust`." if outcome == "upheld" else ""
    out.print(
        Text(f"{dispute} is {outcome} by {person.name}. It stands on the next statement of {about['payee_id']}.{rest}")
    )


@command.command(name="list")
@store_option
@click.option("--all", "every", is_flag=True, help="Those that were answered, too.")
@ends_well
def list_disputes(store: Path, *, every: bool) -> None:
    """Show the disputes that are open.

    \b
    Example:
      creditdue dispute list --all --store out/demo
    """
    from pipelines.ledger import Answer, Dispute  # noqa: PLC0415

    ledger = existing_ledger(store)
    answers = {row["dispute"]: row for row in ledger.entries(Answer).rows(named=True)}
    rows = [
        (one["reference"], one["payee_id"], one["period"], one["order_line_id"] or one["figure"], one["claim"], *_standing(answers.get(one["reference"])))
        for one in ledger.entries(Dispute).rows(named=True)
        if every or one["reference"] not in answers
    ]  # fmt: skip
    out.print(table_of(f"Disputes ({len(rows)})", COLUMNS, rows))


def _standing(answer: dict[str, str] | None) -> tuple[str, str]:
    return (answer["outcome"], f"{answer['text']} ({answer['by']})") if answer else ("open", "")
