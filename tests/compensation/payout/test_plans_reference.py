"""Every example in docs/plans.md and docs/plans/ is a plan that loads, and earns what the page says."""

import re
from pathlib import Path
from typing import get_args

import pytest
from example_pages import all_examples, examples_of, ran, whole_text

from schemas.rules.bonus import Bonus, Guarantee, Objective, Pool, PoolAmount
from schemas.rules.clawback import AgeBand, Clawback, ShareByAge, ShareOfTerm
from schemas.rules.component import Component, Dates, EventByFamily, EventShares
from schemas.rules.curve import SHAPES, InterpolatedCurve, MatrixCurve, Point, Step, TargetCurve, Tier, TieredCurve
from schemas.rules.measure import COUNTED_MEASURES, MONEY_MEASURES, Band, Factor, Measure, Only
from schemas.rules.modifier import Budget, Cap, Gate, Multiplier
from schemas.rules.plan import PaysIn, Plan, PlanVersion
from schemas.rules.quota_use import Incentive, QuotaUse
from schemas.rules.reading import Reading

EXAMPLES = all_examples()
TEXT = whole_text()
PLANS = "\n".join(text for example in EXAMPLES for text in example.plans)

KEYS_OF = (
    Plan, PaysIn, PlanVersion, Component, Measure, Only, Factor, Band, Dates, EventShares, EventByFamily, QuotaUse, Incentive, TieredCurve,
    Tier, Step, Point, InterpolatedCurve, TargetCurve, MatrixCurve, Gate, Multiplier, Cap, Budget, Reading, Bonus, Objective, Pool,
    PoolAmount, Guarantee, Clawback, ShareByAge, AgeBand, ShareOfTerm,
)  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{example.page}: {example.name}" for example in EXAMPLES])
def test_an_example_earns_what_the_page_says(tmp_path, example):
    ran(example, tmp_path)


def test_every_yaml_block_is_an_example_with_figures():
    assert sum(len(example.plans) for example in EXAMPLES) == TEXT.count("```yaml")
    assert [example.name for example in EXAMPLES if not example.is_complete] == []


def test_every_name_of_an_example_is_its_own():
    names = [example.name for example in EXAMPLES]
    assert [name for name in names if names.count(name) > 1] == []


def test_a_wrong_figure_on_a_page_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    text = (Path(__file__).parents[3] / "docs" / "plans.md").read_text()
    assert "| 4500.00 |" in text
    page.write_text(text.replace("| 4500.00 |", "| 4500.01 |"))
    with pytest.raises(AssertionError):
        ran(examples_of(page)[0], tmp_path)


def test_every_shape_has_an_example():
    assert set(SHAPES) - set(re.findall(r"shape: (\w+)", PLANS)) == set()


def values_of(model, key):
    """The words that a key of a rule model may have."""
    return [word for word in get_args(model.model_fields[key].annotation) if isinstance(word, str)]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("of", [*MONEY_MEASURES[1:], *COUNTED_MEASURES]),
        ("of", values_of(Reading, "of")),
        ("of", ["previous_window", "team"]),
        ("whose", ["direct_reports", "team"]),
        ("base", ["credit", "commission"]),
        ("below_cost", ["mirrored", "floored", "ignored"]),
        ("by", values_of(Factor, "by")),
        ("counts", ["quota", "pay", "both"]),
        ("window", ["transaction", "month", "quarter", "half_year", "year"]),
        ("shared", ["equally", "by_reading", "by_role"]),
        ("per", ["deal", "month", "quarter", "year"]),
        ("excess", ["lost", "carried"]),
        ("reads", ["end", "running"]),
        ("prorate", ["days_actual", "months", "30_360", "none"]),
        ("no_quota", ["first_tier"]),
        ("lookup", ["stepped", "bilinear"]),
        ("beyond", ["extend"]),
        ("below_first", ["nothing"]),
        ("clawback", ["as_corrected", "as_negative"]),
        ("mode", ["as_corrected", "as_negative"]),
        ("by", ["age_days", "age_months", "months_remaining"]),
        ("affects_attainment", ["false"]),
        ("own_deals", ["included"]),
        ("positions", ["together", "separate"]),
    ],
)
def test_every_word_that_a_plan_can_say_has_an_example(key, words):
    assert [word for word in words if not re.search(rf"\b{key}: \"?{word}\b", PLANS)] == []


def test_every_key_that_a_plan_can_have_has_an_example():
    keys = {field.alias or name for model in KEYS_OF for name, field in model.model_fields.items()}
    assert {key for key in keys if not re.search(rf"\b{key}:", PLANS)} == set()


def test_every_key_of_a_plan_file_is_explained():
    keys = {field.alias or name for model in KEYS_OF for name, field in model.model_fields.items()}
    assert {key for key in keys if not re.search(rf"`[^`\n]*\b{key}\b[^`\n]*`", TEXT)} == set()
