import pytest

from pipelines.rule_files import RuleFileError, load_rule_file, read_strict_yaml
from schemas.rules.company import Company

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


def _refusal(tmp_path, text, model=Company):
    path = tmp_path / "company.yaml"
    path.write_text(text) if isinstance(text, str) else path.write_bytes(text)
    with pytest.raises(RuleFileError) as caught:
        load_rule_file(path, model)
    return str(caught.value).replace(f"{path}", "company.yaml")


def test_a_good_file_is_read_exactly(tmp_path):
    path = tmp_path / "company.yaml"
    path.write_text(GOOD)
    company = load_rule_file(path, Company)
    assert str(company.refusals.max_share_of_rows) == "0.02"
    assert company.fiscal_calendar.kind == "months"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "currency: EUR",
            "currency: EUR\ncurrency: USD",
            "company.yaml:3: 'currency' is given twice in the same place; keep one",
        ),
        (
            'max_share_of_money: "0.01"',
            "max_share_of_money: .1",
            "company.yaml:6: refusals.max_share_of_money: write a plain decimal number",
        ),
        ('max_share_of_money: "0.01"', "max_share_of_money: 1e-2", "write a plain decimal number"),
        ('max_share_of_money: "0.01"', "max_share_of_money: 1_0", "write a plain decimal number"),
        (
            "    win_back_months: 18",
            "    win_back_month: 18",
            "company.yaml:14: attribution.0.win_back_month: this key is not known here",
        ),
        (
            "    win_back_months: 18\n",
            "",
            "company.yaml:8: attribution.0.win_back_months: 'win_back_months' is missing",
        ),
        ("approved_by: b", "approved_by: a", "another person must approve"),
        ("Europe/Berlin", "Berlin", "'Berlin' is not an IANA time zone such as Europe/Berlin"),
        ("kind: months", "kind: moons", "company.yaml:5"),
        ("company: Example Works", "company: &name Example Works", "anchors and aliases (& and *) are not allowed"),
        ("company: Example Works", "company: !!python/object:os.system x", "company.yaml:1"),
        (
            "valid_from: 2025-01-01",
            "valid_from: 2025-02-01",
            "the first attribution version starts on 2025-02-01, after the company's first day",
        ),
        ("currency: EUR", "currency: [EUR", "company.yaml:3"),
        (
            'max_share_of_money: "0.01"',
            "max_share_of_money: " + "1" * 40,
            "company.yaml:6: refusals.max_share_of_money: a number has at most 15 digits before the point and 12 after it",
        ),
        ('max_share_of_money: "0.01"', f"max_share_of_money: 0.{'1' * 40}%", "at most 15 digits before the point"),
        ('max_share_of_money: "0.01"', "max_share_of_money: 0.1234567", "at most 6 decimals are kept exactly"),
        ("starts: 2025-01-01", "starts: 1767225600", "company.yaml:4: starts: write a day as YYYY-MM-DD"),
        ("starts: 2025-01-01", "starts: 2026-01-01T00:00:00Z", "write a day as YYYY-MM-DD, such as 2026-10-31"),
        ("starts: 2025-01-01", "starts: 20260101", "write a day as YYYY-MM-DD"),
        ("starts: 2025-01-01", "starts: ２026-01-01", "write a day as YYYY-MM-DD"),
        ("starts: 2025-01-01", "starts: 2025-02-29", "the calendar has no such day"),
        ("starts: 2025-01-01", "starts: 0025-01-01", "a company starts between 1900 and 2199"),
        (
            "decided_on: 2024-11-01",
            "decided_on: 1730419200",
            "company.yaml:10: attribution.0.decided_on: write a day as YYYY-MM-DD",
        ),
    ],
)
def test_every_refusal_says_where_and_what(tmp_path, old, new, message):
    assert message in _refusal(tmp_path, GOOD.replace(old, new, 1))


def test_a_list_is_not_called_too_short_when_an_item_is_at_fault(tmp_path):
    assert "at least 1 item" not in _refusal(tmp_path, GOOD.replace("win_back_months", "win_back_month"))
    assert "at least 1 item" in _refusal(tmp_path, GOOD[: GOOD.index("attribution:")] + "attribution: []\n")


def test_text_that_yaml_would_turn_into_something_else_stays_text(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("country: NO\ntime: 12:30\nrate: 0.1\nnothing: null\nquoted: 'null'\n")
    data, lines = read_strict_yaml(path)
    assert data == {"country": "NO", "time": "12:30", "rate": "0.1", "nothing": None, "quoted": "null"}
    assert lines[("rate",)] == 3


def test_an_alias_bomb_is_refused_at_once(tmp_path):
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
    )
    assert "company.yaml:1: anchors and aliases" in _refusal(tmp_path, bomb)


def test_files_that_are_too_large_empty_or_no_text_are_refused(tmp_path):
    assert "a rule file has at most 1,000,000" in _refusal(tmp_path, "x: " + "y" * 1_000_001)
    assert "the file is empty" in _refusal(tmp_path, "")
    assert "byte 9 is not UTF-8" in _refusal(tmp_path, b"company: \xfc")
    with pytest.raises(RuleFileError, match="no such file"):
        load_rule_file(tmp_path / "absent.yaml", Company)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 40 + "]" * 40,
        "a: " + "[" * 5_000,
        "[" * 5_000 + "]" * 5_000,
        "{a: " * 5_000,
        "- " * 5_000 + "x",
        "? " * 5_000 + "x",
    ],
    ids=["closed", "open", "root", "mappings", "blocks", "keys"],
)
def test_nesting_is_refused_before_it_is_followed(tmp_path, text):
    assert "company.yaml:1: nested more than 20 deep" in _refusal(tmp_path, text)


def test_nesting_up_to_the_limit_is_read(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: " + "[" * 19 + "x" + "]" * 19)
    data, _ = read_strict_yaml(path)
    for _ in range(19):
        data = data["a"] if isinstance(data, dict) else data[0]
    assert data == ["x"]
    path.write_text("a: " + "[" * 20 + "x" + "]" * 20)
    with pytest.raises(RuleFileError, match="nested more than 20 deep"):
        read_strict_yaml(path)
