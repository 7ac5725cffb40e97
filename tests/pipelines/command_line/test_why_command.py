"""``creditdue why`` of a line, of a line and a payee, and of an account on a day: answers, refusals, help."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from pipelines.command_line import main


@pytest.fixture(scope="module")
def results(examples, tmp_path_factory):
    demo, folder = examples / "demo", tmp_path_factory.mktemp("why") / "tables"
    arguments = ["calculate", "--company", demo, "--exports", demo / "exports", "--out", folder, "-q"]
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def ask(examples, results):
    def asked(*arguments):
        source = ["--company", str(examples / "demo"), "--results", str(results)]
        done = CliRunner().invoke(main, ["why", *arguments, *source])
        return done.exit_code, " ".join(done.output.replace("│", " ").split())

    return asked


def test_a_payee_is_told_whose_the_line_is(ask):
    code, text = ask("30034-10", "--payee", "R101")
    assert code == 0
    assert text.startswith("Not yours, R101 (Anna Brandt): the retention went to M201 (Eva Hoffmann) (is the account manager)")  # fmt: skip
    assert "account 10010 is looked after by nobody: assigned to 10000 above it only to before 2025-07-01" in text
    assert "What it would have taken: to be assigned to 10010 as account manager on 2026-08-18" in text


def test_a_refused_line_is_nobodys(ask):
    code, text = ask("30954-10", "--payee", "R101")
    assert code == 0
    assert text.startswith("Not yours, R101 (Anna Brandt): order_lines 30954-10 was refused (partial_order)")


def test_an_account_on_a_day_says_who_has_it_and_who_would_get_its_business(ask):
    code, text = ask("--account", "10010", "--on", "2026-03-31")
    assert code == 0
    assert "It belongs to customer 10000 (Hansa Maschinenbau Gruppe)" in text
    assert "Account manager: M201 (Eva Hoffmann), since 2025-07-01, assigned to 10000 above it (crm_account_team.csv:3)" in text  # fmt: skip
    assert "not R101 (Anna Brandt): assigned to 10000 above it only to before 2025-07-01, crm_account_team.csv:2" in text  # fmt: skip
    assert "Existing business of that day would go to M201 (Eva Hoffmann) (the account manager)" in text
    assert "By attribution policy version 2025.1" in text


@pytest.mark.parametrize(
    ("question", "code", "answer"),
    [
        ((), 2, "Ask for an ORDER_LINE, or for --account ACCOUNT --on DATE; one of the two."),
        (("30034-10", "--account", "10010"), 2, "one of the two"),
        (("30034-10", "--on", "2026-03-31"), 2, "--on is the day of --account"),
        (("--account", "10010"), 2, "--account needs a day: --on 2026-03-31."),
        (("--account", "10010", "--on", "31.3.2026"), 2, "--on '31.3.2026' is no day; write it as 2026-03-31."),
        (("--account", "10010", "--on", "2026-03-31", "--payee", "R101"), 2, "--payee belongs to an ORDER_LINE"),
        (("--account", "1001O", "--on", "2026-03-31"), 1, "no account '1001O' came. Near: 10010"),
        (("30034-10", "--payee", "R1O1"), 1, "no payee 'R1O1' came. Near: R101"),
        (("30034-1O",), 1, "no order line '30034-1O' came, neither accepted nor refused. Near: 30034-10"),
        (("G-604",), 1, "'G-604' is a return; ask for the line that it returns: 30502-10"),
    ],
)
def test_a_question_without_an_answer_says_what_to_ask(ask, question, code, answer):
    found, text = ask(*question)
    assert found == code
    assert answer in text


def test_help_shows_an_example_of_each_question():
    text = CliRunner().invoke(main, ["why", "--help"]).output
    assert "creditdue why 30034-10 --payee R101 --company examples/demo" in text
    assert "creditdue why --account 10010 --on 2026-03-31 --company examples/demo" in text


def test_results_are_read_without_loading_what_calculates(examples, results):
    """Loading the calculation takes as long as the answer does."""
    code = (
        "import sys; from click.testing import CliRunner; from pipelines.command_line import main; "
        f"done = CliRunner().invoke(main, ['why', '30034-10', '--company', {str(examples / 'demo')!r}, '--results', {str(results)!r}]); "
        "assert done.exit_code == 0, done.output; "
        "print([name for name in sys.modules if name in ('compensation.calculate', 'pipelines.results', 'pipelines.intake')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
