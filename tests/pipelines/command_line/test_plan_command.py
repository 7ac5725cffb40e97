import shutil
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from pipelines.command_line import main


def _ask(*arguments):
    return CliRunner().invoke(main, ["plan", *(str(part) for part in arguments)])


def _one_line(text):
    return " ".join(text.split())


def _parsed(text):
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - our own page


@pytest.fixture
def executive(examples):
    return examples / "demo" / "plans" / "account_executive.yaml"


@pytest.mark.parametrize("name", ["check", "show"])
def test_each_says_how_it_is_used(name):
    done = _ask(name, "--help")
    assert done.exit_code == 0
    assert f"creditdue plan {name} " in done.output


def test_a_good_company_is_good(examples):
    demo = examples / "demo"
    done = _ask("check", "--company", demo, "--exports", demo / "exports")
    assert done.exit_code == 0
    assert "3 plans can be used, and nothing catches the eye." in done.output


def test_faults_come_with_file_and_line_all_of_them_and_end_with_2(executive, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        executive.read_text().replace('rate: "0.02"', 'rate: "2"').replace("window: quarter", "window: week")
    )
    other = tmp_path / "other.yaml"
    other.write_text("plan: x\nplan: y\n")
    done = _ask("check", bad, other)
    assert done.exit_code == 2
    text = _one_line(done.output)
    assert f"{bad}:16: versions.0.components.0.window" in text
    assert "write 0.02 or 2%" in text
    assert f"{other}:2: 'plan' is given twice in the same place; keep one" in text


def test_what_is_worth_a_look_comes_with_its_line_and_ends_with_0(executive, tmp_path):
    odd = tmp_path / "odd.yaml"
    odd.write_text(executive.read_text().replace("decided_on: 2025-12-08", "decided_on: 2026-02-08"))
    done = _ask("check", odd)
    line = odd.read_text().splitlines().index("    decided_on: 2026-02-08") + 1
    assert done.exit_code == 0
    assert f"{odd}:{line}: version 2026.1 holds from 2026-01-01 and was decided after that" in done.output
    assert "1 plan can be used; worth a look: 1." in done.output


def test_a_quota_that_nobody_has_is_said_where_the_exports_are_read(examples, tmp_path):
    demo = tmp_path / "demo"
    shutil.copytree(examples / "demo", demo, ignore=shutil.ignore_patterns("store", "dagster"))
    plan = demo / "plans" / "account_executive.yaml"
    plan.write_text(plan.read_text().replace("quota: {measure: new_business}", "quota: {measure: new_logos}"))
    done = _ask("check", "--company", demo, "--exports", demo / "exports")
    assert "nobody has a row in quotas with measure 'new_logos'; add them, or use one of: new_business" in _one_line(
        done.output
    )


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["check"], "Say what to check: plan files, or --company FOLDER"),
        (["check", "x.yaml", "--exports", "."], "--exports needs --company"),
        (["check", "nowhere.yaml"], "nowhere.yaml: no such file"),
        (["show", "nowhere.yaml"], "nowhere.yaml: no such file"),
    ],
)
def test_wrong_use_says_what_is_right(arguments, answer):
    done = _ask(*arguments)
    assert done.exit_code == 2
    assert answer in _one_line(done.output)


def test_a_plan_is_shown_in_words_and_figures(executive):
    done = _ask("show", executive, "--on", "2026-03-31", "--quota", "100000")
    text = _one_line(done.output)
    assert done.exit_code == 0
    assert "Version 2026.1, from 2026-01-01 on" in text
    assert "12 % from 100 % to 150 % of the new business quota" in text
    assert "150 % 150,000.00 14,000.00 9.33 %" in text
    assert "200 % 200,000.00 21,500.00 10.75 %" in text
    assert "⠤" in done.output


def test_the_version_of_a_day_is_shown(executive):
    assert "Version 2025.1, from 2025-01-01 until 2026-01-01 (excluded)" in _one_line(
        _ask("show", executive, "--on", "2025-12-31").output
    )
    done = _ask("show", executive, "--on", "2024-12-31")
    assert done.exit_code == 2
    assert "plan account_executive has no version on 2024-12-31; its versions: 2025.1 from 2025-01-01" in _one_line(
        done.output
    )


@pytest.mark.parametrize(
    ("option", "value", "answer"),
    [
        ("--quota", "1e5", "write a plain decimal number"),
        ("--quota", "0", "must be above 0"),
        ("--out", "page.pdf", "ends in none of .md, .html, .svg"),
    ],
)
def test_an_option_that_cannot_be_used_says_why(executive, option, value, answer):
    done = _ask("show", executive, option, value)
    assert done.exit_code == 2
    assert answer in _one_line(done.output)


@pytest.mark.parametrize("company", ["demo", "gallery", "standard_case"])
def test_every_plan_gives_a_well_formed_page_that_needs_nothing_beside_it(examples, company, tmp_path):
    for plan in sorted((examples / company / "plans").glob("*.yaml")):
        page = tmp_path / "page.html"
        assert _ask("show", plan, "--out", page).exit_code == 0
        text = page.read_text()
        _parsed(text)
        assert "<script" not in text
        assert 'src="' not in text


def test_the_picture_describes_itself_and_is_the_same_every_time(executive, tmp_path):
    one, two = tmp_path / "one.svg", tmp_path / "two.svg"
    assert _ask("show", executive, "--out", one).exit_code == _ask("show", executive, "--out", two).exit_code == 0
    assert one.read_bytes() == two.read_bytes()
    root = _parsed(one.read_text())
    space = "{http://www.w3.org/2000/svg}"
    assert [each.text for each in root.iter(f"{space}title")][1] == "Commission on new business: what it pays"
    assert "Attainment 200 %, Position 200,000.00, Pays EUR 21,500.00" in next(root.iter(f"{space}desc")).text


def test_markdown_has_the_same_figures(executive, tmp_path):
    page = tmp_path / "new" / "page.md"
    assert _ask("show", executive, "--out", page).exit_code == 0
    assert "| 150 % | 150,000.00 | 14,000.00 | 9.33 % |" in page.read_text()


def test_a_plan_without_curves_has_no_picture(examples, tmp_path):
    done = _ask("show", examples / "gallery" / "plans" / "coordinator_pool.yaml", "--out", tmp_path / "curve.svg")
    assert done.exit_code == 2
    assert "no curve to draw" in done.output
