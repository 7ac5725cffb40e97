"""An account on a day: its customer, who looks after it, whether it is a key account, and who would get its business."""

from collections.abc import Iterator
from datetime import date

import polars as pl

from compensation.attribution import people, trees, who
from compensation.attribution.handover.shares import with_kept_shares
from compensation.attribution.key_accounts import own_key_spans
from compensation.attribution.policies import policy_on
from compensation.attribution.relationship import after_months
from compensation.explanation.attributed import hand_over_sentence
from compensation.explanation.care import Care, add_roles, care_of, span_words
from compensation.explanation.near import require_known
from compensation.explanation.node import Node, Row, Tables, name_of, one_of, place_of
from compensation.explanation.tried import add_tried
from compensation.money import percent_of
from schemas.core.attribution import Carer
from schemas.rules.attribution import AttributionPolicy
from schemas.rules.company import Company

DECIDED_BY = {
    "account_manager": "the account manager",
    "account_representative": "the account's sales representative",
    "house": "nobody eligible is assigned",
    "excluded_account": "the attribution policy excludes the account",
}


def account_on(account_id: str, day: date, tables: Tables, company: Company) -> Node:
    """The tree of one account on one day.

    Who would get business is decided by the rules of attribution themselves, for an order of that day which names neither
    opportunity nor representative.

    Args:
        account_id: Which.
        day: When.
        tables: Contract and result tables by name.
        company: Its attribution policy.

    Raises:
        NotFound: there is no such account; says which are near.
    """
    require_known(account_id, "accounts", "account_id", "account", tables)
    account, care = one_of(tables, "accounts", account_id=account_id), care_of(account_id, day, tables)
    policy = policy_on(company.attribution, day)
    root = Node(f"Account {_named(account)} on {day}, {place_of(account)}")
    _add_customer(root, care, tables)
    _add_key_account(root, care, tables, policy)
    add_roles(root, care, tables)
    _add_business(root, care, tables, company)
    root.add(f"By attribution policy version {policy.version} ({policy.source})")
    return root


def _named(account: Row) -> str:
    name = account.get("account_name")
    return f"{account['account_id']} ({name})" if name else str(account["account_id"])


def _add_customer(root: Node, care: Care, tables: Tables) -> None:
    if care.customer_id == care.account_id:
        root.add("It is itself the customer: no account stands above it that day")
        return
    node = root.add(f"It belongs to customer {_named(one_of(tables, 'accounts', account_id=care.customer_id))}")
    for account, steps in care.above.items():
        if steps:
            row = one_of(tables, "accounts", account_id=account)
            node.add(f"{steps} above it: {_named(row) if row else account}, {place_of(row)}")


def _add_key_account(root: Node, care: Care, tables: Tables, policy: AttributionPolicy) -> None:
    tiers = " or ".join(policy.key_account_tiers)
    found = list(_key_spans(care, tables, policy))
    for account, first, end in found:
        where = "" if account == care.account_id else f", because {account} above it is one"
        root.add(f"Key account (tier {tiers}) {span_words(first, end)}{where}")
    if not found:
        node = root.add(f"No key account that day: neither it nor an account above it has the tier {tiers}")
        for row in tables["account_tiers"].filter(pl.col("account_id").is_in(list(care.above))).collect().to_dicts():
            node.add(
                f"{row['account_id']}: tier {row['tier']} {span_words(row['valid_from'], row['valid_to'])}, {place_of(row)}"
            )
    if policy.account_managers_on == "key_accounts":
        root.children[-1].add(
            "Account managers receive the existing business of key accounts only (account_managers_on)"
        )


def _key_spans(care: Care, tables: Tables, policy: AttributionPolicy) -> Iterator[tuple[str, date, date]]:
    """When it, or an account above it that day, is a key account: spans of the day, the nearest account first."""
    near = pl.col("account_id").is_in(list(care.above))
    facts = {name: tables[name].filter(near).collect() for name in ("accounts", "account_tiers")}
    spans = own_key_spans(facts, policy.key_account_tiers)
    today = spans.filter((pl.col("valid_from") <= care.day) & (pl.col("valid_to") > care.day)).unique()
    yield from sorted(today.select("account_id", "valid_from", "valid_to").rows(), key=lambda row: care.above[row[0]])


def _add_business(root: Node, care: Care, tables: Tables, company: Company) -> None:
    order = _last_order(care, tables, company)
    kind = _kind_words(order, care)
    root.add(f"An order of that day would be {kind}")
    for is_new, words in ((True, "New business"), (False, "Existing business")):
        shares, handed = _would_receive(care, order, tables, company, is_new=is_new)
        node = root.add(f"{words} of that day would go to {', '.join(_receiver_words(one, tables) for one in shares)}")
        if is_new:
            node.add(
                "unless the order names an opportunity, whose split or owner comes first, or a representative, who comes next"
            )
        elif handed is None:
            node.add(
                "unless no account manager counts and the order names a representative, who comes before the account's"
            )
        if handed is not None and not is_new:
            node.add(hand_over_sentence(handed))
        for one in shares:
            _add_rules(node, one, care, tables, is_new=is_new)


def _add_rules(node: Node, share: Row, care: Care, tables: Tables, *, is_new: bool) -> None:
    """The rules tried for one receiver, as those of a credit are shown."""
    motion = "new_business" if is_new else "retention"
    order = {"account_id": care.account_id, "order_date": care.day, "opportunity_id": None, "sales_rep_id": None}
    add_tried(node, {**share, "motion": motion}, order, tables)


def _receiver_words(share: Row, tables: Tables) -> str:
    percent = share["percent"].normalize()
    part = "" if percent == 100 else f"{percent:f} % to "  # noqa: PLR2004
    return f"{part}{name_of(tables, share['payee_id'])} ({DECIDED_BY[share['rule']]})"


def _last_order(care: Care, tables: Tables, company: Company) -> Row | None:
    """The latest booked sale of the customer on or before the day, with when its relationship stops being new and lapses."""
    sold = tables["bookings"].filter(
        pl.col("customer_id") == care.customer_id, pl.col("return_id").is_null(), pl.col("sale_date") <= care.day
    )
    columns = ("relationship_start", "relationship_number", "order_id", "sale_date")
    last = sold.select(columns).sort("sale_date", "relationship_number").tail(1).collect()
    if last.is_empty():
        return None
    ends = last.with_columns(order_date=pl.lit(care.day)).with_columns(
        is_new_to=after_months(pl.col("relationship_start"), "new_business_months", company.attribution),
        lapses=after_months(pl.col("sale_date"), "win_back_months", company.attribution),
    )
    return ends.row(0, named=True)


def _kind_words(order: Row | None, care: Care) -> str:
    if order is None:
        return "new business: nothing was booked for its customer up to that day"
    last = f"order {order['order_id']} of {order['sale_date']} was the last before it"
    if order["lapses"] <= care.day:
        return f"new business, a win-back: {last}, and the relationship lapsed on {order['lapses']}"
    since = f"relationship no. {order['relationship_number']} began on {order['relationship_start']}"
    if care.day < order["is_new_to"]:
        return f"new business until {order['is_new_to']}: {since}"
    return f"existing business: {since}, and it was new up to {order['is_new_to']}"


def _would_receive(
    care: Care, last: Row | None, tables: Tables, company: Company, *, is_new: bool
) -> tuple[list[Row], Row | None]:
    """The shares of a supposed order, by the rules themselves; and what the hand-over says of it, where there is one."""
    facts = {
        name: tables[name].collect()
        for name in ("accounts", "account_parents", "account_tiers", "payees", "agreements")
    }
    facts |= {name: tables[name].head(0).collect() for name in ("opportunities", "opportunity_splits")}
    above = trees.ancestors(trees.parents(facts["accounts"], facts["account_parents"]))
    carers = tables["carers"].filter(pl.col("account_id") == care.account_id).select(Carer.columns()).collect()
    order = pl.DataFrame(
        {
            "order_index": [0], "account_id": [care.account_id], "order_date": [care.day], "opportunity_id": [None],
            "sales_rep_id": [None], "is_new_business": [is_new],
            "relationship_start": [last["relationship_start"] if last else care.day],
        },
        schema_overrides={"order_index": pl.UInt32, "opportunity_id": pl.String, "sales_rep_id": pl.String},
    )  # fmt: skip
    judged = with_kept_shares(order, facts, carers, above, company.attribution)
    shares = who.shares(judged, facts, carers, above, people.standings(facts["payees"]), company.attribution)
    handed = judged.row(0, named=True) if "hand_over_rule" in judged.columns else {}
    rows = shares.with_columns(percent=percent_of(pl.col("share")), credit_type=pl.lit("direct")).to_dicts()
    if not handed.get("hand_over_rule"):
        return rows, None
    kept = judged.select(percent_of(pl.col("kept"))).item()
    return rows, {**handed, "representative_percent": kept}
