"""Names of files come from ids and stay inside their folder; a file is whole or not there."""

import os
import stat
from pathlib import Path

import pytest

from pipelines.workbooks.files import (
    TEMPORARY,
    UnreadableWorkbook,
    UnsafeName,
    file_stems,
    require_safe_name,
    write_whole,
)

HOSTILE = [
    "..", "../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "CON", "con", "nul", "COM1", "lpt9", "a\x00b", "", ".", ".hidden", "a.b", "a b", "é",
    "e\u0301", "x" * 65, "~", "-rf ~", "$(id)", "`id`", "%2e%2e", "ａ", "close", "日本", "a\n", "-",
]  # fmt: skip


@pytest.mark.parametrize("payee", HOSTILE)
def test_a_hostile_id_gives_a_harmless_name(payee):
    stem = file_stems([payee])[payee]
    assert stem == Path(stem).name
    assert all(letter.isascii() and (letter.isalnum() or letter in "-_~") for letter in stem)
    assert 0 < len(stem) <= 64
    assert stem == "-" or stem.casefold().split("~")[0] not in {"con", "nul", "close"} or "~" in stem


def test_plain_ids_stand_for_themselves():
    assert file_stems(["E-1042", "R_7", "12345678901234567"]) == {
        name: name for name in ("E-1042", "R_7", "12345678901234567")
    }


def test_ids_that_differ_only_in_case_get_different_names_everywhere():
    stems = file_stems(["e-1", "E-1", "E-2"])
    assert len({stem.casefold() for stem in stems.values()}) == 3
    assert stems["E-2"] == "E-2"


def test_all_hostile_ids_together_have_different_names():
    assert len({stem.casefold() for stem in file_stems(HOSTILE).values()}) == len(HOSTILE)


def test_names_do_not_depend_on_who_else_is_there_but_for_case():
    assert file_stems(["a b", "c"])["a b"] == file_stems(["a b"])["a b"]


@pytest.mark.parametrize("name", ["../x", "2026/P01", "CON", "", "a" * 65])
def test_a_period_that_is_no_name_is_refused(name):
    with pytest.raises(UnsafeName, match="only letters, digits"):
        require_safe_name(name)


def test_a_written_file_is_readable_by_its_owner_alone(tmp_path):
    write_whole(tmp_path / "a.csv", b"x")
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600
    assert (tmp_path / "a.csv").read_bytes() == b"x"


def test_a_workbook_that_cannot_be_read_back_replaces_nothing(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"the old one")
    with pytest.raises(
        UnreadableWorkbook, match=r"a\.xlsx: the new workbook cannot be opened .*; nothing was replaced"
    ):
        write_whole(path, b"not a zip")
    assert path.read_bytes() == b"the old one"
    assert not list(tmp_path.glob(f"{TEMPORARY}*"))


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]
