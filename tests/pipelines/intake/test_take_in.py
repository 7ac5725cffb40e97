"""Intake as a whole: order means nothing, corrections heal, good copies stand in, and nothing is lost."""

import random
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.intake import IntakeStopped, take_in
from schemas.contract import CONTRACT
from tests.pipelines.intake.exports import Exports


def taken(exports, folder, **options):
    return take_in(exports.folder(), exports.write(folder), **options)


def without_lines(frame, model):
    return frame.drop("source_file", "source_line").sort(model.key(), nulls_last=True)


def assert_same_facts(one, other):
    for table, model in CONTRACT.items():
        assert without_lines(one.facts[table], model).equals(without_lines(other.facts[table], model)), table


@pytest.mark.parametrize("seed", range(5))
def test_row_order_changes_nothing_but_lines(seed, tmp_path):
    exports, shuffled = Exports(), Exports()
    for broken in (exports, shuffled):
        broken.edit("order_lines.csv", "10,1000.00", "10,oops")
        broken.edit("opportunity_splits.csv", "revenue,40", "revenue,41")
    for name, text in shuffled.files.items():
        header, *rows = text.splitlines(keepends=True)
        random.Random(seed).shuffle(rows)  # noqa: S311
        shuffled.files[name] = header + "".join(rows)
    one, other = taken(exports, tmp_path / "one"), taken(shuffled, tmp_path / "other")
    assert_same_facts(one, other)
    columns = ["table", "record_key", "reason", "amount", "currency"]
    assert one.quarantine.select(columns).sort(columns).equals(other.quarantine.select(columns).sort(columns))


def test_files_in_another_order_change_nothing_but_lines(tmp_path):
    exports, split = Exports(), Exports()
    header, *rows = split.files.pop("orders.csv").splitlines(keepends=True)
    split.files["orders_b.csv"], split.files["orders_a.csv"] = header + "".join(rows[:2]), header + "".join(rows[2:])
    split.sources["orders"] = {"table": "orders", "from": {"files": "orders_*.csv"}}
    assert_same_facts(taken(exports, tmp_path / "one"), taken(split, tmp_path / "two"))


@pytest.mark.parametrize("ending", ["parquet", "tsv", "jsonl", "csv.gz", "xlsx"])
def test_every_format_gives_the_same_facts(ending, tmp_path):
    exports = Exports()
    exports.write(tmp_path / "csv")
    other = Exports()
    (tmp_path / "other").mkdir()
    for name in other.files:
        frame = pl.read_csv(tmp_path / "csv" / name, infer_schema=False)
        _WRITERS[ending](frame, tmp_path / "other" / name.replace("csv", ending))
    other.files = {}
    assert_same_facts(taken(exports, tmp_path / "one"), taken(other, tmp_path / "other"))


def _write_workbook(frame, path):
    import openpyxl  # noqa: PLC0415

    book = openpyxl.Workbook()
    book.active.append(frame.columns)
    for row in frame.iter_rows():
        book.active.append(row)
    book.save(path)


def _write_gzip(frame, path):
    import gzip  # noqa: PLC0415

    path.write_bytes(gzip.compress(frame.write_csv().encode()))


_WRITERS = {
    "parquet": lambda frame, path: frame.write_parquet(path),
    "tsv": lambda frame, path: frame.write_csv(path, separator="\t"),
    "jsonl": lambda frame, path: frame.write_ndjson(path),
    "csv.gz": _write_gzip,
    "xlsx": _write_workbook,
}


def test_typed_parquet_is_taken_as_it_is_and_floats_are_refused(tmp_path):
    exports = Exports()
    exports.write(tmp_path)
    lines = pl.read_csv(tmp_path / "order_lines.csv", infer_schema=False)
    typed = lines.with_columns(
        pl.col("net_amount", "cost_amount").cast(pl.Decimal(18, 2)), pl.col("quantity", "line_number").cast(pl.Int32)
    )
    (tmp_path / "order_lines.csv").unlink()
    del exports.files["order_lines.csv"]
    typed.write_parquet(tmp_path / "order_lines.parquet")
    assert taken(exports, tmp_path).facts["order_lines"].height == 7
    typed.with_columns(pl.col("net_amount").cast(pl.Float64)).write_parquet(tmp_path / "order_lines.parquet")
    with pytest.raises(
        IntakeStopped, match=r"float_column: order_lines.parquet: column 'net_amount' holds binary fractions"
    ):
        taken(exports, tmp_path)


CORRECTION_HEADER = "correction_id,table,key,column,value,reason,entered_by\n"


def test_a_correction_releases_a_whole_order_and_is_shown(tmp_path):
    exports = Exports().edit("order_lines.csv", "10,1000.00", "10,oops")
    exports.files["corrections.csv"] = CORRECTION_HEADER + "K1,order_lines,L1,net_amount,1000.00,Typed over,ops\n"
    intake = taken(exports, tmp_path / "fixed")
    assert intake.quarantine.is_empty()
    assert_same_facts(intake, taken(Exports(), tmp_path / "clean"))
    assert intake.applied_corrections.rows() == [
        ("K1", "order_lines", "L1", "net_amount", "oops", "1000.00", "Typed over", "ops")
    ]


@pytest.mark.parametrize(
    ("correction", "message"),
    [
        ("K1,order_lines,L99,net_amount,1.00,Why,ops", "no record of order_lines has the key 'L99'"),
        ("K1,order_lines,L1,price,1.00,Why,ops", "order_lines has no column 'price'"),
        ("K1,lines,L1,net_amount,1.00,Why,ops", "there is no table 'lines'"),
        ("K1,order_lines,L1,order_line_id,L2,Why,ops", "is part of the key"),
    ],
)
def test_a_correction_that_fixes_nothing_is_refused(correction, message, tmp_path):
    exports = Exports()
    exports.files["corrections.csv"] = CORRECTION_HEADER + correction + "\n"
    refused = taken(exports, tmp_path).quarantine
    assert refused.select("table", "source_line", "reason").rows() == [("corrections", 2, "correction_unknown")]
    assert message in refused["detail"][0]


def test_a_correction_is_written_plainly_whatever_the_source_writes(tmp_path):
    exports = Exports().edit("quotas.csv", "100000.00", '"100.000,00"').edit("quotas.csv", "50000.00", '"50.000,00"')
    exports.sources["quotas"] = {
        "table": "quotas",
        "from": {"files": "quotas.csv", "format": {"decimal_mark": ",", "thousands_mark": "."}},
    }
    exports.files["corrections.csv"] = (
        CORRECTION_HEADER + "K1,quotas,P1|new_business|2025|,amount,1234.50,New target,ops\n"
    )
    quotas = taken(exports, tmp_path).facts["quotas"]
    assert quotas.filter(payee_id="P1")["amount"].to_list() == [Decimal("1234.500")]


def test_a_refused_file_is_replaced_by_its_last_good_copy(tmp_path):
    exports = Exports()
    before = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    exports.files["orders.csv"] = "order_id\nO1\n"
    after = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    assert_same_facts(before, after)
    row = after.received.filter(source_file="orders.csv").row(0, named=True)
    assert row["state"] == "last_good"
    assert row["reason"].startswith("missing_column: orders.csv:1:")
    assert "missing_column" in after.notes["code"]


def test_a_file_that_did_not_come_is_replaced_by_its_last_good_copy(tmp_path):
    exports = Exports()
    before = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    (tmp_path / "exports" / "orders.csv").unlink()
    del exports.files["orders.csv"]
    after = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    assert_same_facts(before, after)
    assert "file_missing" in after.notes["code"]


def test_an_optional_table_goes_without_its_refused_file(tmp_path):
    exports = Exports()
    exports.files["returns.csv"] = "return_id,order_line_id\nR1,L1\n"
    intake = taken(exports, tmp_path)
    assert intake.facts["returns"].is_empty()
    assert intake.received.filter(source_file="returns.csv")["state"].to_list() == ["refused"]


def test_a_required_table_without_a_file_stops(tmp_path):
    exports = Exports()
    del exports.files["products.csv"]
    with pytest.raises(IntakeStopped, match=r"products: no file fits products\.\*"):
        taken(exports, tmp_path)


def test_too_much_refused_stops_with_the_worst_reasons_and_what_was_refused(tmp_path):
    exports = Exports().edit("order_lines.csv", "10,1000.00", "10,oops")
    exports.company["refusals"] = {"max_share_of_rows": "0.01", "max_share_of_money": "1"}
    with pytest.raises(IntakeStopped, match="Too much was refused: 5 of 41 rows") as stopped:
        taken(exports, tmp_path, snapshots=tmp_path / "snapshots")
    assert "1 × order_lines amount_format, first order_lines.csv:2:" in str(stopped.value)
    assert stopped.value.intake.quarantine.height == 5
    assert not (tmp_path / "snapshots" / "last_good.json").exists()


def test_overlapping_files_count_each_group_once(tmp_path):
    exports = Exports()
    header, *rows = exports.files.pop("order_lines.csv").splitlines(keepends=True)
    exports.files["lines_1.csv"] = header + "".join(rows[:5])
    exports.files["lines_2.csv"] = header + "".join(rows[3:])
    exports.sources["order_lines"] = {
        "table": "order_lines",
        "from": {"files": "lines_*.csv", "overlap": {"by": "order_id"}},
    }
    intake = taken(exports, tmp_path / "one")
    assert_same_facts(intake, taken(Exports(), tmp_path / "clean"))
    counts = intake.received.filter(table="order_lines").select("source_file", "accepted", "superseded").rows()
    assert counts == [("lines_1.csv", 3, 2), ("lines_2.csv", 4, 0)]
    superseded = intake.received_amounts.filter(source_file="lines_1.csv", column="net_amount")["superseded"].sum()
    assert superseded == Decimal("5099.99")


def test_one_file_may_feed_two_tables_and_every_row_counts_in_both(tmp_path):
    exports = Exports()
    exports.files["movements.csv"] = (
        "kind,id,line,on,amount\nreturn,R1,L1,2025-02-01,-100.00\nreturn,R2,L1,2025-03-01,-50.00\nother,Z,,,7.00\n"
    )
    del exports.files["returns.csv"]
    exports.sources["returns"] = {
        "table": "returns",
        "from": {"files": "movements.csv"},
        "where": {"column": "kind", "equals": "return"},
        "columns": {
            "return_id": "id",
            "order_line_id": "line",
            "return_date": "on",
            "amount": {"multiply": ["amount", "factor"]},
        },
    }
    exports.files["movements.csv"] = (
        exports.files["movements.csv"].replace("amount\n", "amount,factor\n").replace(".00\n", ".00,-1\n")
    )
    intake = taken(exports, tmp_path / "one")
    assert_same_facts(intake, taken(Exports(), tmp_path / "clean"))
    assert intake.received.filter(table="returns").select("rows", "accepted", "superseded").rows() == [(3, 2, 1)]


def test_children_follow_a_refused_account_and_name_it(tmp_path):
    exports = Exports().edit("accounts.csv", "A3,Gamma", "A3<,Gamma")
    quarantine = taken(exports, tmp_path).quarantine
    orders = quarantine.filter(table="orders")
    assert orders["reason"].to_list() == ["unknown_account", "unknown_account"]
    lines = quarantine.filter(table="order_lines")
    assert lines.select("reason", "caused_by", "amount", "currency").rows() == [
        ("partial_order", "orders.csv:4", Decimal("99.990"), "EUR"),
        ("partial_order", "orders.csv:5", Decimal("5000.000"), "JPY"),
    ]


def test_the_standard_case_passes_untouched(shared, examples, tmp_path):
    import importlib.util  # noqa: PLC0415

    from pipelines.company_folder import load_company  # noqa: PLC0415

    spec = importlib.util.spec_from_file_location("generate_exports", shared / "standard_case" / "generate_exports.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    intakes = []
    for ending in ("parquet", "csv"):
        (tmp_path / ending).mkdir()
        for name, frame in module.generate(20_000, 7).items():
            path = tmp_path / ending / f"{name}.{ending}"
            frame.write_parquet(path) if ending == "parquet" else frame.write_csv(path)
        intakes.append(take_in(load_company(examples / "standard_case"), tmp_path / ending))
    assert_same_facts(*intakes)
    for intake in intakes:
        assert intake.quarantine.is_empty()
        assert intake.facts["order_lines"].height == 20_000
        assert (intake.received["rows"] == intake.received["accepted"]).all()


CLEAN_LINES = Exports().files["order_lines.csv"].encode()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(CLEAN_LINES) - 1), st.integers(0, 255)), min_size=1, max_size=3))
@example(damage=[(0, ord("\n"))])
def test_damaged_bytes_give_no_traceback_and_lose_no_row(tmp_path, damage):
    data = bytearray(CLEAN_LINES)
    for place, byte in damage:
        data[place] = byte
    exports = Exports()
    exports.files["order_lines.csv"] = bytes(data)
    try:
        intake = taken(exports, tmp_path)
    except IntakeStopped as stopped:
        assert "order_lines.csv" in str(stopped)  # noqa: PT017
        return
    _assert_accounted_for(intake)


def _assert_accounted_for(intake):
    """Every row has one disposition; an order in the facts has the total that its header states."""
    received = intake.received
    assert (received["rows"] == received["accepted"] + received["quarantined"] + received["superseded"]).all()
    lines = intake.facts["order_lines"].group_by("order_id").agg(pl.col("net_amount").sum())
    stated = {"O1": "1500", "O2": "250.5", "O3": "99.99", "O4": "5000", "O5": "10", "O6": "700"}
    for order, total in lines.iter_rows():
        assert total == Decimal(stated[order])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, len(CLEAN_LINES) - 1))
def test_a_file_cut_anywhere_is_refused_or_changes_no_order(tmp_path, length):
    exports = Exports()
    exports.files["order_lines.csv"] = CLEAN_LINES[:length]
    try:
        intake = taken(exports, tmp_path)
    except IntakeStopped as stopped:
        assert "order_lines.csv" in str(stopped)  # noqa: PT017
        return
    _assert_accounted_for(intake)


def test_as_of_is_the_last_day_but_one_an_order_can_have(tmp_path):
    intake = taken(Exports(), tmp_path, as_of=date(2025, 5, 4))
    assert intake.quarantine.is_empty()


def test_progress_is_told(tmp_path):
    told = []
    taken(Exports(), tmp_path, progress=told.append)
    assert "read order_lines" in told


def linked(folder, target):
    """Exports whose orders are a link."""
    exports = Exports()
    exports.write(folder)
    del exports.files["orders.csv"]
    (folder / "orders.csv").unlink()
    (folder / "orders.csv").symlink_to(target)
    return exports


LINK = "orders.csv is a link that leads to no file of the exports folder; copy the file itself"


@pytest.mark.parametrize("glob", ["orders.csv", "orders*"])
@pytest.mark.parametrize("target", ["../secret.csv", "../nothing.csv"])
def test_a_link_out_of_the_exports_folder_is_not_read_and_the_message_says_so(glob, target, tmp_path):
    (tmp_path / "secret.csv").write_text(Exports().files["orders.csv"])
    exports = linked(tmp_path / "exports", target)
    exports.sources["orders"]["from"]["files"] = glob
    with pytest.raises(IntakeStopped) as stopped:
        take_in(exports.folder(), tmp_path / "exports")
    assert f"orders: no file fits {glob}; {LINK}, and nothing" in str(stopped.value)


def test_a_link_beside_a_file_is_noted(tmp_path):
    exports = linked(tmp_path, "/etc/hostname")
    exports.files["orders_2.csv"] = Exports().files["orders.csv"]
    exports.sources["orders"]["from"]["files"] = "orders*.csv"
    intake = taken(exports, tmp_path)
    assert intake.notes.filter(code="link_passed_over").select("table", "source_file", "detail").rows() == [
        ("orders", "orders.csv", LINK)
    ]


def test_a_link_within_the_exports_folder_is_read(tmp_path):
    exports = linked(tmp_path, "kept.csv")
    exports.files["kept.csv"] = Exports().files["orders.csv"]
    exports.sources["orders"]["from"]["files"] = "orders.csv"
    assert taken(exports, tmp_path).facts["orders"].height == 6
