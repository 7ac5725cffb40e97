"""Tests that read the code: what must hold of every file, with the fix in the failure."""

import ast
import re
from pathlib import Path

import pytest

from pipelines.wanted import RESULT_TABLES
from schemas.core import RESULTS, SETTLEMENT_RESULTS

ROOT = Path(__file__).parent.parent.parent
RINGS = {"schemas": (), "compensation": ("schemas",), "pipelines": ("schemas", "compensation")}
FORBIDDEN_INSIDE = ("dagster", "os", "pathlib", "time", "io", "deltalake", "openpyxl", "yaml", "requests")
LONGEST_FUNCTION, LONGEST_FILE = 50, 400


def _files(*packages):
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def _tree(path):
    return ast.parse(path.read_text())


def _where(path, node):
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def _imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module


@pytest.mark.parametrize("package", RINGS)
def test_imports_run_one_way(package):
    own = set(RINGS)
    wrong = [
        f"{_where(path, node)} imports {name}"
        for path in _files(package)
        for node, name in _imports(_tree(path))
        if name.split(".")[0] in own - {package, *RINGS[package]}
    ]
    assert not wrong, f"arrows run pipelines → compensation → schemas; move the code or pass the value in: {wrong}"


def test_the_calculation_opens_no_file_and_knows_no_dagster():
    wrong = [
        f"{_where(path, node)} imports {name}"
        for path in _files("compensation", "schemas")
        for node, name in _imports(_tree(path))
        if name.split(".")[0] in FORBIDDEN_INSIDE
    ]
    assert not wrong, f"compensation/ takes frames and rule data and gives frames; do this in pipelines/: {wrong}"


def test_the_calculation_reads_no_clock():
    clock = re.compile(r"\b(date\.today|datetime\.now|datetime\.utcnow|time\.time|perf_counter)\b")
    wrong = [
        f"{path.relative_to(ROOT)}: {clock.search(path.read_text()).group()}"
        for path in _files("compensation")
        if clock.search(path.read_text())
    ]
    assert not wrong, f"today's date is an argument: {wrong}"


def test_the_calculation_holds_no_float():
    wrong = []
    for path in _files("compensation"):
        for node in ast.walk(_tree(path)):
            is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            is_name = isinstance(node, ast.Name) and node.id == "float"
            is_dtype = isinstance(node, ast.Attribute) and node.attr in (
                "Float32",
                "Float64",
                "mean",
                "median",
                "quantile",
            )
            if is_literal or is_name or is_dtype:
                wrong.append(_where(path, node))
    assert not wrong, f"money and rates are exact: use Decimal or whole minor units: {wrong}"


def test_only_money_rounds():
    wrong = []
    for path in _files("compensation"):
        for node in ast.walk(_tree(path)):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("round", "map_elements", "map_rows", "iter_rows")
                and path.name != "money.py"
            ):
                wrong.append(f"{_where(path, node)} .{node.attr}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round":
                wrong.append(f"{_where(path, node)} round()")
    assert not wrong, f"round with compensation.money, where one rule rounds half away from zero: {wrong}"


def _public(tree):
    """Functions and classes that others call, with the methods of public classes; a pandera Config says nothing new."""
    for node in tree.body:
        if (
            isinstance(node, (ast.FunctionDef, ast.ClassDef))
            and not node.name.startswith("_")
            and node.name != "Config"
        ):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def test_public_names_have_docstrings():
    missing = [
        _where(path, node)
        for path in _files(*RINGS)
        for node in _public(_tree(path))
        if ast.get_docstring(node) is None
    ]
    assert not missing, f"say what the caller gets: {missing}"


def test_functions_and_files_stay_small():
    long = []
    for path in _files(*RINGS):
        text = path.read_text()
        if text.count("\n") > LONGEST_FILE:
            long.append(f"{path.relative_to(ROOT)} has {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body and body[-1].end_lineno - body[0].lineno + 1 > LONGEST_FUNCTION:
                    long.append(f"{_where(path, node)} {node.name}")
    assert not long, (
        f"a function has at most {LONGEST_FUNCTION} lines, a file {LONGEST_FILE}; give a part a name of its own: {long}"
    )


def test_every_package_says_what_belongs_there():
    bare = [
        str(path.relative_to(ROOT))
        for path in _files(*RINGS)
        if path.name == "__init__.py" and not ast.get_docstring(_tree(path))
    ]
    assert not bare, f"a package's docstring says what belongs there and what does not: {bare}"


def test_every_result_table_has_a_contract():
    assert {*RESULT_TABLES, *SETTLEMENT_RESULTS} == set(RESULTS)
    for name, contract in RESULTS.items():
        assert contract.__doc__, f"the contract of {name} states its grain"
        assert contract.columns(), name


def test_no_file_names_a_machine_or_a_registry():
    pattern = re.compile(r"(^|[^A-Za-z0-9._/-])/(root|home)/[A-Za-z.]|pypi\.org|files\.pythonhosted|registry\.npmjs")
    kinds = (".py", ".md", ".yaml", ".toml", ".lock")
    own = [path for path in ROOT.rglob("*") if path.suffix in kinds and not _is_beside(path) and path != Path(__file__)]
    wrong = [str(path.relative_to(ROOT)) for path in own if pattern.search(path.read_text())]
    assert not wrong, f"name no machine's path and no registry's address: {wrong}"


def _is_beside(path):
    """Whether it was installed or computed here rather than written."""
    first = path.relative_to(ROOT).parts[0]
    return first.startswith(".venv") or first in (".git", "out", "store", "build", "dist")


def test_every_page_that_code_cites_is_there():
    paths = [path for ring in RINGS for path in sorted((ROOT / ring).rglob("*.py"))]
    cited = [
        (page, path) for path in paths for page in re.findall(r"docs/[\w/-]+\.md", path.read_text(encoding="utf-8"))
    ]
    assert cited, "rules name the page that states them"
    assert [(page, str(path)) for page, path in cited if not (ROOT / page).is_file()] == []
