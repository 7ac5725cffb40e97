"""SQL in mappings: what may run, and that every result row knows all its source rows."""

import polars as pl
import pytest

from pipelines.intake import take_in
from pipelines.intake.query import TRACE, guarded, packed, run_guarded
from pipelines.rule_files import RuleFileError
from tests.pipelines.intake.exports import Exports

COLUMNS = {"p": ["id", "name", "family", "amount"], "f": ["family", "label"]}
PRODUCTS = pl.DataFrame(
    {
        "id": ["1", "2", "3"],
        "name": ["A", "B", "B"],
        "family": ["x", "y", None],
        "amount": ["1.5", "2.5", "3"],
        TRACE: packed(0, 0, pl.Series([2, 3, 4])),
    }
)
FAMILIES = pl.DataFrame({"family": ["x", "y"], "label": ["Ex", "Why"], TRACE: packed(1, 1, pl.Series([2, 3]))})


def result_of(sql):
    query = guarded(sql, COLUMNS, "sources/x.yaml")
    result = run_guarded(query, {"p": PRODUCTS, "f": FAMILIES}, "sources/x.yaml")
    sources = result.sources.group_by("row", maintain_order=True).agg(pl.concat_list("file", "line").alias("at"))
    return result.frame.rows(), [{tuple(at) for at in row} for row in sources["at"].to_list()]


PROVENANCE = {
    "a join names both rows": (
        "SELECT p.name, f.label FROM p JOIN f ON f.family = p.family",
        [("A", "Ex"), ("B", "Why")],
        [{(0, 2), (1, 2)}, {(0, 3), (1, 3)}],
    ),
    "an outer join that finds nothing names one": (
        "SELECT p.id, f.label FROM p LEFT JOIN f ON f.family = p.family WHERE p.id = '3'",
        [("3", None)],
        [{(0, 4)}],
    ),
    "a group names every row in it": (
        "SELECT name, SUM(CAST(amount AS DECIMAL(38, 6))) AS total FROM p GROUP BY name",
        [("A", "1.500000"), ("B", "5.500000")],
        [{(0, 2)}, {(0, 3), (0, 4)}],
    ),
    "DISTINCT names every row it makes one of": (
        "SELECT DISTINCT name FROM p",
        [("A",), ("B",)],
        [{(0, 2)}, {(0, 3), (0, 4)}],
    ),
    "a CTE carries its sources on": (
        "WITH n AS (SELECT name, COUNT(*) AS many FROM p GROUP BY name) SELECT n.* FROM n WHERE many = 2",
        [("B", "2")],
        [{(0, 3), (0, 4)}],
    ),
    "UNION ALL keeps each side's": (
        "SELECT name FROM p WHERE id = '1' UNION ALL SELECT label AS name FROM f WHERE family = 'y'",
        [("A",), ("Why",)],
        [{(0, 2)}, {(1, 3)}],
    ),
    "a sub-query in FROM carries its sources on": (
        "SELECT d.name FROM (SELECT * FROM p WHERE id = '2') AS d",
        [("B",)],
        [{(0, 3)}],
    ),
    "an aggregate over everything names everything": ("SELECT COUNT(*) AS many FROM f", [("2",)], [{(1, 2), (1, 3)}]),
    "a window keeps its own row": (
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY name ORDER BY id) AS place FROM p",
        [("1", "1"), ("2", "1"), ("3", "2")],
        [{(0, 2)}, {(0, 3)}, {(0, 4)}],
    ),
}


@pytest.mark.parametrize("name", PROVENANCE)
def test_every_row_knows_its_sources(name):
    sql, rows, sources = PROVENANCE[name]
    assert result_of(sql) == (rows, sources)


REFUSED = {
    "SELECT * FROM read_csv('/etc/passwd')": "not allowed in FROM",
    "SELECT * FROM '/etc/passwd'": "no file called",
    "SELECT * FROM q": "no file called 'q'; from.files names p, f",
    "SELECT name FROM p WHERE id IN (SELECT id FROM read_csv('x'))": "not allowed",
    "DROP TABLE p": "a DROP is not allowed",
    "COPY p TO 'x'": "a COPY is not allowed",
    "SELECT id FROM p; SELECT id FROM p": "2 statements",
    "SELECT id FROM p LIMIT 1": "LIMIT leaves rows out",
    "SELECT id FROM p UNION SELECT family FROM f": "write UNION ALL",
    "SELECT id FROM p INTERSECT SELECT family FROM f": "write UNION ALL",
    "SELECT DISTINCT ON (name) name, id FROM p": "QUALIFY ROW_NUMBER()",
    "WITH RECURSIVE r AS (SELECT id FROM p) SELECT id FROM r": "RECURSIVE",
    "SELECT id INTO z FROM p": "INTO",
    "SELECT 1 AS x": "without FROM",
    "SELECT * FROM p JOIN f ON p.family = f.family": "two columns are called 'family'",
    "SELECT id || name FROM p": "has no name",
    "SELECT AVG(CAST(amount AS DECIMAL(38, 6))) AS mean FROM p": "binary fraction",
    "SELECT nothing FROM p": "nothing",
    "SELECT (": "select",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_what_may_not_run_says_why(sql):
    with pytest.raises(RuleFileError) as refused:
        result_of(sql)
    assert REFUSED[sql] in str(refused.value)
    assert str(refused.value).startswith("sources/x.yaml: select:")


def joined_exports():
    exports = Exports()
    exports.files["families.csv"] = "code,label\nT,Tools\nS,Supplies\nZ,Never used\n"
    exports.files["items.csv"] = "sku,title,code\nX1,Drill,T\nX2,Oil,S\nX1b,Drill again,T\n"
    exports.sources["products"] = {
        "table": "products",
        "from": {"files": {"i": "items.csv", "f": "families.csv"}},
        "select": "SELECT i.sku AS product_id, i.title AS product_name, f.label AS product_family FROM i JOIN f ON f.code = i.code WHERE i.sku <> 'X1b'",
    }
    return exports


def test_rows_made_of_several_name_the_first_and_list_the_others(tmp_path):
    exports = joined_exports()
    intake = take_in(exports.folder(), exports.write(tmp_path))
    products = intake.facts["products"].sort("product_id")
    assert products.select("source_file", "source_line").with_columns(pl.col("source_file").cast(pl.String)).rows() == [
        ("items.csv", 2),
        ("items.csv", 3),
    ]
    assert intake.row_sources.rows() == [
        ("products", "items.csv", 2, "families.csv", 2),
        ("products", "items.csv", 3, "families.csv", 3),
    ]


def test_every_raw_row_of_a_select_has_one_disposition(tmp_path):
    exports = joined_exports()
    exports.edit("items.csv", "X2,Oil,S", "X2<,Oil,S")
    exports.files["items.csv"] += "X9,too,many,fields\n"
    intake = take_in(exports.folder(), exports.write(tmp_path))
    counts = {
        row[0]: row[1:]
        for row in intake.received.select("source_file", "rows", "accepted", "quarantined", "superseded").iter_rows()
    }
    assert counts["items.csv"] == (4, 1, 2, 1)  # X1; X2< and the broken record; X1b
    assert counts["families.csv"] == (3, 1, 1, 1)  # T; S with the refused row; Z
    refused = intake.quarantine.filter(pl.col("table") == "products")
    assert refused.select("source_file", "source_line", "reason").rows() == [
        ("items.csv", 3, "illegal_id_chars"),
        ("items.csv", 5, "field_count"),
    ]


def flat_orders():
    """One export of lines from which orders and lines are made, as shops write them."""
    exports = Exports()
    del exports.files["orders.csv"], exports.files["order_lines.csv"]
    exports.files["flat.csv"] = (
        "order,line,sku,pieces,price,account\n"
        "O1,1,X1,2,10.005,A1\nO1,2,X2,1,5.00,A1\nO2,1,X1,1,7.00,A2\nO3,1,X9,3,1.00,A2\nTEST,1,X1,9,9.00,A1\n"
    )
    head = {"from": {"files": {"f": "flat.csv"}}}
    exports.sources["order_lines"] = head | {
        "table": "order_lines",
        "select": "SELECT *, f.order || '-' || f.line AS id FROM f WHERE f.order <> 'TEST'",
        "columns": {
            "order_line_id": "id", "order_id": "order", "line_number": "line", "product_id": "sku", "quantity": "pieces",
            "net_amount": {"multiply": ["pieces", "price"], "round": "half_away"},
        },
    }  # fmt: skip
    exports.sources["orders"] = head | {
        "table": "orders",
        "select": "SELECT DISTINCT f.order, account FROM f WHERE f.order <> 'TEST'",
        "columns": {
            "order_id": "order", "account_id": "account", "order_date": {"constant": "2025-01-10"},
            "currency": {"constant": "USD"}, "status": {"constant": "confirmed"},
        },
    }  # fmt: skip
    del exports.files["returns.csv"]
    return exports


def test_money_that_a_select_leaves_out_is_counted_on_the_files_own_rows(tmp_path):
    exports = flat_orders()
    intake = take_in(exports.folder(), exports.write(tmp_path))
    amounts = intake.received_amounts.filter(source_file="flat.csv", column="net_amount").row(0, named=True)
    shown = {
        name: str(amounts[name].normalize())
        for name in ("received", "accepted", "quarantined", "superseded", "rounding")
    }
    assert shown == {"received": "116.01", "accepted": "32.01", "quarantined": "3", "superseded": "81", "rounding": "0"}
    assert intake.quarantine.select("table", "source_line", "reason").rows() == [
        ("order_lines", 5, "unknown_product"),
        ("orders", 5, "partial_order"),
    ]
    counts = (
        intake.received.filter(source_file="flat.csv").select("table", "accepted", "quarantined", "superseded").rows()
    )
    assert counts == [("order_lines", 3, 1, 1), ("orders", 3, 1, 1)]
    assert intake.notes.filter(code="left_out_by_select")["rows"].to_list() == [1, 1]


def test_a_cast_that_rounds_is_noted(tmp_path):
    exports = flat_orders()
    exports.sources["order_lines"]["select"] = (
        "SELECT f.order || '-' || f.line AS id, f.order, line, sku, pieces, CAST(price AS DECIMAL(38, 2)) AS price FROM f"
    )
    exports.sources["order_lines"]["columns"]["net_amount"] = {"column": "price"}
    intake = take_in(exports.folder(), exports.write(tmp_path))
    (note,) = intake.notes.filter(code="select_changed_amount")["detail"]
    assert note.startswith("net_amount: the rows of the files that were taken hold")
