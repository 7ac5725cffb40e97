"""A sealed folder is in place exactly if its period is closed, and any change to it is found."""

import pytest

from pipelines.ledger import AlreadyClosed, TransitionRefused, WrongEntry, close_sealed, verify
from pipelines.ledger.seal import finish_sealing, seal_aside
from tests.pipelines.ledger.lives import BOB, DAN, approved, content

FILES = {"facts/orders.parquet": b"orders", "rules/company.yaml": b"company: x", "empty.csv": b""}


@pytest.fixture
def closed(ledger, tmp_path):
    root = tmp_path / "closed"
    closing = close_sealed(ledger, approved(ledger, "10.50"), root, FILES, DAN)
    return ledger, root, closing


def test_a_close_seals_its_files_with_their_hashes(closed):
    ledger, root, closing = closed
    folder = root / "2026-P01"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        *FILES,
        "MANIFEST.csv",
    }
    assert (folder / "facts/orders.parquet").read_bytes() == b"orders"
    manifest = (folder / "MANIFEST.csv").read_text().splitlines()
    assert manifest[0] == "file,sha256,bytes"
    assert manifest[1] == "empty.csv,e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855,0"
    assert (folder / "MANIFEST.csv").stat().st_mode & 0o777 == 0o400
    assert [path.name for path in root.iterdir()] == ["2026-P01"]
    assert ledger.closing_of("2026-P01") == closing
    assert verify(ledger, closing.anchor, root).faults == []


def test_a_file_can_be_copied_in(ledger, tmp_path):
    source = tmp_path / "statement.xlsx"
    source.write_bytes(b"x" * 3_000_000)
    close_sealed(ledger, approved(ledger, "10.50"), tmp_path / "closed", {"statements/E-1.xlsx": source}, DAN)
    assert (tmp_path / "closed/2026-P01/statements/E-1.xlsx").read_bytes() == source.read_bytes()


def test_a_second_closer_leaves_the_winners_folder_and_nothing_of_its_own(closed):
    ledger, root, closing = closed
    for files in (FILES, {"other.txt": b"other"}):
        with pytest.raises(AlreadyClosed) as error:
            close_sealed(ledger, content("10.50"), root, files, BOB)
        assert error.value.closing == closing
    assert [path.name for path in root.iterdir()] == ["2026-P01"]
    assert verify(ledger, closing.anchor, root).is_whole


def test_a_refused_close_leaves_nothing_behind(ledger, tmp_path):
    ledger.calculated(content("1.00"), DAN)
    with pytest.raises(TransitionRefused):
        close_sealed(ledger, content("1.00"), tmp_path / "closed", FILES, DAN)
    assert list((tmp_path / "closed").iterdir()) == []


def test_a_writer_that_died_before_the_rename_is_finished_by_the_next(ledger, tmp_path):
    root, made = tmp_path / "closed", approved(ledger, "10.50")
    sealed = seal_aside(root, "2026-P01", FILES)
    seal_aside(root, "2026-P01", {"loser.txt": b"another closer's"})
    ledger.close(made, sealed.seal, DAN)
    assert verify(ledger, sealed=root).faults == ["closed/2026-P01: the sealed folder is gone"]
    finish_sealing(root, ledger.closings())
    assert verify(ledger, sealed=root).is_whole
    assert [path.name for path in root.iterdir()] == ["2026-P01"]


def _edit(folder, name, data):
    folder.chmod(0o700)
    (folder / name).parent.chmod(0o700)
    if (folder / name).exists():
        (folder / name).chmod(0o600)
    (folder / name).write_bytes(data)


def _delete(folder, name):
    for path in (folder, (folder / name).parent):
        path.chmod(0o700)
    (folder / name).unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda folder: _edit(folder, "facts/orders.parquet", b"orderz"),
            "facts/orders.parquet: the file was changed since",
        ),
        (lambda folder: _edit(folder, "empty.csv", b" "), "empty.csv: the file was changed since"),
        (lambda folder: _delete(folder, "rules/company.yaml"), "rules/company.yaml: the file is gone"),
        (lambda folder: _edit(folder, "new.csv", b""), "new.csv: the file was not there when the period was sealed"),
        (
            lambda folder: _edit(folder, "MANIFEST.csv", b"file,sha256,bytes\n"),
            "MANIFEST.csv: is not the one that the ledger",
        ),
    ],
    ids=["edited", "a blank added", "deleted", "added", "manifest"],
)
def test_any_change_to_a_sealed_folder_is_named(closed, change, said):
    ledger, root, _ = closed
    change(root / "2026-P01")
    (fault,) = verify(ledger, sealed=root).faults
    assert fault.startswith(f"closed/2026-P01/{said}")


def test_a_ledger_older_than_its_folders_is_found_without_an_anchor(closed):
    ledger, root, _ = closed
    (root / "2026-P02").mkdir()
    (fault,) = verify(ledger, sealed=root).faults
    assert fault == "closed/2026-P02: the ledger knows of no such close; an old copy of the ledger was put in its place"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a//b", "a/../b", ".hidden", "", "MANIFEST.csv", "a\0b", "a b"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    with pytest.raises(WrongEntry, match=r"2026-P01: .* cannot be the name of a sealed file"):
        seal_aside(tmp_path, "2026-P01", {name: b""})
    assert list(tmp_path.iterdir()) == []
