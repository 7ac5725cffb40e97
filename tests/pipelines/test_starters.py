"""Starting points: what each brings, and that it ships. What they pay: ``tests/pipelines/starters``."""

import subprocess
import sys
import zipfile

import pytest
from click.testing import CliRunner

from pipelines.command_line import main
from pipelines.command_line.init import STARTERS, starters
from pipelines.company_folder import load_company
from tests.conftest import ROOT

SYSTEMS = ("hubspot", "salesforce", "shopify")


def _init(folder, start):
    return CliRunner().invoke(main, ["init", str(folder), "--from", start])


@pytest.mark.parametrize("start", SYSTEMS)
def test_a_company_made_from_it_has_everything_and_can_be_used(tmp_path, start):
    assert _init(tmp_path / "acme", start).exit_code == 0
    made = sorted(path.relative_to(tmp_path / "acme") for path in (tmp_path / "acme").rglob("*") if path.is_file())
    assert made == sorted(
        path.relative_to(STARTERS / start) for path in (STARTERS / start).rglob("*") if path.is_file()
    )
    done = CliRunner().invoke(main, ["check", "--company", str(tmp_path / "acme")])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("start", SYSTEMS)
def test_its_readme_names_every_file_that_its_sources_read(start):
    readme = (STARTERS / start / "README.md").read_text()
    for source in load_company(STARTERS / start).sources:
        for glob in source.origin.globs().values():
            assert f"`{glob}`" in readme, f"{glob} of {source.table}"


@pytest.mark.parametrize("start", SYSTEMS)
def test_its_plan_pays_a_role_that_titles_lead_to(start):
    folder = load_company(STARTERS / start)
    assert folder.plans
    for plan in folder.plans:
        assert set(plan.for_roles) <= set(folder.company.roles)
        assert plan.currency == folder.company.currency


@pytest.mark.parametrize("start", SYSTEMS)
def test_no_open_end_starts_on_another_day_than_the_company(start):
    folder = load_company(STARTERS / start)
    starts = {str(source.rules()["valid_from"].constant) for source in folder.sources if source.table == "assignments"}
    assert starts <= {str(folder.company.starts)}


def test_one_that_does_not_exist_is_refused_with_those_that_do(tmp_path):
    done = _init(tmp_path / "acme", "netsuite")
    assert done.exit_code == 2
    assert all(start in done.output for start in (*SYSTEMS, "blank"))
    assert not (tmp_path / "acme").exists()


def test_every_file_of_every_starting_point_is_in_the_wheel(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    shipped = set(zipfile.ZipFile(wheel).namelist())
    files = [path for start in starters() for path in (STARTERS / start).rglob("*") if path.is_file()]
    assert len(files) > len(starters())
    assert {path.relative_to(ROOT).as_posix() for path in files} <= shipped
