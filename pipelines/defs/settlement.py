"""Layer ``settlement``: what the open period would post, every posting of the ledger, and where that leaves everybody."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from pipelines.closing.settling import nothing_settled, settling
from pipelines.defs.charts import paid_chart
from pipelines.defs.failures import said_in_words
from pipelines.defs.night import AsTheyCame, Night
from pipelines.defs.tables import checked, outputs, outs
from pipelines.store.contracts import ATTRIBUTION_TABLES, PAYOUT_TABLES, SETTLEMENT_TABLES
from schemas.contract import CONTRACT
from schemas.core.attribution import Finding


@dg.multi_asset(
    name="settlement",
    deps=[*CONTRACT, *ATTRIBUTION_TABLES, *PAYOUT_TABLES],
    outs=outs("settlement", SETTLEMENT_TABLES, code="pipelines/closing/settling.py"),
    required_resource_keys={"night"},
    description=(
        "What every line earns as known now, less what the ledger posted for it; then holds, draws and recoveries down to what is "
        "paid. The same function as `creditdue propose`. Without a ledger nothing is read, and every table is empty."
    ),
)
def settlement(context: dg.AssetExecutionContext) -> Iterator[dg.Output[pl.DataFrame]]:
    """``pipelines.closing.settling.settling``."""
    night: Night = context.resources.night
    with said_in_words("settlement", night, shows_pay=True):
        made = checked(_settled(night))
        chart = paid_chart(made["balances"])
    yield from outputs(made, {"balances": {"paid": chart} if chart else {}})


def _settled(night: Night) -> dict[str, pl.DataFrame]:
    """The layer's tables; all empty where there is no ledger."""
    if night.recorded.head is None:
        return {**nothing_settled(), "settlement_findings": Finding.empty_frame()}
    standing = night.standing
    now = {name: night.read(name) for name in CONTRACT}
    found = settling(
        AsTheyCame(night),
        {**now, **standing.held},
        now,
        standing.frozen,
        standing.calendar,
        night.folder,
        night.recorded,
    )
    return {**found.tables(), "settlement_findings": found.findings}
