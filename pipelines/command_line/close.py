"""``creditdue close``: seal and post an approved period."""

from pathlib import Path

import click
from rich.text import Text

from pipelines.command_line.console import ends_well, out
from pipelines.command_line.ledger_options import as_option, existing_ledger, store_option
from pipelines.command_line.propose import show_differences, show_lines


@click.command(name="close")
@click.argument("period")
@store_option
@as_option
@click.option("--document", help="Reference of the paper that the close is filed under.")
@click.option("--note", help="Anything else worth knowing.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Today's date. Default: the clock's, where the company is."
)
@ends_well
def command(period: str, store: Path, who: str | None, document: str | None, note: str | None, as_of: object) -> None:
    """Close PERIOD (2026-P03): seal its approved draft, post its lines, in one step and for good.

    \b
    Example:
      creditdue close 2025-P01 --store out/demo --as p.meyer

    Closed twice, it says who closed when, with the same seal, posts nothing, and ends with 0. Print the anchor and keep it
    elsewhere: `creditdue verify --anchor ANCHOR` proves with it that nothing was cut off since.
    """
    from datetime import datetime  # noqa: PLC0415

    from pipelines.closing import close_draft, read_draft  # noqa: PLC0415
    from pipelines.company_folder import load_company  # noqa: PLC0415
    from pipelines.defs.settings import today  # noqa: PLC0415
    from pipelines.ledger import AlreadyClosed, acting  # noqa: PLC0415
    from pipelines.store import Store  # noqa: PLC0415

    person, ledger, place = acting(who), existing_ledger(store), Store.at(store)
    draft = read_draft(place, period) if ledger.closing_of(period) is None else None
    rules = (draft.folder if draft else place.root / "closed" / period) / "rules"
    if draft:
        show_lines(period, draft.lines, draft.balances)
        show_differences(draft.differences)
    day = as_of.date() if isinstance(as_of, datetime) else today(load_company(rules).company.time_zone)
    try:
        closing = close_draft(place, ledger, period, person, today=day, document=document, note=note)
        out.print(
            Text(f"{period} is closed by {closing.by}: {closing.postings:,} postings, {place.root / 'closed' / period}")
        )
    except AlreadyClosed as error:
        if error.closing is None:
            raise
        closing = error.closing
        out.print(Text(str(error)))
    out.print(Text(f"Seal:   {closing.seal}\nAnchor: {closing.anchor}"), soft_wrap=True)
