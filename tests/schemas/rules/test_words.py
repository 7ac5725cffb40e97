"""Words that mean two things are refused wherever a plan file uses one, with both meanings; names and labels are free."""

import importlib.util
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from pipelines.rule_files import RuleFileError, load_rule_file
from schemas.rules.component import Component
from schemas.rules.plan import Plan
from schemas.rules.words import AMBIGUOUS, clear_words, said_of

LETTER = """\
plan: letter
label: Letter
currency: EUR
versions:
  - version: "1"
    valid_from: 2026-01-01
    decided_on: 2025-12-01
    entered_by: ann
    approved_by: bob
    source: {title: Letter}
    components:
      - component: commission
        label: Commission
        measure: {credits: new_business}
        window: year
        curve:
          shape: marginal
          of: amount
          tiers:
            - {from: "0", to: "100", rate: 5%}
            - {from: "100", to: null, rate: 8%}
"""

ANYWHERE = [(word, each) for each in AMBIGUOUS if each.only_as is None for word in each.words]


def refused(tmp_path, old, new):
    assert old in LETTER
    path = tmp_path / "letter.yaml"
    path.write_text(LETTER.replace(old, new))
    with pytest.raises(RuleFileError) as error:
        load_rule_file(path, Plan)
    return str(error.value).replace(f"{path}", "letter.yaml").splitlines()


@pytest.mark.parametrize(("word", "each"), ANYWHERE, ids=[word for word, _ in ANYWHERE])
def test_a_word_is_refused_as_a_value_with_both_meanings(tmp_path, word, each):
    assert refused(tmp_path, "shape: marginal", f"shape: {word}") == [
        f"letter.yaml:17: versions.0.components.0.curve.shape: {each.refusal(word)}"
    ]


@pytest.mark.parametrize(("word", "each"), ANYWHERE, ids=[word for word, _ in ANYWHERE])
def test_a_word_is_refused_as_a_key_on_its_line(tmp_path, word, each):
    key = f"        {word}: 5%\n        window: year"
    assert refused(tmp_path, "        window: year", key) == [
        f"letter.yaml:15: versions.0.components.0.{word}: {each.refusal(word)}"
    ]


@pytest.mark.parametrize("each", AMBIGUOUS, ids=[each.words[0] for each in AMBIGUOUS])
def test_a_refusal_says_two_different_things(each):
    assert each.first != each.second
    assert each.words, "a meaning without a word"


def test_no_word_has_two_entries():
    words = [(word, each.only_as) for each in AMBIGUOUS for word in each.words]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("shape: marginal", "shape: non-cumulative", 17, "write 'marginal' (each rate pays only the part inside its tier)"),
        ("shape: marginal", "shape: sliding scale", 17, "or 'retroactive' (the rate of the tier reached pays everything"),
        ("{credits: new_business}", "{credits: new_business, of: gross_profit}", 14, "'profit' means two"),
        ("{credits: new_business}", "{credits: new_business, of: markup}", 14, "25 on a cost of 100 is 25 %"),
        ("{credits: new_business}", "{credits: new_business, override: 3%}", 14, "base: commission (a share of what the team earned)"),
        ("{credits: new_business}", "{credits: [new_logo, renewals], positions: together}", 14, "'renewal"),
        ("window: year", "window: annual", 15, "a row for the year in 'quotas' under a shorter window"),
        ("window: year", "window: year\n        quota: annual", 16, "quota: {weights: […]} says how"),
        ("window: year", "window: year\n        quota: {measure: new_business, prorate: yes}", 16, "prorate: 30_360"),
        ("window: year", "window: year\n        clawback: full", 16, "clawback: as_negative (a negative credit in the window"),
        ("window: year", "window: year\n        clawback: prorated", 16, "clawback: {share: {by: months_remaining}} (what is left of"),
        ("window: year", "window: year\n        event: bookings", 16, "event: booking (the order places the credit"),
        ('rate: 8%}', 'rate: 8%, accelerator: 1.5}', 21, "multipliers: [{reading: …, payout: …}]"),
        ("    components:", "    draw: 3000\n    components:", 11, "(a 'top_up', paid at its end, where less is earned)"),
        ("currency: EUR", "currency: EUR\neffective_date: 2026-01-01", 4, "decided_on (the day on which it was decided)"),
    ],
)  # fmt: skip
def test_a_word_is_refused_on_every_level_of_the_file(tmp_path, old, new, line, said):
    [message] = refused(tmp_path, old, new)
    assert message.startswith(f"letter.yaml:{line}: ")
    assert said in message


def test_each_word_of_a_file_has_a_line_of_its_own(tmp_path):
    found = refused(
        tmp_path, LETTER, LETTER.replace("shape: marginal", "shape: slab").replace("window: year", "window: ytd")
    )
    assert [message.split(": ")[0] for message in found] == ["letter.yaml:15", "letter.yaml:17"]


def test_names_labels_and_families_are_the_authors_own(tmp_path):
    text = LETTER.replace("label: Commission", "label: Net sales accelerator").replace(
        "component: commission", "component: annual_bounty"
    )
    text = text.replace("{title: Letter}", "{title: Cumulative draw plan}").replace(
        "{credits: new_business}",
        "{credits: new_business, only: {product_family: [net, draw]}, factors: [{by: product_family, counts: pay, of: {gross: 1, net: 2}}]}",
    )
    path = tmp_path / "letter.yaml"
    path.write_text(text)
    assert load_rule_file(path, Plan).versions[0].components[0].component == "annual_bounty"


def test_the_name_of_a_quota_is_free_and_a_quota_that_is_a_word_is_not():
    assert clear_words({"component": "c", "quota": {"measure": "net_sales"}})
    with pytest.raises(ValidationError, match="'annual' means two different things"):
        clear_words({"component": "c", "quota": "annual"})


def test_a_component_on_its_own_is_checked_too():
    whole = yaml.load(LETTER, Loader=yaml.BaseLoader)["versions"][0]["components"][0]  # noqa: S506 - text only
    whole["curve"]["tiers"][1]["to"] = None
    assert Component.model_validate(whole)
    with pytest.raises(ValidationError, match="'slab' means two different things"):
        Component.model_validate({**whole, "curve": {**whole["curve"], "shape": "slab"}})


def test_an_objective_has_a_threshold_and_a_component_has_none():
    assert clear_words({"objective": "satisfaction", "threshold": "4.5"})
    with pytest.raises(ValidationError, match="a first tier with rate 0"):
        clear_words({"component": "c", "threshold": "4.5"})


@pytest.mark.parametrize("word", ["new_business", "new_logo", "year_to_date", "up_to_target", "own_deals", "tier_window", "sales_rep", "30_360", "orders"])  # fmt: skip
def test_words_of_plan_files_are_clear(word):
    assert said_of(word) is None


def test_a_sentence_is_no_word():
    assert said_of("Paid on net sales of the quarter") is None


def test_the_page_of_words_is_current():
    docs = Path(__file__).parents[3] / "docs"
    spec = importlib.util.spec_from_file_location("make_words", docs / "make_words.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert (docs / "plans" / "words.md").read_text(encoding="utf-8") == maker.words_page(), (
        "run python docs/make_words.py"
    )
