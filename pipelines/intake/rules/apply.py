"""The rules between rows, in the order in which they apply: parents before children, orders last."""

from pipelines.intake.rules.amounts import settle_amounts
from pipelines.intake.rules.keys import settle_duplicates
from pipelines.intake.rules.orders import settle_order_lines, settle_returns, take_orders_whole
from pipelines.intake.rules.references import require_references
from pipelines.intake.rules.world import World
from schemas.contract import CONTRACT


def apply_rules(world: World) -> None:
    """Hold every fault between rows and tables against its rows.

    Raises:
        FileRefused: a table contradicts itself as a whole.
    """
    for batch in world.tables.values():
        settle_duplicates(batch)
    for table in ("accounts", "products", "payees", "orders"):
        require_references(world, table)
    settle_order_lines(world)
    settle_returns(world)
    take_orders_whole(world)
    for table in CONTRACT:
        if "currency" in world.tables[table].frame.columns and table not in ("orders", "order_lines", "returns"):
            settle_amounts(world, table, world.tables[table].frame["currency"])
