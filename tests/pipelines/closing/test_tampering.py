"""Any byte of a closed period that is not as it was sealed is found and named, whatever the file and whatever was done to it."""

import shutil
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.closing import close_draft
from pipelines.closing.handed_out import faults_of_statements
from pipelines.ledger import AlreadyClosed, open_ledger, verify
from pipelines.ledger.seal import faults_of_seals
from tests.pipelines.closing.closing_world import CLOSER, TODAY, World

KINDS = {
    "facts": "facts/orders.parquet", "results": "results/postings.parquet", "company": "rules/company.yaml",
    "source": "rules/sources/orders.yaml", "plan": "rules/plans/sales.yaml", "statement": "statements/R1_*.xlsx",
    "period workbook": "statements/close_*.xlsx", "payroll": "statements/payroll.csv", "payable": "settlement/payable.csv",
    "manifest": "MANIFEST.csv",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """January and February are closed."""
    made = World(tmp_path_factory.mktemp("tampered"))
    made.export({"O1": ("2026-01-10", "10000.00"), "O2": ("2026-02-10", "5000.00")})
    made.close("2026-P01")
    made.old = made.store.root.parent / "old"
    shutil.copytree(made.store.root, made.old)
    made.closing = made.close("2026-P02")
    return made


def places(world):
    return [path for path in sorted((world.store.root / "closed" / "2026-P01").rglob("*")) if path.is_file()]


@contextmanager
def changed(path, data):
    """The file with another content, or none (``None``); as it was afterwards."""
    whole, mode, folder_mode = path.read_bytes(), path.stat().st_mode, path.parent.stat().st_mode
    path.parent.chmod(0o700)
    path.chmod(0o600)
    try:
        path.unlink() if data is None else path.write_bytes(data)
        yield
    finally:
        path.write_bytes(whole)
        path.chmod(mode)
        path.parent.chmod(folder_mode)


def found(world):
    return list(faults_of_seals(world.store.root / "closed", world.ledger.closings()))


def edits(data, other):
    """What could be done to a file; what would leave it as it is, is left out."""
    middle = len(data) // 2
    lines = data.splitlines(keepends=True)
    made = {
        "first byte": bytes([data[0] ^ 1]) + data[1:], "middle byte": data[:middle] + bytes([data[middle] ^ 128]) + data[middle + 1 :],
        "last byte": data[:-1] + bytes([data[-1] ^ 1]), "a blank more": data + b" ", "tail cut": data[:-1], "half": data[:middle],
        "emptied": b"", "deleted": None, "lines in another order": b"".join(reversed(lines)), "another file": other,
    }  # fmt: skip
    return {name: one for name, one in made.items() if one != data}


def test_whole_it_is_found_whole(world):
    assert verify(world.ledger, world.closing.anchor, world.store.root / "closed").faults == []
    assert list(faults_of_statements(world.store, world.ledger.closings())) == []


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_done_to_a_file_of_any_kind_verify_names_it(world, kind):
    (path,) = (world.store.root / "closed" / "2026-P01").glob(KINDS[kind])
    other = (world.store.root / "closed" / "2026-P02" / "MANIFEST.csv").read_bytes()
    name = path.relative_to(world.store.root).as_posix()
    for what, data in edits(path.read_bytes(), other).items():
        with changed(path, data):
            faults = verify(world.ledger, sealed=world.store.root / "closed").faults
            assert [fault for fault in faults if fault.startswith(name)], (what, faults)
    assert found(world) == []


def test_every_file_of_a_closed_period_counts(world):
    paths = places(world)
    assert len(paths) > 30
    for path in paths:
        with changed(path, path.read_bytes()[:-1]):
            assert len(found(world)) == 1, path


@pytest.mark.parametrize("examples", [30, pytest.param(5000, marks=pytest.mark.slow)])
def test_any_byte_changed_to_anything_is_found(world, examples):
    @settings(max_examples=examples, deadline=None)
    @given(st.data())
    def check(data):
        path = data.draw(st.sampled_from(places(world)))
        whole = path.read_bytes()
        place, byte = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
        with changed(path, whole[:place] + bytes([whole[place] ^ byte]) + whole[place + 1 :]):
            assert len(found(world)) == 1

    check()
    assert found(world) == []


def test_two_files_that_changed_places_are_both_named(world):
    one, other = (
        world.store.root / "closed" / "2026-P01" / "facts" / f"{name}.parquet" for name in ("orders", "payees")
    )
    first, second = one.read_bytes(), other.read_bytes()
    with changed(one, second), changed(other, first):
        assert [fault.split(":")[0] for fault in found(world)] == [
            "closed/2026-P01/facts/orders.parquet", "closed/2026-P01/facts/payees.parquet",
        ]  # fmt: skip


def test_the_folder_of_another_period_in_its_place_is_found(world):
    closed = world.store.root / "closed"
    aside = closed.parent / "aside"
    (closed / "2026-P01").rename(aside)
    shutil.copytree(closed / "2026-P02", closed / "2026-P01")
    try:
        (fault,) = found(world)
        assert fault.startswith("closed/2026-P01/MANIFEST.csv: is not the one that the ledger's close names")
    finally:
        shutil.rmtree(closed / "2026-P01")
        aside.rename(closed / "2026-P01")


def test_a_whole_old_store_put_back_is_found_against_the_anchor_alone(world):
    old = open_ledger(f"sqlite:///{world.old / 'ledger.db'}")
    assert verify(old, sealed=world.old / "closed").faults == [], "nothing inside can tell"
    assert "an old copy was put in its place" in verify(old, world.closing.anchor, world.old / "closed").faults[0]


def test_an_old_ledger_under_newer_periods_is_found_without_an_anchor(world):
    old = open_ledger(f"sqlite:///{world.old / 'ledger.db'}")
    (fault,) = verify(old, sealed=world.store.root / "closed").faults
    assert fault.startswith("closed/2026-P02: the ledger knows of no such close")


@pytest.mark.parametrize("what", ["edited", "gone", "put in"])
def test_a_statement_that_people_read_is_compared_with_the_sealed_one_and_put_back(world, what):
    folder = world.store.statements / "2026-P01"
    path = next(folder.glob("R1_*.xlsx"))
    whole = path.read_bytes()
    if what == "edited":
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    elif what == "gone":
        path.unlink()
    else:
        path = folder / "R1_2026-P01_r09.xlsx"
        path.write_bytes(whole)
    (fault,) = faults_of_statements(world.store, world.ledger.closings())
    assert fault.startswith(f"statements/2026-P01/{path.name}: ")
    with pytest.raises(AlreadyClosed):
        close_draft(world.store, world.ledger, "2026-P01", CLOSER, today=TODAY)
    assert list(faults_of_statements(world.store, world.ledger.closings())) == []


def test_verify_says_so_and_ends_with_1(world, monkeypatch, capsys):
    from pipelines.command_line import main  # noqa: PLC0415

    monkeypatch.delenv("CREDITDUE_LEDGER", raising=False)
    path = world.store.statements / "2026-P01" / "payroll.csv"
    whole = path.read_bytes()
    path.write_bytes(whole + b"R1,EUR,1000000.00\n")
    with pytest.raises(SystemExit) as ended:
        main(["verify", "--store", str(world.store.root), "--anchor", str(world.closing.anchor)])
    said = capsys.readouterr()
    path.write_bytes(whole)
    assert ended.value.code == 1
    assert "statements/2026-P01/payroll.csv: is not the one that was sealed" in said.err
    assert "`creditdue close 2026-P01` puts it back" in said.err
