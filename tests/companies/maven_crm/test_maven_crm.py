"""A CRM without orders (Maven Analytics' sales opportunities): won deals become orders of one line, keys are names."""

from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from compensation.calculate import calculate
from pipelines.company_folder import load_company
from pipelines.intake import take_in

COMPANY = Path(__file__).parent
DEALS = 8_800


@pytest.fixture(scope="module")
def data(shared):
    folder = shared / "data" / "maven_crm"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent: the exports are not part of the project")
    return folder


@pytest.fixture(scope="module")
def deals(data):
    connection = duckdb.connect()
    connection.execute(f"""
        CREATE TABLE deals AS
        SELECT * FROM read_csv('{data}/sales_pipeline.csv', header = true, all_varchar = true)""")  # noqa: S608
    return connection


@pytest.fixture(scope="module")
def folder():
    return load_company(COMPANY)


@pytest.fixture(scope="module")
def intake(folder, data):
    return take_in(folder, data)


@pytest.fixture(scope="module")
def results(folder, intake):
    return calculate(intake.facts, folder.rules)


def test_every_deal_is_an_opportunity_or_held_back_for_want_of_an_account(intake):
    received = intake.received.filter(pl.col("table") == "opportunities").row(0, named=True)
    assert (received["rows"], received["accepted"], received["quarantined"]) == (DEALS, DEALS - 1_425, 1_425)
    held = intake.quarantine.filter(pl.col("table") == "opportunities")
    assert set(held["column"]) == {"account_id"}


def test_only_won_deals_are_orders(deals, intake):
    won = deals.sql("SELECT count(*) FROM deals WHERE deal_stage = 'Won'").fetchall()[0][0]
    for table in ("orders", "order_lines"):
        received = intake.received.filter(pl.col("table") == table).row(0, named=True)
        assert (received["rows"], received["accepted"], received["superseded"]) == (DEALS, won, DEALS - won)


def test_the_bridge_closes_per_agent(deals, results):
    expected = dict(
        deals.sql("""
            SELECT sales_agent, sum(CAST(close_value AS DECIMAL(18, 3))) FROM deals
            WHERE deal_stage = 'Won' GROUP BY 1""").fetchall()
    )
    credited = results["credits"].group_by("payee_id").agg(pl.col("amount").sum())
    assert dict(credited.iter_rows()) == expected
    assert sum(expected.values()) == Decimal("10005534.000")
    assert results["not_booked"].is_empty()


def test_the_product_that_the_deals_misspell_is_mapped(deals, intake, results):
    misspelt = deals.sql("SELECT count(*) FROM deals WHERE product = 'GTXPro' AND deal_stage = 'Won'").fetchall()[0][0]
    assert intake.facts["order_lines"].filter(pl.col("product_id") == "GTX Pro").height == misspelt
    assert set(results["bookings"]["product_family"].unique()) == {"GTX", "GTK", "MG"}


def test_subsidiaries_count_under_their_parent(results):
    roots = results["bookings"].filter(pl.col("account_id") == "Codehow")["customer_id"].unique().to_list()
    assert roots == ["Acme Corporation"]


def test_agents_report_to_their_managers(intake):
    payees = intake.facts["payees"]
    assert payees["role"].value_counts().sort("role").rows() == [("manager", 6), ("sales_rep", 35)]
    assert payees.filter(pl.col("payee_id") == "Darcel Schlecht")["manager_id"].item() == "Melvin Marxen"
