"""An account manager of Adventure Works: NRR, GRR and pay, against SQL (DuckDB) over the raw files, to the cent."""

import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from compensation.accounts.ratios import added_up
from compensation.calculate import calculate
from compensation.explanation.line import why
from pipelines.company_folder import load_company
from pipelines.intake import take_in
from tests.conftest import ROOT
from tests.examples.test_adventureworks import RAW

HERE = Path(__file__).parent
SINCE, MANAGER, STORES = "2013-05-30", "273", 25

TRADE = """
CREATE TABLE trade AS
SELECT c.StoreID AS store, coalesce(pc.Name, 'Unclassified') AS family, b.day, b.usd_cents AS cents
FROM booked b
JOIN read_csv('{data}/SalesOrderHeader.csv', header = true, all_varchar = true) h ON h.SalesOrderID = b.order_id
JOIN read_csv('{data}/Customer.csv', header = true, all_varchar = true) c ON c.CustomerID = h.CustomerID
JOIN read_csv('{data}/SalesOrderDetail.csv', header = true, all_varchar = true) d
  ON d.SalesOrderID || '-' || d.SalesOrderLineNumber = b.line_id
JOIN read_csv('{data}/Product.csv', header = true, all_varchar = true) p ON p.ProductID = d.ProductID
LEFT JOIN read_csv('{data}/ProductSubcategory.csv', header = true, all_varchar = true) ps ON ps.ProductSubcategoryID = p.ProductSubcategoryID
LEFT JOIN read_csv('{data}/ProductCategory.csv', header = true, all_varchar = true) pc ON pc.ProductCategoryID = ps.ProductCategoryID
WHERE c.StoreID <> '' AND b.day IS NOT NULL;

CREATE TABLE top AS
SELECT store FROM trade WHERE day >= '2012-05-30' AND day < '2013-05-30' GROUP BY 1 ORDER BY sum(cents) DESC, store LIMIT 25;

CREATE TABLE started AS SELECT store, min(day) AS first_day FROM trade GROUP BY 1;

CREATE TABLE years AS
SELECT store, family,
       coalesce(sum(cents) FILTER (day >= '2012-05-30' AND day < '2013-05-30'), 0) AS base,
       coalesce(sum(cents) FILTER (day >= '2013-05-30' AND day < '2014-05-30'
                                   AND day >= strftime(CAST(first_day AS DATE) + INTERVAL 12 MONTH, '%Y-%m-%d')), 0) AS actual
FROM trade JOIN top USING (store) JOIN started USING (store) GROUP BY 1, 2;
"""


@pytest.fixture(scope="module")
def sql(shared):
    data = shared / "data" / "adventureworks"
    if not data.is_dir():
        pytest.skip(f"{data} is absent: the exports of Adventure Works are not part of the project")
    connection = duckdb.connect()
    connection.execute((RAW + TRADE).replace("{data}", str(data)))
    return connection


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    place = tmp_path_factory.mktemp("key_accounts") / "company"
    shutil.copytree(ROOT / "examples" / "adventureworks", place)
    for name in ("sources", "plans"):
        shutil.copytree(HERE / name, place / name, dirs_exist_ok=True)
    return load_company(place)


@pytest.fixture(scope="module")
def exports(sql, shared, tmp_path_factory):
    place = tmp_path_factory.mktemp("exports")
    for path in (shared / "data" / "adventureworks").glob("*.csv"):
        shutil.copy(path, place / path.name)
    stores = [row[0] for row in sql.sql("SELECT store FROM top").fetchall()]
    assert len(stores) == STORES
    lines = [f"{store},{MANAGER},{SINCE}" for store in stores]
    (place / "key_accounts.csv").write_text("\n".join(["Store,Manager,Since", *lines, ""]))
    (place / "key_account_managers.csv").write_text(f"Manager,Plan,Since\n{MANAGER},key_account_manager,{SINCE}\n")
    return place


@pytest.fixture(scope="module")
def intake(company, exports):
    return take_in(company, exports)


@pytest.fixture(scope="module")
def results(company, intake):
    return calculate(intake.facts, company.rules)


@pytest.fixture(scope="module")
def expected(sql):
    """Base, actual, what is kept of it and what the others with a base bought: cents."""
    whole = sql.sql("""
        SELECT sum(base), sum(actual), sum(least(base, actual)), sum(actual) FILTER (store_base > 0)
        FROM (SELECT *, sum(base) OVER (PARTITION BY store) AS store_base FROM years)""").fetchall()[0]
    return dict(zip(("base", "actual", "kept", "of_base"), map(int, whole), strict=True))


def money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def share_of(amount: Decimal, share: str) -> Decimal:
    return (amount * Decimal(share)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_no_top_store_was_away_so_long_that_it_would_be_won_back(sql):
    gaps = sql.sql("""
        SELECT max(date_diff('day', CAST(day AS DATE), CAST(next_day AS DATE))) FROM (
          SELECT store, day, lead(day) OVER (PARTITION BY store ORDER BY day) AS next_day FROM (SELECT DISTINCT store, day FROM trade JOIN top USING (store)))
    """).fetchall()  # fmt: skip
    assert gaps[0][0] < 18 * 28, "the SQL takes every store's first order for the start of its only relationship"


def test_existing_business_of_the_year_is_credited_to_the_account_manager(results, expected):
    year = results["credits"].filter(
        pl.col("payee_id") == MANAGER, pl.col("event_date").is_between(pl.date(2013, 5, 30), pl.date(2014, 5, 29))
    )
    by_motion = dict(year.group_by(pl.col("motion").cast(pl.String)).agg(pl.col("amount").sum()).rows())
    assert by_motion["retention"] == money(expected["kept"])
    assert by_motion["growth"] == money(expected["actual"] - expected["kept"])


def test_nrr_and_grr_are_those_of_the_raw_files(results, expected):
    taken = results["readings"].filter(pl.col("payee_id") == MANAGER, pl.col("component") == "retention_bonus")
    ending = taken.filter(pl.col("window") == "2014")
    found = {row["reading"].split(",")[0]: row["value"] for row in ending.rows(named=True)}
    assert found == {
        "NRR": (Decimal(expected["of_base"]) / expected["base"]).quantize(Decimal("0.000001"), ROUND_HALF_UP),
        "GRR": (Decimal(expected["kept"]) / expected["base"]).quantize(Decimal("0.000001"), ROUND_HALF_UP),
    }


def test_the_statement_of_the_year_s_last_period_pays_commission_and_bonus_to_the_cent(results, expected):
    earned = results["earnings"].filter(pl.col("payee_id") == MANAGER, pl.col("window") == "2014")
    commission = dict(earned.group_by(pl.col("component").cast(pl.String)).agg(pl.col("earned").sum()).rows())
    kept, grown = money(expected["kept"]), money(expected["actual"] - expected["kept"])
    assert commission == {
        "retention_commission": share_of(kept, "0.005"),
        "growth_commission": share_of(grown, "0.01"),
    }
    lines = results["statement_lines"].filter(pl.col("payee_id") == MANAGER, pl.col("fiscal_period") == "2014-P12")
    bonus = results["bonuses"].filter(pl.col("payee_id") == MANAGER, pl.col("window") == "2014")["amount"]
    exact = 20_000 * (Decimal(expected["of_base"]) * 60 + Decimal(expected["kept"]) * 40) / 100 / expected["base"]
    assert abs(bonus.sum() - exact) < Decimal("0.01")
    net = lines.filter(pl.col("figure") == "net_payable")["amount"]
    month = results["earnings"].filter(pl.col("payee_id") == MANAGER, pl.col("fiscal_period") == "2014-P12")["earned"]
    assert net.to_list() == [month.sum() + bonus.sum()]


def test_the_year_of_the_key_accounts_is_that_of_the_next_one_once_online_orders_go_on(results):
    """The exports end in fiscal 2015, of which only online orders are known: no store has bought anything yet."""
    figures = results["account_figures"]
    year = figures.filter(pl.col("span") == "2015")
    assert year["booked"].sum() == 0
    (whole,) = added_up(year, [], 2).rows(named=True)
    assert (whole["nrr"], whole["grr"]) == (Decimal(0), Decimal(0))
    named = results["account_risks"].filter(pl.col("risk") == "below_base")["customer_id"].unique()
    assert set(named) <= set(year["customer_id"])
    assert named.len() > 0


def test_why_names_the_account_manager_and_what_came_before(results, intake, company):
    line = results["credits"].filter(pl.col("payee_id") == MANAGER, pl.col("motion") == "growth")["order_line_id"][0]
    tables = {name: table.lazy() for name, table in {**intake.facts, **results, "quarantine": intake.quarantine, "row_sources": intake.row_sources, "notes": intake.notes, "applied_corrections": intake.applied_corrections}.items()}  # fmt: skip
    said = "\n".join(_texts(why(line, tables, company.company, company.plans)))
    assert "account manager" in said
    assert "Growth" in said or "growth" in said


def _texts(node):
    yield node.text
    for child in node.children:
        yield from _texts(child)
