"""What stands beside a line's own motion: its base that was not reached, and its agreement's value divided by days."""

from compensation.explanation.node import Node, Row, Tables, money_text, name_of, one_of, place_of, rows_of
from schemas.rules.company import Company

WHO_WORDS = {
    "account_manager": "account manager",
    "account_representative": "the account's sales representative",
    "order_representative": "representative named on the order",
    "house": "nobody looked after it",
    "excluded_account": "the account is excluded",
}


def add_shortfalls(node: Node, booking: Row, tables: Tables, company: Company) -> None:
    """Bases around the sale that were not reached, whose they are, and whether a hand-over protects from it."""
    day = booking["sale_date"]
    for row in rows_of(tables, "shortfalls", customer_id=booking["customer_id"]):
        is_of_it = row["product_family"] in (None, booking["product_family"])
        if is_of_it and row["window_start"] <= day < row["window_end"]:
            node.add(_shortfall_sentence(row, tables, company))


def _shortfall_sentence(row: Row, tables: Tables, company: Company) -> str:
    base, reached = (money_text(row[name], company.currency) for name in ("base_amount", "reached_amount"))
    whose = name_of(tables, row["payee_id"]) if row["payee_id"] else "no account manager"
    counts = "does not count against them: the hand-over protects" if row["is_protected"] else "counts"
    if not row["payee_id"]:
        counts = "counts against nobody"
    what = row["product_family"] or row["agreement_id"] or "all families"
    return (
        f"{row['kind']} of {what} from {row['window_start']} to before {row['window_end']}: {reached} reached of {base}, "
        f"{whose}: {counts}"
    )


def add_agreement_shares(node: Node, booking: Row, tables: Tables, company: Company) -> None:
    """Whose the value of the agreement's year is, by days, where the order is under one and the policy divides it."""
    agreement = one_of(tables, "orders", order_id=booking["order_id"]).get("agreement_id")
    if not agreement:
        return
    source = place_of(one_of(tables, "agreements", agreement_id=agreement))
    for row in rows_of(tables, "agreement_shares", agreement_id=agreement):
        if row["year_start"] <= booking["sale_date"] < row["year_end"]:
            node.add(
                f"agreement {agreement}, year from {row['year_start']} to before {row['year_end']}: "
                f"{money_text(row['amount'], company.currency)} of its value by days to {name_of(tables, row['payee_id'])} "
                f"({WHO_WORDS.get(row['rule'], row['rule'].replace('_', ' '))}), {source}"
            )
