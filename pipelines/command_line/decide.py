"""``creditdue decide``: say what becomes of a warning, so that its period can close."""

from pathlib import Path

import click
from rich.text import Text

from pipelines.command_line.console import ends_well, out
from pipelines.command_line.ledger_options import as_option, store_option


@click.command(name="decide")
@click.argument("period")
@click.argument("finding")
@click.option("--reason", required=True, help="Why it may stay as it is.")
@click.option("--decision", default="accepted", show_default=True, help="What was decided, in a word.")
@store_option
@as_option
@ends_well
def command(period: str, finding: str, reason: str, decision: str, store: Path, who: str | None) -> None:
    """Decide on a warning before PERIOD closes: FINDING as `propose` and `close` name it, or a whole kind of them.

    \b
    Example:
      creditdue decide 2025-P08 house_revenue/19900 --reason "Web shop: nobody sold it" --store out/demo --as p.meyer
      creditdue decide 2025-P08 house_revenue --reason "Web shop revenue is the house's" --store out/demo --as p.meyer

    A decision holds from then on, in later periods too. A blocking finding cannot be decided away: it is mended.
    """
    from pipelines.ledger import Decision, acting, ledger_address, open_ledger  # noqa: PLC0415

    person = acting(who)
    ledger = open_ledger(ledger_address(store))
    ledger.append(Decision(person, f"{period}/{finding}", period, finding, decision, reason))
    out.print(Text(f"{finding}: {decision} by {person.name}. {reason}"))
