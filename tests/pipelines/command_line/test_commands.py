import json
import shutil

import click
import pytest
import yaml
from click.testing import CliRunner

from pipelines.command_line import COMMANDS, main
from pipelines.command_line.init import starters


def _ask(*arguments):
    return CliRunner().invoke(main, [str(part) for part in arguments])


def _one_line(text):
    return " ".join(text.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name):
    done = _ask(name, "--help")
    assert done.exit_code == 0
    lines = [line.strip() for line in done.output.split("Example:\n")[1].splitlines()]
    shown = [line for line in lines if line.startswith("creditdue ")]
    assert shown
    for line in shown:
        assert line.startswith(f"creditdue {name}"), "an example is a line of its own"
        assert line.count("creditdue") == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_can_be_copied_as_it_is_shown(name):
    """Every option of it is one that the command has."""
    command = main.get_command(click.Context(main), name)
    own = [command, *getattr(command, "commands", {}).values()]
    known = {option for each in own for parameter in each.params for option in parameter.opts}
    lines = [line.strip() for line in command.help.splitlines()]
    options = {word for line in lines if line.startswith("creditdue ") for word in line.split() if word[:2] == "--"}
    assert options <= known
    printed = [line.strip() for line in _ask(name, "--help").output.splitlines()]
    assert [line for line in printed if line.startswith("creditdue ")] == [
        line for line in lines if line.startswith("creditdue ")
    ], "help folds no example"


def test_help_lists_the_commands_and_what_exit_codes_mean():
    text = _ask("--help").output
    assert all(name in text for name in COMMANDS)
    assert "Exit codes" in text


def test_an_unknown_command_is_refused():
    assert _ask("pay-everyone").exit_code == 2


def test_check_tells_what_came_and_why_rows_were_refused(examples):
    done = _ask("check", "--company", examples / "demo", "--exports", examples / "demo" / "exports")
    assert done.exit_code == 0, done.output
    text = _one_line(done.output)
    assert "sources and 3 plans can be used" in text
    assert "erp_positions_2026.csv:138 amount_ambiguous: '1,234' can be read in more than one way" in text
    assert "Refused, by reason" in text


def test_check_without_exports_reads_the_rule_files_only(examples):
    done = _ask("check", "--company", examples / "demo")
    assert done.exit_code == 0
    assert "What came" not in done.output


def test_a_fault_in_a_rule_file_is_named_with_file_and_line(examples, tmp_path):
    shutil.copytree(examples / "demo", tmp_path / "demo", ignore=shutil.ignore_patterns("exports"))
    plan = tmp_path / "demo" / "plans" / "account_executive.yaml"
    text = plan.read_text()
    plan.write_text(text.replace("window: quarter", "window: fortnight", 1))
    line = text[: text.index("window: quarter")].count("\n") + 1
    done = _ask("check", "--company", tmp_path / "demo")
    assert done.exit_code == 2
    assert f"account_executive.yaml:{line}: " in done.output
    assert "fortnight" in done.output


def test_check_stops_with_one_when_too_much_is_refused_and_still_shows_why(examples, tmp_path):
    exports = tmp_path / "exports"
    shutil.copytree(examples / "demo" / "exports", exports)
    positions = exports / "erp_positions_2026.csv"
    positions.write_text(positions.read_text().replace(".00,", ".00x,"))
    done = _ask("check", "--company", examples / "demo", "--exports", exports)
    assert done.exit_code == 1
    assert "erp_positions_2026.csv" in done.output
    assert "Refused, by reason" in done.output


def test_the_report_keeps_a_spreadsheet_from_running_what_came(examples, tmp_path):
    exports = tmp_path / "exports"
    shutil.copytree(examples / "demo" / "exports", exports)
    orders = exports / "erp_orders_2026.csv"
    header, first, *rest = orders.read_text().splitlines()
    cells = first.split(",")
    cells[header.split(",").index(_currency_column(examples))] = "=HYPERLINK(1)"
    orders.write_text("\n".join([header, ",".join(cells), *rest]) + "\n")
    report = tmp_path / "refused.csv"
    done = _ask("check", "--company", examples / "demo", "--exports", exports, "--report", report)
    assert report.is_file(), done.output
    assert "'=HYPERLINK(1)" in report.read_text()
    assert ",=HYPERLINK" not in report.read_text()


def _currency_column(examples):
    source = yaml.safe_load((examples / "demo" / "sources" / "orders.yaml").read_text())
    column = source["columns"]["currency"]
    return column if isinstance(column, str) else column["column"]


@pytest.mark.parametrize("start", starters())
def test_init_makes_a_company_that_can_be_used(tmp_path, start):
    done = _ask("init", tmp_path / "acme", "--from", start)
    assert done.exit_code == 0, done.output
    assert _ask("check", "--company", tmp_path / "acme").exit_code == 0


def test_init_copies_an_example_but_not_its_exports(examples, tmp_path):
    assert _ask("init", tmp_path / "trial", "--from", examples / "demo").exit_code == 0
    assert (tmp_path / "trial" / "company.yaml").is_file()
    assert not (tmp_path / "trial" / "exports").exists()


def test_init_never_overwrites_a_company(examples):
    done = _ask("init", examples / "demo")
    assert done.exit_code == 2
    assert "already holds a company" in done.output


def test_init_from_nowhere_lists_what_there_is(tmp_path):
    done = _ask("init", tmp_path / "acme", "--from", "nowhere")
    assert done.exit_code == 2
    assert "blank" in done.output


def test_schemas_are_written_for_editors(tmp_path):
    assert _ask("schemas", "--out", tmp_path).exit_code == 0
    for name in ("company", "source", "plan"):
        schema = json.loads((tmp_path / f"{name}.json").read_text())
        assert schema["type"] == "object"
        assert schema["properties"]


@pytest.mark.parametrize("day", ["31.10.2026", "20261031", "2026-W44-6", "2026-02-30", "2026-10-31T00:00"])
def test_run_refuses_a_date_that_is_none(examples, tmp_path, day):
    demo = examples / "demo"
    done = _ask("run", "--company", demo, "--exports", demo / "exports", "--store", tmp_path / "s", "--as-of", day)
    assert done.exit_code == 2
    assert "write 2026-10-31" in done.output


def test_run_refuses_a_period_that_is_none(examples, tmp_path):
    demo = examples / "demo"
    done = _ask("run", "--company", demo, "--exports", demo / "exports", "--store", tmp_path / "s", "--period", "March")
    assert done.exit_code == 2
    assert "March" in done.output


def test_a_switch_that_turns_checks_off_stops_a_run(examples, tmp_path, monkeypatch):
    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    demo = examples / "demo"
    done = _ask("run", "--company", demo, "--exports", demo / "exports", "--store", tmp_path / "s")
    assert done.exit_code == 2
    assert "PANDERA_VALIDATION_ENABLED" in done.output
