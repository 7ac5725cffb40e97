import shutil
from decimal import Decimal
from xml.etree import ElementTree

import openpyxl
import pytest
from click.testing import CliRunner

from pipelines.command_line import main
from tests.pipelines.workbooks.recalculated import SOFFICE, differences, recalculated


@pytest.fixture(scope="module")
def demo(examples):
    return examples / "demo"


@pytest.fixture(scope="module")
def draft(demo, tmp_path_factory):
    """The demo's plans with 14 % above the quota, 1.5 % on existing business, and 6 % in the top tier of small business."""
    folder = tmp_path_factory.mktemp("draft") / "plans"
    shutil.copytree(demo / "plans", folder)
    executive, small = folder / "account_executive.yaml", folder / "small_business_rep.yaml"
    text = executive.read_text().replace('rate: "0.12"', 'rate: "0.14"').replace('rate: "0.02"', 'rate: "0.015"')
    executive.write_text(text)
    small.write_text(small.read_text().replace('rate: "0.05"', 'rate: "0.06"'))
    return folder


@pytest.fixture(scope="module")
def compare(demo):
    def asked(*arguments):
        given = ["compare", *(str(part) for part in arguments)]
        return CliRunner().invoke(main, [*given, "--company", str(demo), "--exports", str(demo / "exports"), "-q"])

    return asked


def _one_line(text):
    return " ".join(text.split())


def test_who_gains_who_loses_and_why(compare, demo, draft):
    done = compare(demo, draft)
    text = _one_line(done.output)
    assert done.exit_code == 0
    assert "EUR 139,295.82 145,805.85 +6,510.03" in text
    assert "EUR: 5 gain, 0 lose, 2 are paid the same." in text
    assert "account_executive existing_business_commission EUR 760.00 570.00 -190.00 curve differs" in text
    assert (
        "R101 Anna Brandt EUR 34,519.94 36,249.94 +1,730.00 new_business_commission +1,920.00 (curve differs);" in text
    )
    assert "EUR 2025-P09 1,332.50 1,282.50 -50.00" in text


def test_existing_business_of_the_executives_loses_a_quarter_of_its_760(compare, demo, draft, tmp_path):
    """760.00 at 2 % is 38,000.00 of revenue, so 570.00 at 1.5 %."""
    book = _book(compare, demo, draft, tmp_path)
    rows = {row[0]: row for row in book["Components"].iter_rows(min_row=5, values_only=True) if row[0]}
    assert [Decimal(str(cell)) for cell in rows["existing_business_commission"][3:6]] == [760, 570, -190]


def _book(compare, base, other, folder):
    assert compare(base, other, "--out", folder).exit_code == 0
    return openpyxl.load_workbook(folder / "comparison.xlsx", data_only=True)


def test_the_workbook_re_adds(compare, demo, draft, tmp_path):
    book = _book(compare, demo, draft, tmp_path)
    assert book.sheetnames == ["Summary", "People", "Components", "Periods", "About"]
    for name, first in (("People", 4), ("Components", 4), ("Periods", 3)):
        rows = list(book[name].iter_rows(min_row=5, values_only=True))
        at = next(number for number, row in enumerate(rows) if str(row[0]).startswith("Total"))
        for column in range(first - 1, first + 2):
            figures = [Decimal(str(row[column])) for row in rows[:at] if row[column] is not None]
            assert sum(figures) == Decimal(str(rows[at][column]))
    assert [cell.value for cell in book["Summary"][8]][5:] == ["✓ re-adds"] * 3


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice (soffice) to compute the formulas a second time")
def test_every_formula_gives_what_the_engine_has(compare, demo, draft, tmp_path):
    _book(compare, demo, draft, tmp_path)
    written = tmp_path / "comparison.xlsx"
    computed, count = recalculated([written], tmp_path)[written]
    found, compared = differences(written, computed)
    assert count == compared > 0
    assert found == []


def test_the_same_plans_and_facts_give_the_same_bytes(compare, demo, draft, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    assert compare(demo, draft, "--out", one).exit_code == compare(demo, draft, "--out", two).exit_code == 0
    for name in ("comparison.xlsx", "comparison.html"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_the_page_is_well_formed(compare, demo, draft, tmp_path):
    assert compare(demo, draft, "--out", tmp_path).exit_code == 0
    text = (tmp_path / "comparison.html").read_text()
    root = ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - our own page
    said = next(root.iter("{http://www.w3.org/2000/svg}desc")).text
    assert "Fiona Keller +2,977.50; Anna Brandt +1,730.00" in said


def test_two_versions_of_a_plan_move_money_between_periods_only(compare):
    """The 600.00 that 15 % instead of 12 % gave Anna in March went back with the return of April."""
    text = _one_line(compare("account_executive@2025.1", "account_executive@2026.1").output)
    assert "In all nobody is paid more or less, but in other periods." in text
    assert "EUR 2026-P03 10,997.50 11,597.50 +600.00" in text
    assert "EUR 2026-P04 3,612.00 3,012.00 -600.00" in text


def test_a_side_compared_with_itself(compare, demo):
    assert "Both sides pay everybody the same." in compare(demo, demo / "plans").output


def test_a_single_file_replaces_the_plan_of_its_name(compare, demo, draft):
    text = _one_line(compare(demo, draft / "small_business_rep.yaml").output)
    assert "EUR 139,295.82 143,115.82 +3,820.00" in text
    assert "account_executive" not in text


@pytest.mark.parametrize(
    ("side", "answer"),
    [
        (
            "nowhere",
            "nowhere: neither a folder nor a file; give a company folder, a folder of plan files, a plan file, or plan@version",
        ),
        ("account_executive@2024", "plan account_executive has no version '2024'; it has 2025.1, 2026.1"),
        ("nobody@1", "no plan 'nobody'; there are account_executive, account_manager, small_business_rep"),
    ],
)
def test_a_side_that_is_nothing_says_what_can_be_given(compare, demo, side, answer):
    done = compare(demo, side)
    assert done.exit_code == 2
    assert answer in _one_line(done.output)


def test_a_folder_without_plans_or_with_a_fault_is_refused(compare, demo, tmp_path):
    assert "no plan files (*.yaml) here" in compare(demo, tmp_path).output
    (tmp_path / "bad.yaml").write_text("plan: x\n")
    done = compare(demo, tmp_path)
    assert done.exit_code == 2
    assert "bad.yaml:1: label: 'label' is missing" in _one_line(done.output)
