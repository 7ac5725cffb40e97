"""``creditdue accounts`` on the demo company: figures, agreements, risks, and what it says where there is nothing."""

import pytest
from click.testing import CliRunner

from pipelines.command_line import main
from tests.conftest import ROOT

DEMO = ROOT / "examples" / "demo"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    out = tmp_path_factory.mktemp("accounts") / "tables"
    made = run("calculate", "--company", str(DEMO), "--exports", str(DEMO / "exports"), "--out", str(out))
    assert made.exit_code == 0, made.output
    return out


def run(*words):
    return CliRunner().invoke(main, list(words))


def accounts(results, *words):
    return run("accounts", *words, "--company", str(DEMO), "--results", str(results))


def test_figures_by_account_add_up_in_a_last_row(results):
    shown = accounts(results).output.split("Agreements")[0]
    assert "2026, 2026-01-01 to the day before 2026-10-27, by account, in EUR" in shown
    cells = {
        line.split()[0]: line.split() for line in shown.splitlines() if line[:1].isdigit() or line.startswith("all ")
    }
    booked = sum(int(cells[account][-10].replace(",", "").replace(".", "")) for account in ("10000", "11000", "12000", "13000"))  # fmt: skip
    assert int(cells["all"][-10].replace(",", "").replace(".", "")) == booked


def test_agreements_and_risks_are_shown_with_their_sentences(results):
    shown = accounts(results).output
    assert "AG-7001" in shown
    assert "'Offer a service contract' of M201 was due on" in shown
    assert "instruments: 25,050.00 EUR of a base of" in shown


def test_by_manager_names_people(results):
    shown = accounts(results, "--by", "manager", "--span", "2026-Q3").output
    assert "2026-Q3, 2026-07-01 to the day before 2026-10-01, by manager" in shown
    assert "M201 Eva Hoffmann" in shown


def test_one_account_is_shown_alone(results):
    shown = accounts(results, "12000", "--by", "family").output
    assert "instruments" in shown
    assert "Pacific Optics" not in shown


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ("15000", "15000 is no key account, nobody looks after it as account manager, or it belongs to a customer above it."),
        ("10010", "10010 is no key account, nobody looks after it as account manager, or it belongs to a customer above it."),
        ("nobody", "nobody is in no export of accounts."),
    ],
)  # fmt: skip
def test_an_account_that_is_not_watched_is_explained(results, account, said):
    made = accounts(results, account)
    assert (made.exit_code, said in made.output) == (1, True), made.output


def test_an_unknown_span_lists_those_there_are(results):
    made = accounts(results, "--span", "2027")
    assert (made.exit_code, "No figures for 2027; there are 2026, 2026-Q1, " in made.output) == (1, True)
