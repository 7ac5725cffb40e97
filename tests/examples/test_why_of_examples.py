"""``why`` on random order lines of every example company: each answer complete, none a dead end."""

import re
import subprocess
import sys
from datetime import date
from functools import cache

import polars as pl
import pytest

from compensation.currency import minor_unit_digits
from compensation.explanation.account import account_on
from compensation.explanation.line import why
from compensation.explanation.payee import whose
from compensation.explanation.tried import FOUND_WORDS
from compensation.statement.sentences import unpaid_sentence
from pipelines.company_folder import load_company
from pipelines.intake import take_in
from pipelines.results import compute
from pipelines.wanted import Wanted

FEW, MANY = 40, 1_000
COMPANIES = ("demo", "gallery", "standard_case")
SEED = 20_260_331

ENDS = (
    r"[\w.*-]+\.(csv|csv\.gz|xlsx|parquet|jsonl):\d+",  # a source line
    r"version .+\)$",  # a rule with its document and version
    rf"^\d+\. .+: (this is one, which decides; no other rule is asked|this is none|none|decides|.*{'|'.join(FOUND_WORDS.values())})$",  # a rule that was tried
    r"^\d+\. (nobody is left|whoever is unknown passes the share to nobody): the house, which decides$",
    r"^(new|existing) business(, | until |: )",
    r"^(retention|growth) \(.+against .+ (last year|agreed before|before it|no target)",
    r"^(churn|downsell) of .+: (does not count against them: the hand-over protects|counts|counts against nobody)$",
    r" does not take it: \S+",
    r"^earns nothing: \S+",
    r"^Zero: \S+",
    r"^As the sale was credited: ",
    r"^Hand-over ",
    r"^Override on ",
    r"^Taken back: \S+",
    r"^(gate|multiplier|factor|curve|quota|cap|bonus|objective)\b.* read ",
    r"^(gate|multiplier) \d+ is read at each credit: ",
    r"^First named: \S+",
    r"^(sales rep|account manager|sales coordinator) (on \d{4}-\d\d-\d\d|at present): \S+",
    r"^Books nothing and pays nobody: \S+",
    r"^Return \S+ of \S+ takes nothing back: \S+",
    r"^Representative named on the order: \S+",
    r"^Opportunity \S+: which did not come$",
)


@cache
def _company(name, exports):
    """Rules and all tables of a company."""
    folder = load_company(exports[0])
    intake = take_in(folder, exports[1])
    tables = {**intake.facts, **compute(intake, folder, Wanted.of(()))}
    texts = pl.selectors.by_dtype(pl.Categorical, pl.Enum).cast(pl.String)
    return folder, {table: frame.with_columns(texts).lazy() for table, frame in tables.items()}


@pytest.fixture(scope="module")
def world(examples, request, tmp_path_factory):
    """A company with its tables, as ``creditdue why`` has them."""

    def of(name):
        source = examples / name / "exports"
        if name == "standard_case":
            shared = request.getfixturevalue("shared")
            source = tmp_path_factory.getbasetemp() / "standard_case_of_why"
            if not source.exists():
                script = shared / "standard_case" / "generate_exports.py"
                command = [sys.executable, script, source, "--lines", "20000", "--seed", "7"]
                subprocess.run([str(part) for part in command], check=True, capture_output=True)
        if name == "adventureworks":
            source = request.getfixturevalue("shared") / "data" / "adventureworks"
        return _company(name, (examples / name, source))

    return of


def _leaves(node):
    return [leaf for child in node.children for leaf in _leaves(child)] if node.children else [node.text]


def _texts(node):
    return [node.text, *(text for child in node.children for text in _texts(child))]


def _money(amount, currency):
    return f"{amount:,.{minor_unit_digits(currency)}f} {currency}"


def _require_no_dead_end(node):
    open_ends = [leaf for leaf in _leaves(node) if not any(re.search(end, leaf) for end in ENDS)]
    assert not open_ends, open_ends


def _sample(tables, count):
    """Random lines, those that nobody booked and those with returns among them."""
    lines = tables["order_lines"].select("order_line_id", "order_id").collect()
    return lines.sample(min(count, lines.height), seed=SEED, shuffle=True).rows()


def _rows(tables, name, line):
    return tables[name].filter(pl.col("order_line_id") == line).collect().to_dicts()


def _require_complete(line, world):
    """Everything that the tables say about a line is in the answer."""
    folder, tables = world
    node = why(line, tables, folder.company, folder.plans)
    text = "\n".join(_texts(node))
    _require_no_dead_end(node)
    credits = _rows(tables, "credits", line)
    for credit in [*credits, *_rows(tables, "additional_credits", line)]:
        assert f"{_money(credit['amount'], folder.company.currency)} of {credit['motion']}" in text
    for earning in _rows(tables, "earnings", line):
        assert f"{_money(earning['earned'], earning['currency'])}" in text
        assert f" in {earning['fiscal_period']} for {earning['component']}: " in text
    for unpaid in _rows(tables, "unpaid", line):
        assert f"earns nothing: {unpaid_sentence(unpaid['reason'])}" in text
    sold = [credit for credit in credits if credit["return_id"] is None]
    assert text.count("Rules tried, in order") == len(sold)
    assert len(re.findall(r"^\d+\. .*decides(; no other rule is asked)?$", text, re.MULTILINE)) == len(
        [credit for credit in sold if credit["rule"] != "credit_transfer"]
    )
    assert credits or "Books nothing and pays nobody: " in text
    return credits


def _require_answer_for_payees(line, credits, world, payees):
    """Whoever has a share is told so; whoever has none, that it is not theirs."""
    folder, tables = world
    shares = {row["payee_id"]: row["share_percent"] for row in credits if row["return_id"] is None}
    extra = {row["payee_id"] for row in _rows(tables, "additional_credits", line)}
    for payee in [*(one for one in shares if one in payees), payees[hash_of(line) % len(payees)]]:
        node = whose(line, payee, tables, folder.company, folder.plans)
        if payee not in extra:
            assert node.text.startswith("Yours, " if shares.get(payee) else "Not yours, "), node.text
        asked = "Rules tried, in order, and what each says about you"
        if credits:
            assert any(child.text == asked and child.children for child in node.children)


def hash_of(text):
    """The same number in every run."""
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(text))


def _require_same_receivers(order_id, credits, world):
    """An order that names nobody goes to whom ``--account`` says that day's business would go."""
    folder, tables = world
    order = tables["orders"].filter(pl.col("order_id") == order_id).collect().to_dicts()[0]
    if order["opportunity_id"] or order["sales_rep_id"] or any(row["rule"] == "credit_transfer" for row in credits):
        return 0
    node = account_on(order["account_id"], order["order_date"], tables, folder.company)
    new = any(row["motion"] == "new_business" for row in credits)
    told = next(one.text for one in node.children if one.text.startswith("New" if new else "Existing"))
    for row in credits:
        special = {"HOUSE": "the house", "EXCLUDED": "nobody: the account is excluded"}
        if row["return_id"] is None:
            assert special.get(row["payee_id"], row["payee_id"]) in told, (order_id, told)
    return 1


def _play(world, count):
    _, tables = world
    payees = tables["payees"].select(pl.col("payee_id").unique().sort()).collect()["payee_id"].to_list()
    compared = 0
    for number, (line, order) in enumerate(_sample(tables, count)):
        credits = _require_complete(line, world)
        if number % 4 == 0:
            _require_answer_for_payees(line, credits, world, payees)
        if credits and number % 4 == 1:
            compared += _require_same_receivers(order, credits, world)
    return compared


@pytest.mark.parametrize("name", COMPANIES)
def test_every_answer_is_complete_and_ends_at_a_source_a_rule_or_a_reason(world, name):
    _play(world(name), FEW)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*COMPANIES, "adventureworks"])
def test_a_thousand_answers_are_complete(world, name):
    _play(world(name), MANY)


@pytest.mark.parametrize("name", COMPANIES[:2])
def test_every_account_has_an_answer_on_any_day(world, name):
    folder, tables = world(name)
    accounts = tables["accounts"].select("account_id").collect()["account_id"]
    for account in accounts.sample(min(10, accounts.len()), seed=SEED):
        for day in (date(1999, 1, 1), date(2025, 12, 31), date(2040, 2, 29)):
            texts = _texts(account_on(account, day, tables, folder.company))
            assert sum("business of that day would go to " in text for text in texts) == 2


def test_a_dead_end_would_be_found(world):
    folder, tables = world("demo")
    node = why("30034-10", tables, folder.company, folder.plans)
    node.add("somebody had it")
    with pytest.raises(AssertionError, match="somebody had it"):
        _require_no_dead_end(node)
