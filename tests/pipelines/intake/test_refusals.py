"""A refused file: for whom it is refused, what is said of it, and who goes on with it."""

import pytest

from pipelines.intake import IntakeStopped, take_in
from tests.pipelines.intake.exports import Exports


def taken(exports, folder, **options):
    return take_in(exports.folder(), exports.write(folder), **options)


def shared_deals():
    """Orders and opportunities out of one file of deals."""
    exports = Exports()
    exports.files["deals.csv"] = (
        "id,account,owner,day,amount\nD1,A1,P1,2025-01-10,1500.00\nD2,A3,P1,2025-03-10,99.99\nD4,A2,P4,2025-04-10,10.00\n"
    )
    del exports.files["orders.csv"], exports.files["opportunities.csv"], exports.files["opportunity_splits.csv"]
    exports.files["order_lines.csv"] = (
        "order_line_id,order_id,line_number,product_id,quantity,net_amount\nL1,D1,1,X1,10,1500.00\n"
    )
    exports.sources["orders"] = {
        "table": "orders",
        "from": {"files": "deals.csv"},
        "columns": {
            "order_id": "id", "account_id": "account", "order_date": "day", "currency": {"constant": "USD"},
            "status": {"constant": "confirmed"},
        },
    }  # fmt: skip
    exports.sources["opportunities"] = {
        "table": "opportunities",
        "from": {"files": "deals.csv"},
        "columns": {
            "opportunity_id": "id", "account_id": "account", "owner_id": "owner", "stage": {"constant": "closed_won"},
            "close_date": "day", "amount": "amount", "currency": {"constant": "USD"},
        },
    }  # fmt: skip
    return exports


def states_of(intake, file):
    rows = intake.received.filter(source_file=file).select("table", "state", "reason").rows()
    return {table: (state, reason) for table, state, reason in rows}


def test_what_an_optional_table_finds_wrong_takes_the_file_from_that_table_alone(tmp_path):
    exports = shared_deals()
    exports.sources["opportunities"]["columns"]["owner_id"] = "representative"
    intake = taken(exports, tmp_path)
    assert intake.facts["orders"].height == 3
    assert intake.facts["opportunities"].is_empty()
    states = states_of(intake, "deals.csv")
    assert states["orders"] == ("accepted", None)
    assert states["opportunities"][0] == "refused"
    assert states["opportunities"][1].startswith(
        "missing_column: deals.csv:1: column 'representative' of opportunities"
    )


def test_what_the_rules_of_an_optional_table_find_takes_the_file_from_that_table_alone(tmp_path):
    exports = shared_deals()
    exports.sources["quotas"] = {
        "table": "quotas",
        "from": {"files": "deals.csv"},
        "columns": {
            "payee_id": "owner", "measure": {"constant": "new_business"}, "period": {"constant": "2025"},
            "amount": "amount", "currency": {"constant": "USD"},
        },
    }  # fmt: skip
    del exports.files["quotas.csv"]
    intake = taken(exports, tmp_path)
    states = states_of(intake, "deals.csv")
    assert {table: state for table, (state, _) in states.items()} == {
        "orders": "accepted",
        "opportunities": "accepted",
        "quotas": "refused",
    }
    assert states["quotas"][1].startswith("duplicate_conflict: deals.csv:2: ")


def test_what_a_required_table_finds_wrong_is_said_where_the_others_miss_the_file(tmp_path):
    exports = shared_deals()
    exports.sources["orders"]["columns"]["order_date"] = "date"
    with pytest.raises(IntakeStopped) as stopped:
        taken(exports, tmp_path)
    assert "no file fits" not in str(stopped.value)
    assert "orders: missing_column: deals.csv:1: column 'date' of orders is missing" in str(stopped.value)
    states = states_of(stopped.value.intake, "deals.csv")
    assert states["opportunities"][1].endswith("(found for orders; the file is refused for every table that it feeds)")


def test_both_required_tables_of_a_refused_file_say_why(tmp_path):
    exports = shared_deals()
    exports.sources["order_lines"] = {
        "table": "order_lines",
        "from": {"files": "deals.csv"},
        "columns": {
            "order_line_id": "id", "order_id": "id", "product_id": {"constant": "X1"}, "line_number": {"constant": "1"},
            "net_amount": "amount", "quantity": {"constant": "1"},
        },
    }  # fmt: skip
    exports.sources["orders"]["columns"]["order_date"] = "date"
    with pytest.raises(IntakeStopped) as stopped:
        taken(exports, tmp_path)
    lines = str(stopped.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["Nothing can be calculated:", "orders", "order_lines"]
    assert lines[2] == (
        "order_lines: missing_column: deals.csv is refused for what orders found (and there is no last good copy)"
    )


def test_the_last_good_copy_stands_in_for_the_table_that_found_the_fault(tmp_path):
    exports = shared_deals()
    before = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    exports.files["deals.csv"] = (
        exports.files["deals.csv"].replace("amount\n", "total\n", 1) + "D5,A2,P1,2025-05-10,7\n"
    )
    after = taken(exports, tmp_path / "exports", snapshots=tmp_path / "snapshots")
    assert after.facts["orders"].height == 4
    assert after.facts["opportunities"].equals(before.facts["opportunities"])
    assert states_of(after, "deals.csv")["opportunities"][0] == "last_good"


def test_an_intake_that_does_not_record_uses_last_good_copies_and_adds_nothing(tmp_path):
    exports, kept = shared_deals(), tmp_path / "snapshots"
    before = taken(exports, tmp_path / "exports", snapshots=kept)
    then = {path.relative_to(kept): path.read_bytes() for path in kept.rglob("*") if path.is_file()}
    exports.files["deals.csv"] = exports.files["deals.csv"].replace("amount\n", "total\n", 1)
    after = taken(exports, tmp_path / "exports", snapshots=kept, is_recording=False)
    assert after.facts["opportunities"].equals(before.facts["opportunities"])
    assert {path.relative_to(kept): path.read_bytes() for path in kept.rglob("*") if path.is_file()} == then


def test_only_the_glob_that_no_file_fits_is_named(tmp_path):
    exports = Exports()
    exports.sources["products"] = {
        "table": "products",
        "from": {"files": {"p": "products.csv", "f": "families.csv"}},
        "select": "SELECT p.* FROM p JOIN f ON f.id = p.product_family",
    }
    with pytest.raises(IntakeStopped, match=r"products: no file fits families\.csv, and nothing can be attributed"):
        taken(exports, tmp_path)


def test_a_source_that_has_no_file_is_noted_where_another_fills_the_table(tmp_path):
    exports = Exports()
    exports.more_sources.append({"table": "orders", "from": {"files": "shop_orders.csv"}})
    intake = taken(exports, tmp_path)
    assert intake.notes.filter(code="file_missing").select("table", "detail").rows() == [
        ("orders", "no file fits shop_orders.csv; orders goes without it")
    ]
