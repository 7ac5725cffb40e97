"""A company folder is read whole or not at all, and its fingerprint covers what was read."""

import shutil
from pathlib import Path

import pytest

from pipelines.company_folder import load_company
from pipelines.rule_files import RuleFileError

GOOD = """\
company: Example Works
currency: EUR
time_zone: Europe/Berlin
starts: 2025-01-01
fiscal_calendar: {kind: months, year_starts: 1}
refusals: {max_share_of_rows: 2%, max_share_of_money: "0.01"}
attribution:
  - version: "1"
    valid_from: 2025-01-01
    decided_on: 2024-11-01
    entered_by: a
    approved_by: b
    source: Policy 2025
    win_back_months: 18
    new_business_months: 12
"""


@pytest.fixture
def demo(examples, tmp_path):
    """A copy of the example company, without its exports."""
    return shutil.copytree(examples / "demo", tmp_path / "demo", ignore=shutil.ignore_patterns("exports"))


def test_a_company_folder_names_the_faults_of_all_its_files(examples, tmp_path):
    (tmp_path / "company.yaml").write_text(GOOD.replace("currency: EUR", "currency: euro"))
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "a.yaml").write_text("plan: A\n")
    with pytest.raises(RuleFileError) as caught:
        load_company(tmp_path)
    assert "company.yaml:2: currency" in str(caught.value)
    assert "a.yaml:1: label: 'label' is missing" in str(caught.value)


def test_a_company_without_sources_is_told_so(tmp_path):
    (tmp_path / "company.yaml").write_text(GOOD)
    with pytest.raises(
        RuleFileError, match=r"no source files; say how the exports become the contract \(docs/sources.md\)"
    ):
        load_company(tmp_path)


def test_a_plan_in_two_files_is_refused(demo):
    shutil.copy(demo / "plans" / "account_manager.yaml", demo / "plans" / "another.yaml")
    with pytest.raises(RuleFileError, match="plan 'account_manager' is in two files; a plan is one file"):
        load_company(demo)


@pytest.mark.parametrize("name", ["plans/p.yml", "sources/x.yml", "plans/P.YAML", "company.yml"])
def test_a_file_with_another_ending_is_not_passed_over(demo, name):
    (demo / name).write_text("plan: p\n")
    with pytest.raises(RuleFileError) as caught:
        load_company(demo)
    stem = Path(name).stem
    assert str(caught.value) == (
        f"{demo / name}: rule files end in .yaml; rename it to {stem}.yaml, or move it away if it is not to count"
    )


def test_a_company_that_only_ends_otherwise_is_told_so(demo):
    (demo / "company.yaml").rename(demo / "company.yml")
    with pytest.raises(RuleFileError, match=r"rename it to company\.yaml"):
        load_company(demo)


def test_folders_below_sources_are_alternatives_that_do_not_count(demo, examples):
    (demo / "sources" / "won_deals").mkdir()
    (demo / "sources" / "won_deals" / "orders.yaml").write_text("table: no such\n")
    (demo / "sources" / "won_deals" / "old.yml").write_text("table: no such\n")
    (demo / "sources" / "README.md").write_text("What comes from where.\n")
    assert load_company(demo).fingerprint() == load_company(examples / "demo").fingerprint()


@pytest.mark.parametrize("name", ["company.yaml", "sources/orders.yaml", "plans/account_manager.yaml"])
def test_the_fingerprint_follows_every_rule_file(demo, examples, name):
    before = load_company(demo).fingerprint()
    assert before == load_company(examples / "demo").fingerprint()
    (demo / name).write_text((demo / name).read_text() + "# a remark\n")
    assert load_company(demo).fingerprint() != before


def test_the_fingerprint_is_of_the_bytes_that_were_loaded(demo, examples, monkeypatch):
    """Each file is read once, so a file changed while the company is read cannot be hashed as something else."""
    opened = []
    read = Path.read_bytes

    def counted(path):
        opened.append(path)
        raw = read(path)
        path.write_text("changed: since\n")
        return raw

    monkeypatch.setattr(Path, "read_bytes", counted)
    company = load_company(demo)
    assert company.fingerprint() == company.fingerprint()
    monkeypatch.undo()
    assert company.fingerprint() == load_company(examples / "demo").fingerprint()
    assert sorted(opened) == sorted(demo.rglob("*.yaml"))
