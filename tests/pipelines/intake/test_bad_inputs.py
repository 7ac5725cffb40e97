"""Every way of breaking an export: what becomes of it, by which code, on which line, and nothing lost."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipelines.intake import Intake, IntakeStopped, take_in
from schemas.contract import CONTRACT
from tests.pipelines.intake.breaking import BREAKING, replaced_while_read
from tests.pipelines.intake.exports import Exports

CASES = yaml.load(Path(__file__).with_name("bad_inputs.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  - every scalar is text
DONE = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']}: {case['name']}")


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Intake:
    exports = Exports()
    return take_in(exports.folder(), exports.write(tmp_path_factory.mktemp("clean")))


def test_clean_exports_pass_untouched(clean):
    assert clean.quarantine.is_empty()
    assert clean.received["quarantined"].sum() == 0
    assert set(clean.notes["code"]) == {"fx_carried"}


@DONE
def test_bad_input(case, clean, tmp_path, monkeypatch):
    exports = _broken(case, monkeypatch)
    folder, path = exports.folder(), exports.write(tmp_path / "exports")
    snapshots = _after_clean(case, tmp_path) if case.get("after_clean") else None
    as_of = case.get("as_of")
    try:
        intake = take_in(folder, path, snapshots=snapshots, as_of=as_of and date.fromisoformat(as_of))
    except IntakeStopped as stopped:
        if case["class"] != "reject_file":
            raise
        message, intake = str(stopped), stopped.intake
    else:
        message = "\n".join(intake.received["reason"].drop_nulls())
    _CHECKS[case["class"]](case, intake, message, clean)
    _require_conserved(intake)


def _broken(case, monkeypatch) -> Exports:
    exports = Exports()
    for name, old, new in case.get("edits", ()):
        exports.edit(name, old, new)
    if "append" in case:
        exports.files[case["file"]] += case["append"]
    if "make" in case:
        BREAKING[case["make"]](exports)
    if exports.company.pop("_changing", None):
        replaced_while_read(monkeypatch, case["file"])
    exports.company.update(case.get("company", {}))
    for table, changes in case.get("sources", {}).items():
        exports.sources[table] = exports.sources[table] | changes
    return exports


def _after_clean(case, tmp_path) -> Path:
    before = Exports()
    prepare = BREAKING.get(f"before_{case.get('make')}")
    if prepare:
        prepare(before)
    take_in(before.folder(), before.write(tmp_path / "before"), snapshots=tmp_path / "snapshots")
    return tmp_path / "snapshots"


def _check_refused_file(case, intake, message, clean):
    assert f"{case['reason']}: {case['file']}" in message
    assert f"{case['file']}:{case['line']}:" in message if "line" in case else True
    assert case.get("message", "") in message
    states = intake.received.filter(pl.col("source_file") == case["file"])
    assert set(states["state"]) <= {"refused", "last_good"}
    assert case["reason"] in intake.notes["code"]


def _check_quarantined(case, intake, message, clean):
    rows = intake.quarantine.filter((pl.col("source_file") == case["file"]) & (pl.col("reason") == case["reason"]))
    expected = (
        {int(case["line"]), *map(int, case.get("also_lines", ()))} if "line" in case else set(rows["source_line"])
    )
    assert set(rows["source_line"]) == expected, intake.quarantine.rows()
    assert rows.height
    row = rows.sort("source_line").row(0, named=True)
    assert row["column"] == case.get("column", row["column"])
    assert row["value"] == case.get("value", row["value"])
    assert case.get("message", "") in row["detail"]
    assert len(row["detail"]) > 20
    if "held" in case:
        assert str(row["amount"]) == case["held"]
    if "whole_order" in case:
        _require_whole(intake, case["whole_order"])
    _require_has(case, intake)


def _require_whole(intake, order):
    """Neither header nor lines are in the facts."""
    assert order not in intake.facts["orders"]["order_id"]
    assert order not in intake.facts["order_lines"]["order_id"]


def _check_accepted(case, intake, message, clean):
    assert intake.quarantine.is_empty(), intake.quarantine.rows()
    if case["class"] == "accept_normalised":
        notes = intake.notes.filter((pl.col("code") == case["reason"]) & (pl.col("source_file") == case["file"]))
        assert notes.height, intake.notes.rows()
    if not case.get("facts_differ"):
        _require_same_facts(intake, clean)
    _require_has(case, intake)


def _require_has(case, intake):
    if "has" in case:
        table, column, value = case["has"]
        assert str(value) in intake.facts[table][column].cast(pl.String).to_list()


def _require_same_facts(intake, clean):
    for table, model in CONTRACT.items():
        come = [
            frame.drop("source_file", "source_line").sort(model.key())
            for frame in (intake.facts[table], clean.facts[table])
        ]
        assert come[0].equals(come[1]), table


def _require_conserved(intake):
    received = intake.received
    assert (received["rows"] == received["accepted"] + received["quarantined"] + received["superseded"]).all()
    amounts = intake.received_amounts
    assert (
        amounts["received"]
        == amounts["accepted"] - amounts["rounding"] + amounts["quarantined"] + amounts["superseded"]
    ).all()
    for table, model in CONTRACT.items():
        model.validate(intake.facts[table])


_CHECKS = {
    "reject_file": _check_refused_file,
    "quarantine_row": _check_quarantined,
    "accept_normalised": _check_accepted,
    "accept_unchanged": _check_accepted,
}
