"""Any statement that was issued is made again byte for byte, whatever has changed since; and what it would say today."""

import io
import shutil
import zipfile

import pytest
from click.testing import CliRunner

from pipelines.as_of.compare_files import first_difference
from pipelines.command_line import main
from pipelines.run import run_nightly
from tests.pipelines.closing.closing_world import QUOTA, TODAY, World

FIRST = {"O1": ("2026-01-10", "90000.00"), "O2": ("2026-01-12", "20000.00")}
FIXED = {"O1": ("2026-01-10", "100000.00"), "O2": ("2026-01-12", "20000.00"), "O3": ("2026-02-03", "700.00")}


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    monkeypatch.delenv("CREDITDUE_LEDGER", raising=False)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """January is closed; then an order is corrected, and February closes and posts the difference."""
    world = World(tmp_path_factory.mktemp("as_of"), QUOTA)
    world.export(FIRST)
    world.close("2026-P01")
    world.export(FIXED)
    world.close("2026-P02")
    return world


def ask(world, period, payee, *more):
    """``(exit code, what it printed on one line)``."""
    done = CliRunner().invoke(main, ["as-of", period, payee, "--store", str(world.store.root), *map(str, more)])
    return done.exit_code, " ".join(done.output.split())


def today(world):
    return "--company", world.company, "--exports", world.exports


def test_the_statement_of_a_closed_period_is_made_again_byte_for_byte_whatever_came_since(world, tmp_path):
    target = tmp_path / "again.xlsx"
    code, said = ask(world, "2026-P01", "R1", "--out", target)
    assert code == 0, said
    assert "Made again from the close of 2026-P01 by d.hahn" in said
    assert "Identical: " in said
    (issued,) = (world.store.root / "closed" / "2026-P01" / "statements").glob("R1_2026-P01_r*.xlsx")
    assert target.read_bytes() == issued.read_bytes()
    code, said = ask(world, "2026-P02", "R1")
    assert code == 0, said
    assert "Identical: " in said, "with the corrections and the opening balance of the ledger as it was"


def test_every_statement_of_a_period_is_made_again_at_once(world):
    done = CliRunner().invoke(main, ["as-of", "2026-P01", "--store", str(world.store.root)])
    said = " ".join(done.output.split())
    assert done.exit_code == 0, said
    assert "Statements of 2026-P01 made again (2)" in said
    assert "2 of 2 are identical to the byte." in said
    wrong = CliRunner().invoke(main, ["as-of", "2026-P01", "--store", str(world.store.root), "--out", "a.xlsx"])
    assert "--out and --exports are for one statement: name its payee after the period." in wrong.output


def test_what_it_would_say_today_stands_beside_it_with_the_cause(world):
    code, said = ask(world, "2026-P01", "R1", *today(world))
    assert code == 0, said
    assert "R1 in 2026-P01, then and today" in said
    cause = "amount 90,000.00 → 100,000.00 (order_lines.csv:2)"
    assert f"O1-1 commission EUR 4,500.00 5,000.00 {cause}" in said
    assert (
        "credits before it changed because of order O1: its position starts at 100,000.00 instead of 90,000.00" in said
    )
    assert "Every line earns what it earned then." in ask(world, "2026-P02", "R1", *today(world))[1]


def test_a_rule_that_was_rewritten_since_changes_nothing_of_then_and_is_the_cause_of_today(world, tmp_path):
    company = tmp_path / "company"
    shutil.copytree(world.company, company)
    plan = company / "plans" / "sales.yaml"
    plan.write_text(plan.read_text().replace("rate: 5%", "rate: 4%"))
    code, said = ask(world, "2026-P01", "R1", "--company", company, "--exports", world.exports)
    assert code == 0, said
    assert "Identical: " in said
    assert "plan version commission.curve.tiers 1.rate 0.05 → 0.04" in said


def test_a_file_that_is_not_what_was_computed_is_told_with_its_first_cell(world, tmp_path):
    root = tmp_path / "store"
    shutil.copytree(world.store.root, root)
    (path,) = (root / "closed" / "2026-P01" / "statements").glob("R1_2026-P01_r*.xlsx")
    path.parent.chmod(0o700)
    path.chmod(0o600)
    packed = path.read_bytes()
    path.write_bytes(_edited(packed, b"Seller R1", b"Seller R9"))
    done = CliRunner().invoke(main, ["as-of", "2026-P01", "R1", "--store", str(root)])
    said = " ".join(done.output.split())
    assert done.exit_code == 1
    assert "Not identical. First difference: sheet Statement, cell " in said
    assert "rebuilt 'Seller R1" in said
    assert "It was issued by this very program: `creditdue verify` says whether a file was changed." in said


def _edited(packed, old, new):
    """The workbook with a text changed in each of its parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(made, "w") as target:
        for info in source.infolist():
            target.writestr(info, source.read(info).replace(old, new))
    return made.getvalue()


def test_who_got_no_statement_and_what_was_never_issued_are_said(world):
    code, said = ask(world, "2026-P01", "R9")
    assert code != 0
    assert "no statement of 2026-P01 was issued to 'R9'. There are those of R1" in said
    assert "no statement of 2026-P09 was issued here" in ask(world, "2026-P09", "R1")[1]
    assert (
        "--exports says what came today, and needs --company"
        in ask(world, "2026-P01", "R1", "--exports", world.exports)[1]
    )


def test_the_same_bytes_have_no_difference_and_other_ones_name_their_part():
    def packed(text, name="xl/a.xml"):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr(name, text)
        return made.getvalue()

    assert first_difference(packed("a"), packed("a")) is None
    assert first_difference(b"no zip", packed("a")).startswith(
        "the issued file is no workbook that can be read (6 bytes"
    )


@pytest.mark.slow
def test_a_statement_of_an_open_period_is_made_again_from_the_calculation_of_its_night(tmp_path):
    world = World(tmp_path, QUOTA)
    world.export(FIRST)
    for orders in (FIRST, FIXED):
        world.export(orders)
        assert run_nightly(world.company, world.exports, world.store.root, as_of=TODAY).is_good
        code, said = ask(world, "2026-P01", "R1")
        assert code == 0, said
        assert "Made again from calculation " in said
        assert "Identical: " in said
    plan = world.company / "plans" / "sales.yaml"
    plan.write_text(plan.read_text().replace("rate: 5%", "rate: 4%"))
    assert "Identical: " in ask(world, "2026-P01", "R1")[1], "the night kept its rules"
    shutil.rmtree(world.store.root / "rules")
    code, said = ask(world, "2026-P01", "R1")
    assert code == 1
    assert "are not kept in" in said


@pytest.mark.slow
def test_a_night_without_a_ledger_states_what_is_earned_and_is_made_again_too(tmp_path):
    world = World(tmp_path, QUOTA)
    for path in world.store.root.glob("ledger.db*"):
        path.unlink()
    world.export(FIRST)
    assert run_nightly(world.company, world.exports, world.store.root, as_of=TODAY).is_good
    code, said = ask(world, "2026-P01", "R1")
    assert code == 0, said
    assert "Identical: " in said
