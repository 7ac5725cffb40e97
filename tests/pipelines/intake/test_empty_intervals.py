"""A row that ends on the day it starts is accepted and never applies; it contradicts no other row."""

from pipelines.intake import take_in
from tests.pipelines.intake.exports import Exports


def taken(exports, folder):
    return take_in(exports.folder(), exports.write(folder))


def test_an_empty_interval_does_not_contradict_the_row_that_starts_on_its_day(tmp_path):
    exports = Exports()
    exports.files["assignments.csv"] += "A3,P1,sales_rep,2024-01-01,2024-01-01\n"
    intake = taken(exports, tmp_path)
    assert intake.quarantine.filter(table="assignments").is_empty()
    kept = intake.facts["assignments"].filter(account_id="A3")
    assert kept["valid_to"].to_list() == [None]
    assert "empty_interval" in intake.notes["code"].to_list()
    row = intake.received.filter(table="assignments").row(0, named=True)
    assert (row["rows"], row["accepted"], row["superseded"]) == (5, 4, 1)


def test_an_empty_interval_alone_is_accepted(tmp_path):
    exports = Exports()
    exports.files["assignments.csv"] += "A4,P1,sales_rep,2024-01-01,2024-01-01\n"
    intake = taken(exports, tmp_path)
    assert intake.received.filter(table="assignments")["accepted"].item() == 5


def test_two_different_rows_that_apply_still_contradict_each_other(tmp_path):
    exports = Exports()
    exports.files["assignments.csv"] += "A3,P1,sales_rep,2024-01-01,2024-06-01\nA3,P1,sales_rep,2024-01-01,2024-01-01\n"
    intake = taken(exports, tmp_path)
    refused = intake.quarantine.filter(table="assignments")
    assert refused["reason"].to_list() == ["duplicate_conflict"] * 2
