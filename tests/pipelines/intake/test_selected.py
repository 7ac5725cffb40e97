"""Files behind a select are held to what every file is held to."""

from datetime import date

import pytest
from pydantic import ValidationError

from pipelines.intake import IntakeStopped, take_in
from tests.pipelines.intake.exports import Exports


def selecting_orders():
    """Orders and their lines, each through a select; thirty more lines, so that there is something to compare."""
    exports = Exports()
    exports.files["orders.csv"] += "O8,A1,,2025-06-01,USD,confirmed,1,\n"
    exports.files["order_lines.csv"] += "".join(f"M{n},O8,{n},X1,1,{50 + n}.00,,\n" for n in range(1, 31))
    for table in ("orders", "order_lines"):
        exports.sources[table] = {
            "table": table,
            "from": {"files": {"x": f"{table}.csv"}},
            "select": "SELECT * FROM x",
        }
    return exports


def taken(exports, folder, **options):
    return take_in(exports.folder(), exports.write(folder), **options)


def test_an_empty_file_behind_a_select_never_means_that_everything_was_cancelled(tmp_path):
    exports = selecting_orders()
    exports.files["orders.csv"] = exports.files["orders.csv"].splitlines()[0] + "\n"
    with pytest.raises(IntakeStopped, match=r"file_no_rows: orders\.csv:1: the file has a header and no rows"):
        taken(exports, tmp_path)


def test_the_last_good_file_stands_in_for_an_empty_one_behind_a_select(tmp_path):
    exports = selecting_orders()
    before = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    exports.files["orders.csv"] = exports.files["orders.csv"].splitlines()[0] + "\n"
    after = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    assert after.facts["orders"].equals(before.facts["orders"])
    row = after.received.filter(source_file="orders.csv").row(0, named=True)
    assert row["state"] == "last_good"
    assert row["reason"].startswith("file_no_rows: orders.csv:1:")


def test_an_empty_file_behind_a_select_may_be_declared(tmp_path):
    exports = selecting_orders()
    exports.files["orders.csv"] = exports.files["orders.csv"].splitlines()[0] + "\n"
    exports.sources["orders"]["from"]["empty"] = "allowed"
    intake = taken(exports, tmp_path)
    assert intake.facts["orders"].is_empty()
    assert set(intake.quarantine.filter(table="order_lines")["reason"]) == {"unknown_order"}


def test_an_empty_file_of_a_table_that_may_be_absent_is_noted(tmp_path):
    exports = Exports()
    exports.files["returns.csv"] = exports.files["returns.csv"].splitlines()[0] + "\n"
    exports.sources["returns"] = {
        "table": "returns",
        "from": {"files": {"r": "returns.csv"}},
        "select": "SELECT * FROM r",
    }
    intake = taken(exports, tmp_path)
    assert intake.notes.filter(code="file_no_rows").select("table", "source_file").rows() == [
        ("returns", "returns.csv")
    ]


def _lose_lines(exports):
    lines = exports.files["order_lines.csv"].splitlines(keepends=True)
    exports.files["order_lines.csv"] = "".join(lines[:9])


def _cents_for_units(exports):
    for n in range(1, 16):
        exports.edit("order_lines.csv", f"M{n},O8,{n},X1,1,{50 + n}.00", f"M{n},O8,{n},X1,1,{50 + n}00")


@pytest.mark.parametrize("select", ["SELECT * FROM x", "SELECT x.*, REPLACE(net_amount, ' ', '') AS net FROM x"])
@pytest.mark.parametrize(
    ("break_file", "reason"),
    [
        (_lose_lines, "row_count_band: order_lines.csv: 8 rows where the last good file had 37"),
        (_cents_for_units, "distribution_shift: order_lines.csv: amounts moved by a factor of"),
    ],
)
def test_a_file_behind_a_select_is_compared_with_the_last_good_one(select, break_file, reason, tmp_path):
    exports = selecting_orders()
    exports.sources["order_lines"]["select"] = select
    if "AS net" in select:
        exports.sources["order_lines"]["columns"] = {"net_amount": "net"}
    before = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    break_file(exports)
    after = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    (row,) = after.received.filter(source_file="order_lines.csv").rows(named=True)
    assert row["state"] == "last_good"
    assert row["reason"].startswith(reason)
    assert after.facts["order_lines"].equals(before.facts["order_lines"])


CASTS = {
    "over a column": "SELECT x.*, CAST(net_amount AS DECIMAL(38, 6)) AS net FROM x",
    "as ::": "SELECT x.*, x.net_amount::DECIMAL(38, 6) AS net FROM x",
    "over what is made of a column": "SELECT x.*, CAST(REPLACE(x.net_amount, ' ', '') AS DECIMAL(38, 6)) AS net FROM x",
    "in a sum": "SELECT order_line_id, SUM(CAST(net_amount AS DECIMAL(38, 6))) AS net FROM x GROUP BY order_line_id",
    "in a filter": "SELECT *, net_amount AS net FROM x WHERE CAST(net_amount AS DECIMAL(38, 6)) > 0",
    "after WITH": "WITH w AS (SELECT * FROM x) SELECT w.*, CAST(w.net_amount AS DECIMAL(38, 6)) AS net FROM w",
}


@pytest.mark.parametrize("name", CASTS)
def test_a_cell_that_cannot_be_cast_refuses_its_file_and_says_where_it_is(name, tmp_path):
    exports = selecting_orders().edit("order_lines.csv", "250.50,,", "n/a,,")
    exports.sources["order_lines"] |= {"select": CASTS[name], "columns": {"net_amount": "net"}}
    with pytest.raises(IntakeStopped, match="cast_failed") as stopped:
        taken(exports, tmp_path)
    assert (
        "cast_failed: order_lines.csv:4: 'n/a' in 'net_amount' is no DECIMAL(38, 6), which the select casts it to; "
        "correct it at the source, or write TRY_CAST where such a value means nothing"
    ) in str(stopped.value)


def test_the_cell_named_is_one_that_was_cast_not_one_that_was_filtered_out(tmp_path):
    exports = selecting_orders().edit("order_lines.csv", "250.50,,", "n/a,,").edit("order_lines.csv", "99.99,", "oops,")
    exports.sources["order_lines"] |= {
        "select": "SELECT x.*, CAST(net_amount AS DECIMAL(38, 6)) AS net FROM x WHERE order_id <> 'O2'",
        "columns": {"net_amount": "net"},
    }
    with pytest.raises(IntakeStopped, match=r"cast_failed: order_lines\.csv:5: 'oops'"):
        taken(exports, tmp_path)


def test_with_try_cast_the_row_alone_is_quarantined(tmp_path):
    exports = selecting_orders().edit("order_lines.csv", "250.50,,", "n/a,,")
    exports.sources["order_lines"] |= {
        "select": "SELECT x.*, TRY_CAST(net_amount AS DECIMAL(38, 6)) AS net FROM x",
        "columns": {"net_amount": "net"},
    }
    lines = taken(exports, tmp_path).quarantine.filter(table="order_lines")
    assert lines.select("source_line", "reason").rows() == [(4, "amount_missing")]


def test_the_last_good_file_stands_in_for_one_that_cannot_be_cast(tmp_path):
    exports = selecting_orders()
    exports.sources["order_lines"] |= {"select": CASTS["over a column"], "columns": {"net_amount": "net"}}
    before = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    exports.edit("order_lines.csv", "250.50,,", "n/a,,")
    after = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    assert after.facts["order_lines"].equals(before.facts["order_lines"])


LEAVERS = {
    "qualified": "SELECT p.*, h.left_on FROM p LEFT JOIN h ON h.who = p.payee_id",
    "under an alias": "SELECT p.*, gone.left_on FROM p LEFT JOIN h AS gone ON gone.who = p.payee_id",
    "alone after WITH": "WITH w AS (SELECT who, left_on FROM h) SELECT p.*, w.left_on FROM p LEFT JOIN w ON w.who = p.payee_id",
}


def with_leavers(select):
    exports = Exports()
    exports.files["payees.csv"] = exports.files["payees.csv"].replace("termination_date", "old")
    exports.sources["payees"] = {
        "table": "payees",
        "from": {"files": {"p": "payees.csv", "h": "leavers.csv"}, "optional": ["h"]},
        "select": select,
        "columns": {"termination_date": "left_on"},
    }
    return exports


@pytest.mark.parametrize("name", LEAVERS)
def test_a_partner_that_may_be_absent_is_an_empty_table(name, tmp_path):
    exports = with_leavers(LEAVERS[name])
    without = taken(exports, tmp_path / "without")
    assert without.facts["payees"].height == 4
    assert without.facts["payees"]["termination_date"].null_count() == 4
    assert "file_missing" not in without.notes["code"]
    exports.files["leavers.csv"] = "who,left_on\n"
    none = taken(exports, tmp_path / "none")
    assert none.facts["payees"].equals(without.facts["payees"])
    exports.files["leavers.csv"] = "who,left_on\nP4,2025-06-30\n"
    payees = taken(exports, tmp_path / "with").facts["payees"]
    assert payees.filter(payee_id="P4")["termination_date"].to_list() == [date(2025, 6, 30)]
    assert payees["termination_date"].null_count() == 3


def test_a_partner_that_may_be_absent_does_not_vanish(tmp_path):
    exports = with_leavers(LEAVERS["qualified"])
    exports.files["leavers.csv"] = "who,left_on\nP4,2025-06-30\n"
    before = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    (tmp_path / "exports" / "leavers.csv").unlink()
    del exports.files["leavers.csv"]
    after = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    assert after.facts["payees"].equals(before.facts["payees"])
    exports.files["leavers.csv"] = "who,left_on\n"
    after = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    assert after.facts["payees"].equals(before.facts["payees"])


def test_a_partner_that_came_and_cannot_be_used_stops(tmp_path):
    exports = with_leavers(LEAVERS["qualified"])
    exports.files["leavers.csv"] = "who,left_on\nP4,2025-06-30"
    with pytest.raises(IntakeStopped, match=r"payees: file_truncated: leavers\.csv:2"):
        taken(exports, tmp_path)


@pytest.mark.parametrize(
    ("optional", "message"),
    [
        (["x"], "optional names 'x', which files does not"),
        (["p", "h"], "optional names every file; write optional: true"),
    ],
)
def test_what_may_be_absent_is_named_rightly(optional, message):
    exports = with_leavers(LEAVERS["qualified"])
    exports.sources["payees"]["from"]["optional"] = optional
    with pytest.raises(ValidationError, match=message):
        exports.folder()
