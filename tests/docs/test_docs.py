"""The pages are true: links lead somewhere, commands exist, YAML loads, examples are what the tests prove."""

import importlib.util
import re
import shlex
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
import yaml
from click.testing import CliRunner

from compensation.calendar import fiscal_periods
from pipelines.command_line import COMMANDS, main
from pipelines.rule_files import load_rule_file, read_strict_yaml
from schemas.contract import CONTRACT
from schemas.rules.accounts import AccountWatch
from schemas.rules.attribution import AttributionPolicy, HandOver
from schemas.rules.company import Company
from schemas.rules.plan import Plan
from schemas.rules.source import Source

ROOT = Path(__file__).parent.parent.parent
NOT_OURS = {".venv", ".venv-bench", ".git", "out", ".pytest_cache", "node_modules"}
PAGES = sorted(path for path in ROOT.rglob("*.md") if not NOT_OURS & set(path.relative_to(ROOT).parts))
DOCS = sorted((ROOT / "docs").rglob("*.md"))
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def _name(path):
    return str(path.relative_to(ROOT))


def _prose(path):
    """The page without its code, in which nothing is a link."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", path.read_text(encoding="utf-8")))


# Links


def _anchors(path):
    """What each heading of a page can be linked as."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page):
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = unquote(target).partition("#")
        found = (page.parent / file).resolve() if file else page
        if not found.exists():
            lost.append(f"{target}: no such file")
        elif anchor and found.suffix == ".md" and anchor not in _anchors(found):
            lost.append(f"{target}: no such heading")
    assert not lost, f"{_name(page)} links to what is not there; correct the link or write the page: {lost}"


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    missing = [
        path.name for path in (ROOT / "docs").glob("*.md") if path.name != "README.md" and f"({path.name})" not in index
    ]
    assert not missing, f"add to docs/README.md: {missing}"


def test_every_decision_is_in_the_index_and_numbered_without_a_gap():
    decisions = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        heading = path.read_text(encoding="utf-8").splitlines()[0]
        title = re.sub(r"^# 0*\d+[.:] ", "", heading)
        row = f"| [{path.name[:4]}]({path.name}) | {title} |"
        assert row in index, f"docs/adr/README.md needs the row {row}"


# Commands


def _commands(text):
    """Every `creditdue …` that a text prints, in code blocks, indented lines and inline code."""
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = re.findall(r"^\s*(?:\$ )?(?:\.venv/bin/)?(creditdue [^\n]+)$", joined, re.MULTILINE)
    inline = re.findall(r"`(?:\.venv/bin/)?(creditdue [^`\n]+)`", joined)
    return [re.split(r"\s#\s|\s\|\s|\s>\s|&&", command)[0].strip() for command in (*lines, *inline)]


def _require_real(command):
    words = [word for word in shlex.split(command)[1:] if word not in ("…", "...")]
    if words[0].startswith("-"):
        main.make_parser(click.Context(main)).parse_args(words)
        return
    assert words[0] in COMMANDS, f"there is no command {words[0]!r}; there are {', '.join(COMMANDS)}"
    found, rest = main.get_command(click.Context(main), words[0]), words[1:]
    if isinstance(found, click.Group) and rest and not rest[0].startswith("-"):
        inside = found.get_command(click.Context(found), rest[0])
        assert inside, f"there is no command {words[0]} {rest[0]!r}; there are {', '.join(found.commands)}"
        found, rest = inside, rest[1:]
    _, left, _ = found.make_parser(click.Context(found, **found.context_settings)).parse_args(rest)
    assert not left, f"creditdue {words[0]} takes no {left}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_printed_exists_with_its_options(page):
    for command in _commands(page.read_text(encoding="utf-8")):
        try:
            _require_real(command)
        except (click.UsageError, AssertionError, ValueError) as error:
            pytest.fail(f"{_name(page)} prints `{command}`: {error}")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_that_exists(name):
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    command = main.get_command(click.Context(main), name)
    examples = _commands(command.help or "")
    assert examples, f"creditdue {name} --help shows no example"
    for example in examples:
        _require_real(example)


def test_a_command_that_does_not_exist_is_noticed():
    with pytest.raises(AssertionError, match="no command 'pay'"):
        _require_real("creditdue pay R101")
    with pytest.raises(click.NoSuchOption):
        _require_real("creditdue check --compny examples/demo")
    with pytest.raises(AssertionError, match="no command plan 'draw'"):
        _require_real("creditdue plan draw examples/demo/plans/account_executive.yaml")
    with pytest.raises(AssertionError, match="takes no"):
        _require_real("creditdue why 1 2")


# Running what the quickstart prints


@pytest.fixture(scope="module")
def first_company(tmp_path_factory):
    """The folder that the quickstart has its reader make: the exports as printed."""
    folder = tmp_path_factory.mktemp("quickstart")
    (folder / "exports").mkdir()
    page = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    for name, content in re.findall(r"^`(\w+\.csv)`\n\n```csv\n(.*?)```", page, re.MULTILINE | re.DOTALL):
        (folder / "exports" / name).write_text(content)
    assert len(list((folder / "exports").iterdir())) == 5
    return folder


def _run(folder, line):
    """Run a printed command inside a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return CliRunner().invoke(main, shlex.split(line)[1:])


def _printed_after(line):
    """The code block that a page prints after a command."""
    page = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    return re.search(r"```\n(.*?)```", page.split(line, 1)[1], re.DOTALL).group(1).splitlines()


def test_the_quickstart_says_what_happens(first_company):
    made = _run(first_company, "creditdue init companies/acme")
    assert made.exit_code == 0, made.output

    check = "creditdue check --company companies/acme --exports exports"
    refused = _run(first_company, check)
    assert refused.exit_code == 1
    for line in _printed_after(check):
        assert line in refused.output

    lines = first_company / "exports" / "order_lines.csv"
    lines.write_text(lines.read_text().replace("P9", "P1"))
    assert _run(first_company, check).exit_code == 0
    computed = _run(first_company, "creditdue calculate --company companies/acme --exports exports --out out/tables")
    assert computed.exit_code == 0, computed.output

    explain = "creditdue explain R1 2026-P03 --company companies/acme --results out/tables"
    explained = _run(first_company, explain)
    for line in _printed_after(explain):
        assert line in explained.output


def test_the_demo_explains_itself_as_the_quickstart_prints(tmp_path):
    computed = _run(
        ROOT, f"creditdue calculate --company examples/demo --exports examples/demo/exports --out {tmp_path}"
    )
    assert computed.exit_code == 0, computed.output
    printed = "creditdue explain R101 2026-P03 --company examples/demo --results out/demo-tables"
    explained = _run(ROOT, printed.replace("out/demo-tables", str(tmp_path)))
    for line in _printed_after(printed):
        assert line in explained.output


# YAML

A_COMPANY = """company: Example
currency: EUR
time_zone: Europe/Berlin
starts: 2026-01-01
fiscal_calendar: {kind: months}
attribution:
  - {version: "1", valid_from: 2026-01-01, decided_on: 2025-12-01, entered_by: a, approved_by: b, source: s, win_back_months: 18, new_business_months: 12}
"""


def _yaml_examples():
    for page in DOCS:
        for number, (_, kind, text) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")), start=1):
            if kind == "yaml":
                yield pytest.param(text, id=f"{page.name}-{number}")


def _read(text, folder):
    """A text as rule files are read: every scalar is text."""
    (folder / "text.yaml").write_text(text, encoding="utf-8")
    return read_strict_yaml(folder / "text.yaml")[0]


def _company_with(fragment, folder):
    """A small company with the keys that a fragment gives in place of its own."""
    return {**_read(A_COMPANY, folder), **_read(fragment, folder)}


def _model_of(given):
    if "plan" in given and "versions" in given:
        return Plan
    if "table" in given and ("columns" in given or "from" in given):
        return Source
    return Company if "company" in given and "attribution" in given else None


@pytest.mark.parametrize("text", list(_yaml_examples()))
def test_yaml_examples_load(text, tmp_path):
    if text.startswith("# company.yaml"):
        Company.model_validate(_company_with(text, tmp_path))
        return
    for part in re.split(r"^---$", text, flags=re.MULTILINE):
        given = _read(part, tmp_path)
        model = _model_of(given) if isinstance(given, dict) else None
        if model is not None:
            load_rule_file(tmp_path / "text.yaml", model)


# Pages made from the code, and pages held to it


def _maker():
    spec = importlib.util.spec_from_file_location("make_contract", ROOT / "docs" / "make_contract.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["contract.md", "results.md"])
def test_generated_pages_are_current(page):
    maker = _maker()
    made = {"contract.md": maker.contract_page, "results.md": maker.results_page}[page]()
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == made, "run python docs/make_contract.py"


def test_tables_called_unused_are_those_that_no_rule_reads():
    rules = [path for path in (ROOT / "compensation").rglob("*.py") if path.name != "findings.py"]
    code = "\n".join(path.read_text() for path in rules)
    unread = {name for name in CONTRACT if f'"{name}"' not in code}
    assert set(_maker().NOT_USED_YET) == unread, "docs/make_contract.py: bring NOT_USED_YET up to date, then run it"


EXPLAINED = [
    ("attribution.md", AttributionPolicy),
    ("company.md", Company),
    ("attribution/hand_over.md", HandOver),
    ("accounts.md", AccountWatch),
]


@pytest.mark.parametrize(("page", "model"), EXPLAINED)
def test_every_key_is_explained(page, model):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    missing = [key for key in model.model_fields if not re.search(rf"^\|[^|]*`{key}`", text, re.MULTILINE)]
    assert not missing, f"docs/{page} does not explain {missing}"


CASES = [
    case
    for path in sorted((ROOT / "tests" / "compensation" / "attribution").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
ATTRIBUTION_PAGES = [ROOT / "docs" / "attribution.md", *sorted((ROOT / "docs" / "attribution").glob("*.md"))]


def test_attribution_prints_the_credits_that_its_cases_prove():
    page = "\n".join(path.read_text(encoding="utf-8") for path in ATTRIBUTION_PAGES)
    known = {case["name"]: case for case in CASES}
    printed = re.findall(r"^> \*(.+?)\.\*\n(?:> .*\n)?\n\|.*\n\|.*\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert len(printed) >= 20
    for name, rows in printed:
        assert name in known, f"docs/attribution.md shows a case that is not there any more: {name}"
        assert rows.splitlines() == [_printed_credit(known[name], credit) for credit in known[name]["credits"]], name


def _printed_credit(case, credit):
    what, motion, sub_motion, payee, amount, rule = credit
    days = {one["id"]: one["date"] for one in (*case["orders"], *case.get("returns", []))}
    day = days[what] if what in days else days[what.rsplit("-", 1)[0]]
    return f"| {what} | {day} | {motion}, {sub_motion} | {payee} | {amount} | `{rule}` |"


def test_the_weeks_of_the_calendar_are_as_printed(tmp_path):
    page = (ROOT / "docs" / "company.md").read_text(encoding="utf-8")
    example = next(text for _, _, text in FENCE.findall(page) if "kind: 4-4-5" in text)
    company = Company.model_validate(_company_with(example, tmp_path))
    periods = fiscal_periods(company.fiscal_calendar, date(2026, 6, 1), date(2028, 6, 1))
    known = {
        period: f"| {period} | {start} | {end - timedelta(days=1)} | {(end - start).days} |"
        for period, start, end in periods.select("fiscal_period", "period_start", "period_end").rows()
    }
    printed = re.findall(r"^\| (\d{4}-P\d\d) \|.*$", page, re.MULTILINE)
    assert len(printed) == 6
    for period in printed:
        assert known[period] in page, f"docs/company.md: the row of {period} should be {known[period]}"
