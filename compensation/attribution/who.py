"""Rule 6: who each order's revenue belongs to, decided once an order and then given to its lines."""

from collections.abc import Sequence

import polars as pl

from compensation.attribution.deals import deals_by_version
from compensation.attribution.key_accounts import key_spans, with_those_below, within
from compensation.attribution.people import REASONS, with_eligibility
from compensation.attribution.policies import versions_by_day
from compensation.in_force import ALWAYS, FOREVER, on_day
from compensation.money import WHOLE, running_total, share_of_share, share_units
from schemas.core.attribution import EXCLUDED, HOUSE
from schemas.rules.attribution import AttributionPolicy

Facts = dict[str, pl.DataFrame]

NOT_TRIED, NOT_A_KEY_ACCOUNT, SHARE_UNASSIGNED, NOT_HANDED_OVER, IN_TRANSITION = 9, 8, 7, 6, 5
ALL_UNTRIED = 99_999
STEP_NAMES = (
    "account_manager",
    "opportunity_split",
    "opportunity_owner",
    "order_representative",
    "account_representative",
)
WORDS = {
    **dict(enumerate(REASONS)),
    NOT_A_KEY_ACCOUNT: "not_a_key_account",
    SHARE_UNASSIGNED: "share_unassigned",
    NOT_HANDED_OVER: "not_handed_over",
    IN_TRANSITION: "shared_until_handed_over",
}

DECIDING = ("order_index", "account_id", "order_date", "opportunity_id", "sales_rep_id", "is_new_business", "kept")
"""What decides about an order; ``kept`` only where a policy has a rule of hand-over."""


def shares(
    orders: pl.DataFrame, facts: Facts, care: pl.DataFrame, above: pl.DataFrame, standing: pl.DataFrame,
    policies: Sequence[AttributionPolicy],
) -> pl.DataFrame:  # fmt: skip
    """Who receives what share of each order.

    New business: the opportunity's splits, else its owner, else the representative named on the order, else the
    account's sales representative, else house. Existing business: the account manager, else the representative
    named on the order, else the account's sales representative, else house. A share refused passes to the next.

    Args:
        orders: Booking orders as ``handover.shares.with_kept_shares`` gives them.
        facts: Contract tables ``opportunities``, ``opportunity_splits``, ``accounts``, ``account_tiers``.
        care: As ``carers.carers`` gives it.
        above: As ``trees.ancestors`` gives it.
        standing: As ``people.standings`` gives it.
        policies: Versions of the attribution policy; the one in force on the order date applies.

    Returns:
        One row per order and share, in the order of the person first named: ``order_index``, ``named_payee_id``,
        ``payee_id``, ``rule``, ``tried``, ``share``, ``share_upto`` (both in ``money.WHOLE``).

    Source:
        Attribution rules 6 and 7.
    """
    members = _members(care)
    located = _with_carers(orders.select(name for name in DECIDING if name in orders.columns), members)
    judged = with_eligibility(located, standing, who="sales_rep_id", on="order_date")
    keyed = _with_key_accounts(judged, facts, above, policies)
    new = _new_business(keyed.filter("is_new_business"), facts, standing)
    existing = _existing_business(keyed.filter(~pl.col("is_new_business")))
    decided = _to_people(pl.concat([new, existing], how="diagonal"), members)
    return _with_running_share(_excluding(decided, orders, above, policies))


def _members(care: pl.DataFrame) -> pl.DataFrame:
    """The carers with ``set_index``: one number for the people who together look after an account in an interval."""
    key = ["account_id", "role", "valid_from"]
    sets = care.select(key).unique().sort(key).with_row_index("set_index")
    return care.join(sets, on=key, how="left", validate="m:1")


def _with_carers(orders: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    located = orders
    for role, name in (("account_manager", "manager_set"), ("sales_rep", "representative_set")):
        spans = members.filter(pl.col("role") == role).select(
            "account_id", "valid_from", "valid_to", pl.col("set_index").alias(name)
        )
        located = on_day(located, spans.unique(), by="account_id", on="order_date")
    return located


def _with_key_accounts(
    orders: pl.DataFrame, facts: Facts, above: pl.DataFrame, policies: Sequence[AttributionPolicy]
) -> pl.DataFrame:
    """``manager_reason``: 0 where the account manager counts, else why not."""
    refused = pl.lit(value=False)
    for policy, start, end in versions_by_day(policies):
        if policy.account_managers_on == "key_accounts":
            key_orders = within(orders, key_spans(facts, above, policy.key_account_tiers))
            here = (pl.col("order_date") >= start) & (pl.col("order_date") < end)
            refused = refused | (here & ~pl.col("order_index").is_in(key_orders.implode()))
    reason = pl.when(refused).then(NOT_A_KEY_ACCOUNT).when(pl.col("manager_set").is_null()).then(1).otherwise(0)
    return orders.with_columns(manager_reason=reason.cast(pl.UInt8))


def _new_business(orders: pl.DataFrame, facts: Facts, standing: pl.DataFrame) -> pl.DataFrame:
    """One row per order and share named by the opportunity (or one where nobody is named), with who decides."""
    key = ["opportunity_id", "deal_version"]
    orders, deals, parts = deals_by_version(orders, facts)
    splits = parts.filter(pl.col("split_type") == "revenue").join(deals, on=key, how="semi").select(
        *key, split_id="payee_id", share=share_units(pl.col("percent"))
    )  # fmt: skip
    named = orders.join(deals.select(*key, "owner_id"), on=key, how="left", validate="m:1", maintain_order="left")
    named = named.join(splits, on=key, how="left", maintain_order="left")  # one row a split: many to many
    judged = with_eligibility(
        named.with_columns(pl.col("share").fill_null(WHOLE)), standing, who="split_id", on="order_date"
    )
    judged = with_eligibility(judged, standing, who="owner_id", on="order_date")
    return judged.select(
        "order_index", "share", *_decision(), first_named=pl.coalesce("split_id", "owner_id", "sales_rep_id")
    )


def _decision() -> list[pl.Expr]:
    """``payee_id`` or ``set_index``, ``rule`` and ``tried_code`` of a new-business share."""
    split, owner, taker = (pl.col(f"{who}_reason") for who in ("split_id", "owner_id", "sales_rep_id"))
    unknown = REASONS.index("unknown_payee")
    has_split = split != 1
    lost = (split == unknown) | ((split != 0) & (owner == unknown))
    steps = [
        (split == 0, "opportunity_split", pl.col("split_id")),
        (lost, "unknown_payee", pl.lit(HOUSE)),
        (owner == 0, "opportunity_owner", pl.col("owner_id")),
        (taker == 0, "order_representative", pl.col("sales_rep_id")),
        (pl.col("representative_set").is_not_null(), "account_representative", pl.lit(None, dtype=pl.String)),
    ]
    rule, payee = pl.lit("house"), pl.lit(HOUSE)
    for holds, name, person in reversed(steps):
        rule, payee = pl.when(holds).then(pl.lit(name)).otherwise(rule), pl.when(holds).then(person).otherwise(payee)
    return [payee.alias("payee_id"), rule.alias("rule"), _set_of(rule), _tried(rule, has_split, split, owner, taker)]


def _existing_business(orders: pl.DataFrame) -> pl.DataFrame:
    """One row an order, with who decides; two in a transition from the representatives to the account manager."""
    if "kept" not in orders.columns:
        return _managers_first(orders)
    has_representative = (pl.col("sales_rep_id_reason") == 0) | pl.col("representative_set").is_not_null()
    alone = (pl.col("manager_reason") != 0) | (~has_representative & (pl.col("kept") < WHOLE))
    known = orders.with_columns(kept=pl.when(alone).then(0).otherwise("kept"))
    managed, theirs = known.filter(pl.col("kept") < WHOLE), known.filter(pl.col("kept") > 0)
    parts = [
        _managers_first(managed).with_columns(share=WHOLE - managed["kept"]),
        _representatives_first(theirs).with_columns(share=theirs["kept"]),
    ]
    return pl.concat(parts, how="diagonal")


def _managers_first(orders: pl.DataFrame) -> pl.DataFrame:
    """One row an order: the account manager, else the representatives, else house."""
    manager, taker = pl.col("manager_reason"), pl.col("sales_rep_id_reason")
    rule = (
        pl.when(manager == 0).then(pl.lit("account_manager"))
        .when(taker == 0).then(pl.lit("order_representative"))
        .when(pl.col("representative_set").is_not_null()).then(pl.lit("account_representative"))
        .otherwise(pl.lit("house"))
    )  # fmt: skip
    payee = (
        pl.when(rule == "house").then(pl.lit(HOUSE)).when(rule == "order_representative").then(pl.col("sales_rep_id"))
    )
    by_manager = rule == "account_manager"
    code = _code(manager=pl.when(~by_manager).then(manager), taker=pl.when(~by_manager & (rule != "order_representative")).then(taker),
                 carer=pl.when(rule == "house").then(1))  # fmt: skip
    return orders.select(
        "order_index", share=pl.lit(WHOLE, dtype=pl.Int64), payee_id=payee, rule=rule, tried_code=code,
        set_index=pl.when(by_manager).then("manager_set").when(rule == "account_representative").then("representative_set"),
        first_named=pl.when(rule == "order_representative").then(pl.col("sales_rep_id")),
    )  # fmt: skip


def _representatives_first(orders: pl.DataFrame) -> pl.DataFrame:
    """One row an order that has an account manager and is not, or not wholly, handed over: the representatives, else the manager."""
    taker = pl.col("sales_rep_id_reason")
    rule = (
        pl.when(taker == 0).then(pl.lit("order_representative"))
        .when(pl.col("representative_set").is_not_null()).then(pl.lit("account_representative"))
        .otherwise(pl.lit("account_manager"))
    )  # fmt: skip
    by_taker, by_manager = rule == "order_representative", rule == "account_manager"
    waiting = pl.when(pl.col("kept") < WHOLE).then(IN_TRANSITION).otherwise(NOT_HANDED_OVER)
    code = _code(
        manager=pl.when(~by_manager).then(waiting),
        taker=pl.when(~by_taker).then(taker),
        carer=pl.when(by_manager).then(1),
    )
    return orders.select(
        "order_index", share=pl.lit(WHOLE, dtype=pl.Int64), payee_id=pl.when(by_taker).then("sales_rep_id"), rule=rule,
        tried_code=code, set_index=pl.when(by_manager).then("manager_set").when(~by_taker).then("representative_set"),
        first_named=pl.when(by_taker).then(pl.col("sales_rep_id")),
    )  # fmt: skip


def _set_of(rule: pl.Expr) -> pl.Expr:
    return pl.when(rule == "account_representative").then(pl.col("representative_set")).alias("set_index")


def _tried(rule: pl.Expr, has_split: pl.Expr, split: pl.Expr, owner: pl.Expr, taker: pl.Expr) -> pl.Expr:
    past_split = rule != "opportunity_split"
    stopped = pl.col("split_id_reason") == REASONS.index("unknown_payee")
    past_owner = past_split & (rule != "opportunity_owner") & ~stopped
    past_taker = rule.is_in(["account_representative", "house"])
    return _code(
        split=pl.when(past_split & has_split).then(split),
        owner=pl.when(past_owner).then(owner),
        taker=pl.when(past_taker).then(taker),
        carer=pl.when(rule == "house").then(1),
    ).alias("tried_code")


def _code(**steps: pl.Expr) -> pl.Expr:
    """One number for what was tried: a digit a step, in the order of ``STEP_NAMES``."""
    code = pl.lit(0, dtype=pl.Int32)
    for place, name in enumerate(("manager", "split", "owner", "taker", "carer")):
        digit = steps[name].fill_null(NOT_TRIED).cast(pl.Int32) if name in steps else pl.lit(NOT_TRIED, dtype=pl.Int32)
        code = code + digit * 10**place
    return code


def _words(code: int) -> str | None:
    digits = [(code // 10**place) % 10 for place in range(len(STEP_NAMES))]
    told = [f"{name}: {WORDS[digit]}" for name, digit in zip(STEP_NAMES, digits, strict=True) if digit != NOT_TRIED]
    return "; ".join(told) or None


def _to_people(decided: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Sets of carers become people, each with their share of the share; what is assigned to nobody goes to house."""
    columns = ["order_index", "share", "payee_id", "rule", "tried_code", "first_named"]
    alone = decided.filter(pl.col("set_index").is_null())
    shared = decided.filter(pl.col("set_index").is_not_null()).join(_people(members), on="set_index", how="inner")
    is_house = pl.col("carer_id") == HOUSE
    place = (
        pl.when(pl.col("rule") == "account_manager").then(1).otherwise(10 ** STEP_NAMES.index("account_representative"))
    )
    spread = shared.with_columns(
        payee_id=pl.col("carer_id"),
        share=share_of_share(pl.col("share"), pl.col("_part")),
        rule=pl.when(is_house).then(pl.lit("house")).otherwise("rule"),
        tried_code=pl.col("tried_code") - pl.when(is_house).then(place * (NOT_TRIED - SHARE_UNASSIGNED)).otherwise(0),
        first_named=pl.col("first_named").fill_null(pl.when(~is_house).then("carer_id")),
    )
    both = pl.concat([alone.select(columns), spread.select(columns)])
    told = {code: _words(code) for code in [*both["tried_code"].unique(), ALL_UNTRIED]}
    return both.with_columns(tried=pl.col("tried_code").replace_strict(told, return_dtype=pl.String)).drop("tried_code")


def _people(members: pl.DataFrame) -> pl.DataFrame:
    """Each set's people with their parts of the whole, and the house with what is left where somebody's share ended."""
    people = members.select("set_index", carer_id="payee_id", _part=share_units(pl.col("share")).fill_null(WHOLE))
    left = people.group_by("set_index").agg(_part=WHOLE - pl.col("_part").sum()).filter(pl.col("_part") > 0)
    return pl.concat([people, left.select("set_index", pl.lit(HOUSE).alias("carer_id"), "_part")])


def _excluding(
    decided: pl.DataFrame, orders: pl.DataFrame, above: pl.DataFrame, policies: Sequence[AttributionPolicy]
) -> pl.DataFrame:
    """Orders of the company's own and of test accounts have a payee of their own."""
    lost = pl.Series("order_index", [], dtype=pl.UInt32)
    for policy, start, end in versions_by_day(policies):
        named = pl.DataFrame({"account_id": list(policy.excluded_accounts)}, schema={"account_id": pl.String})
        spans = with_those_below(named.with_columns(valid_from=pl.lit(ALWAYS), valid_to=pl.lit(FOREVER)), above)
        dated = orders.filter((pl.col("order_date") >= start) & (pl.col("order_date") < end))
        lost = lost.append(within(dated, spans))
    if lost.is_empty():
        return decided
    kept = decided.filter(~pl.col("order_index").is_in(lost.implode()))
    excluded = lost.unique().to_frame().with_columns(
        share=pl.lit(WHOLE, dtype=pl.Int64), payee_id=pl.lit(EXCLUDED), rule=pl.lit("excluded_account"),
        first_named=pl.lit(None, dtype=pl.String), tried=pl.lit(None, dtype=pl.String),
    )  # fmt: skip
    return pl.concat([kept, excluded.select(kept.columns)])


def _with_running_share(decided: pl.DataFrame) -> pl.DataFrame:
    split = pl.col("share") != WHOLE
    several = decided.filter(split).sort(
        "order_index", "first_named", "payee_id", "rule", "share", "tried", nulls_last=True
    )
    ordered = pl.concat([decided.filter(~split), several]).sort("order_index", maintain_order=True)
    return ordered.with_columns(share_upto=running_total(pl.col("share"), pl.col("order_index"))).rename(
        {"first_named": "named_payee_id"}
    )
