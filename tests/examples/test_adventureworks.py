"""Adventure Works against an independent program in SQL (DuckDB) over the same raw files, to the cent.

The SQL knows nothing of ours: money is whole cents in HUGEINT, and every rounding is half away from zero by hand.
"""

from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner

from compensation.calculate import calculate
from pipelines.command_line import main
from pipelines.company_folder import load_company
from pipelines.intake import take_in

COMPANY = Path(__file__).parents[2] / "examples" / "adventureworks"
LINES = 121_253

RAW = """
CREATE TABLE lines AS
SELECT d.SalesOrderID AS order_id, d.SalesOrderID || '-' || d.SalesOrderLineNumber AS line_id,
       CAST(CAST(d.LineTotal AS DECIMAL(18, 6)) * 1000000 AS HUGEINT) AS millionths,
       h.OrderDate AS day, h.CurrencyCode_fromDW AS currency, h.SalesPersonID AS rep
FROM read_csv('{data}/SalesOrderDetail.csv', header = true, all_varchar = true) d
LEFT JOIN read_csv('{data}/SalesOrderHeader.csv', header = true, all_varchar = true) h USING (SalesOrderID);

CREATE TABLE rates AS
SELECT ToCurrencyCode AS currency, CurrencyRateDate[1:10] AS day,
       CAST(CAST(EndOfDayRate AS DECIMAL(18, 6)) * 1000000 AS HUGEINT) AS quoted
FROM read_csv('{data}/CurrencyRate.csv', header = true, all_varchar = true) WHERE ToCurrencyCode <> 'USD';

CREATE TABLE cents AS SELECT *, (2 * millionths + 10000) // 20000 AS cents FROM lines;

CREATE TABLE booked AS
SELECT c.*, CASE WHEN currency = 'USD' THEN cents
                 ELSE (2 * cents * inverted + 1000000000000) // 2000000000000 END AS usd_cents
FROM (SELECT c.*, (2 * 1000000000000 * 1000000 + r.quoted) // (2 * r.quoted) AS inverted
      FROM cents c ASOF LEFT JOIN rates r ON c.currency = r.currency AND c.day >= r.day) c;

CREATE TABLE quotas AS
SELECT BusinessEntityID AS rep, QuotaDate[1:10] AS first_day,
       coalesce(lead(QuotaDate[1:10]) OVER (PARTITION BY BusinessEntityID ORDER BY QuotaDate), '2014-05-30') AS next_day,
       CAST(SalesQuota AS DECIMAL(18, 3)) AS quota
FROM read_csv('{data}/SalesPersonQuotaHistory.csv', header = true, all_varchar = true);
"""


@pytest.fixture(scope="module")
def data(shared):
    folder = shared / "data" / "adventureworks"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent: the exports of Adventure Works are not part of the project")
    return folder


@pytest.fixture(scope="module")
def sql(data):
    connection = duckdb.connect()
    connection.execute(RAW.replace("{data}", str(data)))
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


def totals(frame: pl.DataFrame, by: str, amount: str) -> dict[str, Decimal]:
    return dict(frame.group_by(by).agg(pl.col(amount).sum()).iter_rows())


def in_money(rows: list[tuple[str, int]]) -> dict[str, Decimal]:
    return {name: Decimal(int(cents)).scaleb(-2) for name, cents in rows}


def test_every_order_line_has_a_disposition(intake, results):
    booked = results["bookings"].filter(pl.col("return_id").is_null())
    assert intake.facts["order_lines"].height == LINES
    assert booked.height + results["not_booked"].height == LINES
    received = intake.received.filter(pl.col("table") == "order_lines")
    assert received.select("rows", "accepted", "quarantined", "superseded").rows() == [(LINES, LINES, 0, 0)]


def test_the_ten_orders_without_a_date_are_held_back_and_nothing_else(intake):
    orders = intake.quarantine.filter(pl.col("table") == "orders")
    assert orders.height == 10
    assert set(orders["column"]) == {"order_date"}
    assert intake.quarantine.height == 10


def test_accepted_revenue_is_the_raw_files_revenue_per_currency_to_the_cent(sql, results):
    disposed = pl.concat(
        [
            results["bookings"].select("order_currency", "order_amount"),
            results["not_booked"].select("order_currency", "order_amount"),
        ]
    )
    expected = in_money(sql.sql("SELECT currency, sum(cents) FROM cents GROUP BY 1").fetchall())
    assert totals(disposed, "order_currency", "order_amount") == expected
    assert set(expected) == {"USD", "AUD", "CAD", "GBP", "EUR", "DEM", "FRF"}


def test_what_rounding_moved_is_reported(sql, intake):
    net = intake.received_amounts.filter((pl.col("table") == "order_lines") & (pl.col("column") == "net_amount"))
    raw = dict(sql.sql("SELECT currency, sum(millionths) FROM lines GROUP BY 1").fetchall())
    for row in net.iter_rows(named=True):
        assert row["received"] == Decimal(int(raw[row["currency"]])).scaleb(-6)
    assert (
        net["rounding_rows"].sum()
        == sql.sql("SELECT count(*) FROM lines WHERE millionths % 10000 <> 0").fetchall()[0][0]
    )


def test_attributed_and_house_equal_the_raw_revenue_in_dollars(sql, results):
    expected = in_money(sql.sql("SELECT coalesce(rep, 'HOUSE'), sum(usd_cents) FROM booked GROUP BY 1").fetchall())
    assert totals(results["credits"], "payee_id", "amount") == expected
    assert len(expected) == 18


def test_orders_are_credited_to_the_representative_named_on_them(data, sql, results):
    rows = sql.sql(f"""
        SELECT h.SalesOrderID, h.SalesPersonID, h.CustomerID, s.SalesPersonID AS present, e.JobTitle AS title
        FROM read_csv('{data}/SalesOrderHeader.csv', header = true, all_varchar = true) h
        JOIN read_csv('{data}/Customer.csv', header = true, all_varchar = true) c USING (CustomerID)
        JOIN read_csv('{data}/Store.csv', header = true, all_varchar = true) s ON s.BusinessEntityID = c.StoreID
        JOIN read_csv('{data}/Employee.csv', header = true, all_varchar = true) e ON e.BusinessEntityID = h.SalesPersonID
        WHERE h.SalesPersonID <> s.SalesPersonID""").fetchall()  # noqa: S608
    named = pl.DataFrame(rows, schema=["order_id", "rep", "CustomerID", "present", "title"], orient="row")
    assert named.height == 1_563
    assert named.filter(pl.col("title").str.ends_with("Manager")).height == 103
    credited = results["credits"].join(named, on="order_id", how="inner", validate="m:1")
    assert credited["order_id"].n_unique() == 1_563
    assert (credited["payee_id"] == credited["rep"]).all()
    assert set(credited["rule"].unique()) == {"order_representative"}
    today = results["carers"].filter(pl.col("role") == "sales_rep").select("account_id", carer="payee_id")
    stores = named.select("present", account_id="customer:" + pl.col("CustomerID")).unique()
    assert (
        stores.join(today, on="account_id", how="left", validate="m:1")
        .filter(pl.col("carer") != pl.col("present"))
        .is_empty()
    )


def test_online_orders_go_to_the_house(sql, results):
    house = results["credits"].filter(pl.col("payee_id") == "HOUSE")
    assert (
        house["order_id"].n_unique()
        == sql.sql("SELECT count(DISTINCT order_id) FROM lines WHERE rep IS NULL").fetchall()[0][0]
    )
    assert set(house["rule"].unique()) == {"house"}


def test_quarterly_attainment_is_revenue_against_the_quota_of_the_same_dates(sql, results):
    expected = sql.sql("""
        SELECT q.rep, q.first_day, coalesce(sum(b.usd_cents), 0) AS cents, any_value(q.quota) AS quota
        FROM quotas q LEFT JOIN booked b ON b.rep = q.rep AND b.day >= q.first_day AND b.day < q.next_day
        GROUP BY ALL HAVING count(b.day) > 0""").fetchall()
    ends = results["attainment"].sort("fiscal_period").group_by("payee_id", "window").last()
    starts = first_days_of_quarters()
    found = {
        (row["payee_id"], starts[row["window"]]): (row["position"], row["quota"]) for row in ends.iter_rows(named=True)
    }
    assert {(rep, day): (Decimal(int(cents)).scaleb(-2), quota) for rep, day, cents, quota in expected} == {
        key: value for key, value in found.items() if value[0]
    }
    assert len(expected) == 163 - len([1 for value in found.values() if not value[0]])


def first_days_of_quarters() -> dict[str, str]:
    months = load_company(COMPANY).company.fiscal_calendar.periods
    return {f"{m.year}-Q{(m.month + 2) // 3}": m.starts.isoformat() for m in months if m.month % 3 == 1}


def test_every_quota_date_starts_a_quarter(sql):
    dates = {day for (day,) in sql.sql("SELECT DISTINCT first_day FROM quotas").fetchall()}
    assert dates <= set(first_days_of_quarters().values())


def test_an_order_in_marks_after_their_last_rate_is_held_back_and_not_booked_at_an_old_one(folder, data, tmp_path):
    for path in data.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    header = tmp_path / "SalesOrderHeader.csv"
    text = header.read_text(encoding="utf-8")
    last_in_marks = [line for line in text.splitlines() if ",DEM," in line][-1]
    order, revision, _day, *rest = last_in_marks.split(",")
    header.write_text(text.replace(last_in_marks, ",".join([order, revision, "2012-06-01", *rest])), encoding="utf-8")
    held = take_in(folder, tmp_path).quarantine.filter(pl.col("table") == "orders")
    refused = held.filter(pl.col("record_key") == order).row(0, named=True)
    assert (refused["reason"], held.height) == ("fx_missing", 11)
    assert "DEM" in refused["detail"]


def test_why_says_that_somebody_else_looks_after_the_store_today(data, tmp_path):
    run = CliRunner()
    company = ["--company", str(COMPANY)]
    made = run.invoke(main, ["calculate", *company, "--exports", str(data), "--out", str(tmp_path)])
    assert made.exit_code == 0, made.output
    said = run.invoke(main, ["why", "43849-1", *company, "--results", str(tmp_path)]).output
    assert "credited to 274 (Stephen Jiang): is the representative named on the order" in said
    assert "276 (Linda Mitchell), assigned to store:1032 above it" in said
