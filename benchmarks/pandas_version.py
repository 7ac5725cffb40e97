"""The standard case in pandas: the rules of attribution and the standard plans, as a good pandas programmer writes them.

A yardstick, not a part of the engine: it shares no code with it, keeps money in whole cents (``int64``, never a
float) and knows only what the standard case holds, no refusals, no dated roles, no explanations.

    python benchmarks/pandas_version.py EXPORTS RESULT
"""

import argparse
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

WIN_BACK_MONTHS, NEW_BUSINESS_MONTHS = 18, 12
COMPANY_CURRENCY = "USD"
HOUSE = "HOUSE"
WHOLE_PERCENT = 10_000
MILLION = 1_000_000
LARGEST_PRODUCT = 2**62

PLANS = {  # (role, measure): component, tiers (from and to in per mille of quota, rate in per mille)
    ("sales_rep", "new_business"): ("new_business_commission", [(0, 1000, 80), (1000, 1500, 120), (1500, None, 150)]),
    ("sales_rep", "retention"): ("existing_business_commission", [(0, None, 20)]),
    ("sales_rep", "growth"): ("existing_business_commission", [(0, None, 20)]),
    ("account_manager", "retention"): ("retention_commission", [(0, None, 15)]),
    ("account_manager", "growth"): ("growth_commission", [(0, 1000, 50), (1000, None, 75)]),
}
CREDIT = ["return_id", "order_line_id", "event_date", "product_family", "motion", "sub_motion", "payee_id", "amount"]
EARNING = ["payee_id", "period", "component", "measure", "credited", "earned"]


def main() -> None:
    """Compute credits and earnings of a folder of Parquet exports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exports", type=Path)
    parser.add_argument("result", type=Path)
    given = parser.parse_args()
    credits, earnings = calculate(given.exports)
    given.result.mkdir(parents=True, exist_ok=True)
    write(given.result / "credits.parquet", credits, money=["amount"], dates=["event_date"])
    write(given.result / "earnings.parquet", earnings, money=["credited", "earned"], dates=["period"])
    print(f"pandas: {len(credits):,} credits, {len(earnings):,} payee-months")


def calculate(exports: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Credits and earnings, money in whole cents of company currency."""
    above = accounts_above(read(exports, "accounts", ["account_id", "parent_account_id"]))
    payees = read(exports, "payees", ["payee_id", "role"])
    booked = bookings(exports, above)
    returned = returns(exports, booked)
    parts = motions(booked, returned)
    shared = shares(exports, parts, above, payees)
    sold = divided(parts, shared)
    credits = pd.concat([sold.assign(return_id=None, event_date=sold["order_date"]), reversed_(returned, sold)])
    return credits[CREDIT], earnings(credits, payees, read(exports, "quotas"))


def share_of(amount: pd.Series, part: pd.Series | int, whole: pd.Series | int) -> pd.Series:
    """``amount × part ÷ whole``, rounded half away from zero; nothing of nothing is nothing.

    Raises:
        OverflowError: a product could leave 64-bit integers.
    """
    largest = largest_of(amount) * largest_of(part)
    if largest >= LARGEST_PRODUCT:
        raise OverflowError(f"a product of {largest:,} cannot be counted exactly in 64 bits; use smaller exports")
    product = amount * part
    size = np.abs(whole)
    rounded = (2 * np.abs(product) + size) // np.maximum(2 * size, 1)
    return rounded * np.sign(product) * np.sign(whole)


def largest_of(values: pd.Series | int) -> int:
    """The largest size among the values."""
    return int(np.abs(np.asarray(values)).max(initial=0))


def read(exports: Path, table: str, columns: list[str] | None = None) -> pd.DataFrame:
    """A contract table; decimals of two digits as whole cents, of six as millionths."""
    arrow = pq.read_table(exports / f"{table}.parquet", columns=columns)
    for index, field in enumerate(arrow.schema):
        if pa.types.is_decimal(field.type):
            units = pa.scalar(Decimal(10**field.type.scale))
            whole = pc.multiply(arrow[field.name], units).cast(pa.int64())
            arrow = arrow.set_column(index, field.name, whole)
    return arrow.to_pandas(date_as_object=False)


def write(path: Path, frame: pd.DataFrame, *, money: list[str], dates: list[str]) -> None:
    """Write a table with its cents as exact decimals and its days as dates."""
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    for name in money:
        cents = arrow[name].cast(pa.decimal128(19, 0))
        arrow = arrow.set_column(arrow.column_names.index(name), name, pc.multiply(cents, pa.scalar(Decimal("0.01"))))
    for name in dates:
        arrow = arrow.set_column(arrow.column_names.index(name), name, arrow[name].cast(pa.date32()))
    pq.write_table(arrow, path, compression="zstd")


def accounts_above(accounts: pd.DataFrame) -> pd.DataFrame:
    """Every account with itself and all above it: ``steps`` up, and whether that one is the root (rule 2)."""
    parents = accounts.rename(columns={"account_id": "above_id", "parent_account_id": "parent"})
    level = parents.assign(account_id=parents["above_id"], steps=0)
    levels = [level]
    while len(level := level.dropna(subset="parent")):
        up = level[["account_id", "parent", "steps"]].rename(columns={"parent": "above_id"})
        level = up.merge(parents, on="above_id").assign(steps=up["steps"].iat[0] + 1)
        levels.append(level)
    every = pd.concat(levels, ignore_index=True)
    return every.assign(is_root=every["parent"].isna()).drop(columns="parent")


def bookings(exports: Path, above: pd.DataFrame) -> pd.DataFrame:
    """Lines of confirmed orders in company currency, with their customer (rules 1 and 2)."""
    orders = read(exports, "orders")
    orders = orders[orders["status"] == "confirmed"].sort_values("order_date", kind="stable")
    rates = read(exports, "fx_rates").astype({"rate": "Int64"}).sort_values("valid_from")
    priced = pd.merge_asof(orders, rates, left_on="order_date", right_on="valid_from", by="currency")
    priced["rate"] = priced["rate"].mask(priced["currency"] == COMPANY_CURRENCY, MILLION)
    priced = priced.dropna(subset="rate").astype({"rate": "int64"})
    roots = above.loc[above["is_root"], ["account_id", "above_id"]].rename(columns={"above_id": "root_id"})
    headers = priced.merge(roots, on="account_id")[
        ["order_id", "account_id", "root_id", "opportunity_id", "order_date", "rate"]
    ]
    lines = read(exports, "order_lines", ["order_line_id", "order_id", "line_number", "product_id", "net_amount"])
    families = read(exports, "products", ["product_id", "product_family"])
    booked = lines.merge(headers, on="order_id").merge(families, on="product_id")
    booked["amount"] = share_of(booked["net_amount"], booked["rate"], MILLION)
    return booked.drop(columns=["rate", "product_id"])


def returns(exports: Path, booked: pd.DataFrame) -> pd.DataFrame:
    """Returns of booked lines: what of the line is reversed to date, and before (rule 1)."""
    of_line = booked[["order_line_id", "root_id", "product_family", "net_amount", "amount"]]
    back = read(exports, "returns", ["return_id", "order_line_id", "return_date", "amount"])
    back = back.rename(columns={"amount": "returned"}).merge(of_line, on="order_line_id")
    back = back.sort_values(["order_line_id", "return_date", "return_id"])
    to_date = back.groupby("order_line_id", sort=False)["returned"].cumsum()
    back["reversed_to_date"] = share_of(back["amount"], to_date, back["net_amount"])
    back["reversed_before"] = share_of(back["amount"], to_date - back["returned"], back["net_amount"])
    return back.rename(columns={"amount": "line_amount"}).drop(columns=["net_amount", "returned"])


def relationships(booked: pd.DataFrame) -> pd.DataFrame:
    """Each customer's order dates with the relationship they lie in (rule 3)."""
    days = booked[["root_id", "order_date"]].drop_duplicates().sort_values(["root_id", "order_date"], ignore_index=True)
    previous = days.groupby("root_id")["order_date"].shift()
    starts = previous.isna() | (days["order_date"] >= previous + pd.DateOffset(months=WIN_BACK_MONTHS))
    days["relationship"] = starts.groupby(days["root_id"]).cumsum()
    start = days.groupby(["root_id", "relationship"])["order_date"].transform("min")
    days["is_new"] = days["order_date"] < start + pd.DateOffset(months=NEW_BUSINESS_MONTHS)
    return days


def bases(booked: pd.DataFrame, returned: pd.DataFrame) -> pd.DataFrame:
    """Per customer, family and year: what last year booked less what it returned, at least nothing (rule 5)."""
    sold = booked[["root_id", "product_family", "amount"]].assign(year=booked["order_date"].dt.year)
    undone = returned[["root_id", "product_family"]].assign(
        amount=returned["reversed_before"] - returned["reversed_to_date"], year=returned["return_date"].dt.year
    )
    both = pd.concat([sold, undone], ignore_index=True)
    base = both.groupby(["root_id", "product_family", "year"], as_index=False)["amount"].sum()
    base["year"] += 1
    return base.assign(base=base["amount"].clip(lower=0).astype("Int64")).drop(columns="amount")


def motions(booked: pd.DataFrame, returned: pd.DataFrame) -> pd.DataFrame:
    """Each line as new business, or what of it is retention and what growth (rules 4 and 5)."""
    dated = booked.merge(relationships(booked), on=["root_id", "order_date"])
    new = dated[dated["is_new"]]
    new = new.assign(motion="new_business", sub_motion=np.where(new["relationship"] == 1, "new_logo", "win_back"))
    existing = dated[~dated["is_new"]].assign(year=dated["order_date"].dt.year)
    key = ["root_id", "product_family", "year"]
    existing = existing.merge(bases(booked, returned), on=key, how="left")
    base = existing["base"] = existing["base"].fillna(0).astype("int64")
    existing = existing.sort_values([*key, "order_date", "order_id", "line_number", "order_line_id"])
    after = existing.groupby(key, sort=False)["amount"].cumsum()
    kept = np.minimum(after, base) - np.minimum(after - existing["amount"], base)
    retention = existing.assign(amount=kept, motion="retention", sub_motion="repeat")
    growth = existing.assign(
        amount=existing["amount"] - kept,
        motion="growth",
        sub_motion=np.where(existing["base"] == 0, "cross_sell", "upsell"),
    )
    columns = [
        "order_line_id", "account_id", "opportunity_id", "order_date", "product_family", "motion", "sub_motion", "amount",
    ]  # fmt: skip
    split = pd.concat([retention, growth])
    return pd.concat([new, split[split["amount"] != 0]], ignore_index=True)[columns]


def carers(exports: Path, parts: pd.DataFrame, above: pd.DataFrame) -> pd.DataFrame:
    """Per account and day the nearest representative and manager, on the account or above it (rule 6)."""
    days = parts[["account_id", "order_date"]].drop_duplicates()
    assigned = read(exports, "assignments").rename(columns={"account_id": "above_id", "payee_id": "carer"})
    found = days.merge(above, on="account_id").merge(assigned, on="above_id")
    begun = found["valid_from"] <= found["order_date"]
    found = found[begun & (found["valid_to"].isna() | (found["order_date"] < found["valid_to"]))]
    nearest = found.sort_values("steps").drop_duplicates(["account_id", "order_date", "role"])
    by_role = nearest.pivot_table(index=["account_id", "order_date"], columns="role", values="carer", aggfunc="first")
    return days.merge(by_role.reset_index(), on=["account_id", "order_date"], how="left")


def shares(exports: Path, parts: pd.DataFrame, above: pd.DataFrame, payees: pd.DataFrame) -> pd.DataFrame:
    """Who receives what share of each part, and who was named for it (rule 6)."""
    looked_after = parts.reset_index(names="part").merge(
        carers(exports, parts, above), on=["account_id", "order_date"], how="left"
    )
    is_new = looked_after["motion"] == "new_business"
    existing = looked_after[~is_new]
    keeper = existing["account_manager"].fillna(existing["sales_rep"]).fillna(HOUSE)
    existing = existing[["part"]].assign(payee_id=keeper, named=keeper, percent=WHOLE_PERCENT)
    return pd.concat([existing, new_business_shares(exports, looked_after[is_new], payees)], ignore_index=True)


def new_business_shares(exports: Path, parts: pd.DataFrame, payees: pd.DataFrame) -> pd.DataFrame:
    """The opportunity's splits, else its owner, else the account's representative, else the house."""
    owners = read(exports, "opportunities", ["opportunity_id", "owner_id"])
    splits = read(exports, "opportunity_splits", ["opportunity_id", "payee_id", "percent"])
    splits = splits.rename(columns={"payee_id": "named"}).astype({"percent": "Int64"})
    deals = owners.merge(splits, on="opportunity_id", how="left")
    deals["named"] = deals["named"].fillna(deals["owner_id"])
    shared = parts[["part", "opportunity_id", "sales_rep"]].merge(deals, on="opportunity_id", how="left")
    representatives = payees.loc[payees["role"] == "sales_rep", "payee_id"]
    named = shared["named"].where(shared["named"].isin(representatives))
    owner = shared["owner_id"].where(shared["owner_id"].isin(representatives))
    payee = named.fillna(owner).fillna(shared["sales_rep"]).fillna(HOUSE)
    is_unknown = shared["named"].notna() & ~shared["named"].isin(payees["payee_id"])
    return shared[["part"]].assign(
        payee_id=payee.mask(is_unknown, HOUSE),
        named=shared["named"].fillna(shared["sales_rep"]).fillna(HOUSE),
        percent=shared["percent"].fillna(WHOLE_PERCENT).astype("int64"),
    )


def divided(parts: pd.DataFrame, shared: pd.DataFrame) -> pd.DataFrame:
    """Each part among its people, as differences of rounded running totals (rule 7)."""
    ordered = shared.sort_values(["part", "named"])
    upto = ordered.groupby("part", sort=False)["percent"].cumsum().reset_index(drop=True)
    percent = ordered["percent"].reset_index(drop=True)
    credited = parts.loc[ordered["part"]].reset_index(drop=True)
    whole = credited["amount"]
    credited["amount"] = share_of(whole, upto, WHOLE_PERCENT) - share_of(whole, upto - percent, WHOLE_PERCENT)
    return credited.assign(payee_id=ordered["payee_id"].to_numpy(), named=ordered["named"].to_numpy())


def reversed_(returned: pd.DataFrame, sold: pd.DataFrame) -> pd.DataFrame:
    """Each return over its line's credits: what is reversed to date, spread, less what was before (rule 7)."""
    of_line = sold[["order_line_id", "motion", "sub_motion", "payee_id", "named", "amount"]]
    back = returned.merge(of_line, on="order_line_id")
    back = back.sort_values("named", kind="stable").sort_values("motion", kind="stable", ascending=False)
    upto = back.groupby("return_id", sort=False)["amount"].cumsum()
    before = upto - back["amount"]

    def spread(reversed_amount: pd.Series) -> pd.Series:
        whole = back["line_amount"]
        return share_of(reversed_amount, upto, whole) - share_of(reversed_amount, before, whole)

    amount = spread(back["reversed_before"]) - spread(back["reversed_to_date"])
    return back.assign(amount=amount, event_date=back["return_date"])


def earnings(credits: pd.DataFrame, payees: pd.DataFrame, quotas: pd.DataFrame) -> pd.DataFrame:
    """Month by month, the rounded curve at the year's position after the month, less before it."""
    people = credits[credits["payee_id"] != HOUSE]
    period = people["event_date"].dt.to_period("M").dt.start_time.rename("period")
    monthly = people.groupby([people["payee_id"], period, people["motion"]])["amount"].sum()
    monthly = monthly.rename("credited").reset_index().rename(columns={"motion": "measure"})
    monthly["fiscal_year"] = monthly["period"].dt.year
    quotas = quotas.rename(columns={"amount": "quota"}).astype({"quota": "Int64"})
    monthly = monthly.merge(payees, on="payee_id").merge(quotas, on=["payee_id", "measure", "fiscal_year"], how="left")
    monthly = monthly.sort_values(["payee_id", "measure", "period"])
    monthly["position"] = monthly.groupby(["payee_id", "measure", "fiscal_year"])["credited"].cumsum()
    paid = [
        earned(monthly[(monthly["role"] == role) & (monthly["measure"] == measure)], component, tiers)
        for (role, measure), (component, tiers) in PLANS.items()
    ]
    return pd.concat(paid, ignore_index=True)[EARNING]


def earned(monthly: pd.DataFrame, component: str, tiers: list[tuple[int, int | None, int]]) -> pd.DataFrame:
    """One component's earnings.

    Raises:
        ValueError: a tier needs a quota and somebody has none.
    """
    if len(tiers) > 1 and monthly["quota"].isna().any():
        raise ValueError(f"{monthly.loc[monthly['quota'].isna(), 'payee_id'].iat[0]} has no quota for {component}")
    quota = monthly["quota"].fillna(0).astype("int64")
    after = curve(monthly["position"], quota, tiers)
    before = curve(monthly["position"] - monthly["credited"], quota, tiers)
    return monthly.assign(component=component, earned=after - before)


def curve(position: pd.Series, quota: pd.Series, tiers: list[tuple[int, int | None, int]]) -> pd.Series:
    """Money at a position: each tier's rate on what lies in it, rounded once; below 0 the first tier goes on."""
    thousandths = position * 1000
    total = position * 0
    for start, end, rate in tiers:
        in_tier = thousandths if end is None else np.minimum(thousandths, end * quota)
        total += rate * (in_tier if start == 0 else np.maximum(in_tier - start * quota, 0))
    return share_of(total, 1, MILLION)


if __name__ == "__main__":
    main()
