"""UCI Online Retail: a million lines in two files that overlap, cancellations that name no invoice, missing customers.

An independent SQL program (DuckDB) over the raw files says what was sold, what overlaps and what can be credited.
"""

import gzip
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from compensation.calculate import calculate
from pipelines.company_folder import load_company
from pipelines.intake import take_in

COMPANY = Path(__file__).parent
LATER, EARLIER = "online_retail_2010_2011.csv.gz", "online_retail_II_2009_2010.csv.gz"
CUT = 30_000

RAW = """
CREATE TABLE raw AS
SELECT 'later' AS file, * FROM read_csv('{folder}/online_retail_2010_2011.csv.gz', header = true, all_varchar = true,
    names = ['invoice', 'product', 'description', 'pieces', 'day', 'price', 'customer', 'country'])
UNION ALL
SELECT 'earlier', * FROM read_csv('{folder}/online_retail_II_2009_2010.csv.gz', header = true, all_varchar = true,
    names = ['invoice', 'product', 'description', 'pieces', 'day', 'price', 'customer', 'country']);

CREATE TABLE lines AS
SELECT *, file = 'earlier' AND invoice IN (SELECT invoice FROM raw WHERE file = 'later') AS superseded,
       CASE WHEN v < 0 THEN -((-2 * v + 10) // 20) ELSE (2 * v + 10) // 20 END AS pence
FROM (SELECT *, CAST(CAST(pieces AS BIGINT) * CAST(CAST(price AS DECIMAL(18, 3)) * 1000 AS BIGINT) AS HUGEINT) AS v FROM raw);
"""


def retail_fixture(name, cut, **options):
    """The company run on the whole files, or on their first and overlapping lines."""

    @pytest.fixture(scope="module", name=name, **options)
    def run(shared, tmp_path_factory):
        data = shared / "data" / "online_retail"
        if not data.is_dir():
            pytest.skip(f"{data} is absent: the exports are not part of the project")
        exports = tmp_path_factory.mktemp(name)
        place(data, exports, cut)
        return Run(exports)

    return run


def place(data: Path, exports: Path, cut: int | None) -> None:
    """The exports folder: the two files, whole or cut, and the two sales desks that the source does not know."""
    (exports / "payees.csv").write_bytes((COMPANY / "extra" / "payees.csv").read_bytes())
    for name in (LATER, EARLIER):
        if cut is None:
            (exports / name).write_bytes((data / name).read_bytes())
            continue
        with gzip.open(data / name, "rt", encoding="utf-8", newline="") as file:
            header, *lines = file.readlines()
        taken = lines[:cut] if name == LATER else lines[-2 * cut :]
        with gzip.open(exports / name, "wt", encoding="utf-8", newline="") as file:
            file.writelines([header, *taken])


class Run:
    """Intake and calculation of the company over an exports folder, beside the same in SQL."""

    def __init__(self, exports: Path) -> None:
        folder = load_company(COMPANY)
        self.intake = take_in(folder, exports)
        self.results = calculate(self.intake.facts, folder.rules)
        self.sql = duckdb.connect()
        self.sql.execute(RAW.replace("{folder}", str(exports)))

    def pence(self, condition: str) -> Decimal:
        """Sum of whole pence over the raw lines that the condition names."""
        total = self.sql.sql(f"SELECT coalesce(sum(pence), 0) FROM lines WHERE {condition}").fetchall()[0][0]  # noqa: S608
        return Decimal(int(total)).scaleb(-2)

    def rows(self, condition: str) -> int:
        """Number of the raw lines that the condition names."""
        return self.sql.sql(f"SELECT count(*) FROM lines WHERE {condition}").fetchall()[0][0]  # noqa: S608

    def amount(self, table: str, condition: pl.Expr, column: str) -> Decimal:
        """Sum over a result table."""
        return self.results[table].filter(condition)[column].sum()


cut_run = retail_fixture("cut_run", CUT)
whole_run = retail_fixture("whole_run", None)

QUICK_AND_WHOLE = ["cut_run", pytest.param("whole_run", marks=pytest.mark.slow)]


@pytest.fixture(params=QUICK_AND_WHOLE)
def run(request) -> Run:
    return request.getfixturevalue(request.param)


SOLD = "invoice NOT LIKE 'C%' AND NOT superseded"
GOOD = f"{SOLD} AND customer IS NOT NULL"
IN_BOTH = "invoice IN (SELECT invoice FROM lines GROUP BY 1 HAVING count(DISTINCT file) = 2)"
CANCELLED = "invoice LIKE 'C%' AND NOT superseded"


def test_sales_of_known_customers_are_booked_and_the_rest_is_held_back(run):
    lines = run.intake.received.filter(pl.col("table") == "order_lines")
    assert lines["rows"].sum() == run.rows("true")
    assert lines["accepted"].sum() == run.rows(GOOD)
    assert lines["quarantined"].sum() == run.rows(f"{SOLD} AND customer IS NULL")
    assert run.amount("bookings", pl.col("return_id").is_null(), "booked_amount") == run.pence(GOOD)


def test_an_invoice_in_both_files_counts_once_and_the_later_file_wins(run):
    twice = [
        invoice
        for (invoice,) in run.sql.sql(
            "SELECT invoice FROM lines WHERE invoice NOT LIKE 'C%' AND customer IS NOT NULL GROUP BY 1 HAVING count(DISTINCT file) = 2"
        ).fetchall()
    ]
    lines = run.intake.facts["order_lines"].filter(pl.col("order_id").is_in(twice))
    assert twice
    assert lines.height == run.rows(f"{GOOD} AND {IN_BOTH}")
    assert set(lines["source_file"].cast(pl.String)) == {LATER}


def test_every_cancellation_is_a_return_or_an_orphan(run):
    returns = run.intake.received.filter(pl.col("table") == "returns")
    assert returns["accepted"].sum() + returns["quarantined"].sum() == run.rows(CANCELLED)
    held = run.intake.quarantine.filter(pl.col("table") == "returns")
    taken = -run.amount("bookings", pl.col("return_id").is_not_null(), "booked_amount")
    assert taken > 0
    assert taken + held["amount"].sum() == -run.pence(CANCELLED)
    assert set(held["reason"]) == {"orphan_credit"}


def test_a_return_is_of_an_earlier_sale_of_the_same_customer_and_product(run):
    bookings = run.results["bookings"]
    sale = ["order_line_id", "account_id", "product_id", "sale_date"]
    back = bookings.filter(pl.col("return_id").is_not_null())
    assert (back["event_date"] >= back["sale_date"]).all()
    pairs = back.select(*sale).join(bookings.filter(pl.col("return_id").is_null()).select(*sale), on=sale, how="anti")
    assert pairs.is_empty()
    left = bookings.group_by("order_line_id").agg(pl.col("booked_amount").sum())
    assert left["booked_amount"].min() >= 0


def test_bad_debt_and_negative_lines_without_a_customer_are_held_back(run):
    lines = run.intake.facts["order_lines"]
    assert lines["net_amount"].min() >= 0
    assert lines.filter(pl.col("order_id").str.starts_with("A")).is_empty()


def test_the_bridge_closes_to_the_penny(run):
    held = run.intake.quarantine.filter(pl.col("table").is_in(["order_lines", "returns"]))
    sales, returns = (held.filter(pl.col("table") == name)["amount"].sum() for name in ("order_lines", "returns"))
    credited = run.results["credits"]["amount"].sum()
    assert credited + sales - returns == run.pence("NOT superseded")
    assert run.results["not_booked"].is_empty()
