"""Plan files: what is accepted, and what each refusal says."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from pipelines.rule_files import RuleFileError, load_rule_file
from schemas.rules.plan import Plan

PLANS = Path(__file__).parents[3] / "examples" / "standard_case" / "plans"

LETTER = """
plan: account_executive
label: Account executive, new business
currency: EUR
for_roles: [sales_rep]
versions:
  - version: "2026.1"
    valid_from: 2026-01-01
    decided_on: 2025-11-14
    entered_by: p.meyer
    approved_by: k.ito
    source: {title: "Example Sales Plan 2026, §3.1–3.2", href: docs/plans/example-2026.pdf#page=4}
    components:
      - component: new_business_commission
        label: Commission on new business
        measure: {credits: new_business, of: revenue}
        window: year
        curve:
          shape: marginal
          of: amount
          tiers:
            - {from: "0", to: "100000.00", rate: "0.05"}
            - {from: "100000.00", to: null, rate: "0.08"}
        release: {on: booking}
"""


def load(tmp_path, text):
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    return load_rule_file(path, Plan)


def refusal(tmp_path, old, new):
    assert old in LETTER
    with pytest.raises(RuleFileError) as error:
        load(tmp_path, LETTER.replace(old, new))
    return str(error.value).replace(f"{tmp_path}/", "")


def test_the_letter_is_read_as_written(tmp_path):
    plan = load(tmp_path, LETTER)
    [part] = plan.versions[0].components
    assert (part.clawback, part.release.on, part.needs_quota()) == ("as_corrected", "booking", False)
    assert [str(tier.rate) for tier in part.curve.tiers] == ["0.05", "0.08"]


@pytest.mark.parametrize("name", ["sales_rep", "account_manager"])
def test_the_plans_of_the_standard_case_load(name):
    assert load_rule_file(PLANS / f"{name}.yaml", Plan).for_roles == (name,)


TIERS = """            - {from: "0", to: "100000.00", rate: "0.05"}
            - {from: "100000.00", to: null, rate: "0.08"}
"""

REFUSALS = {
    "a .99 bound": (
        'to: "100000.00", rate: "0.05"',
        'to: "99999.99", rate: "0.05"',
        (
            "a tier ends at 99999.99 and the next starts at 100000.00, which leaves a gap; give both the same figure (100000.00): "
            "a tier reaches up to its end without including it, so no cent is lost to a bound such as .99"
        ),
    ),
    "an overlap": (
        '{from: "100000.00", to: null',
        '{from: "90000.00", to: null',
        "a tier ends at 100000.00 and the next starts at 90000.00, which overlaps; give both the same figure (90000.00)",
    ),
    "a first tier above zero": (
        '{from: "0", to',
        '{from: "1", to',
        "the first tier starts at 1; it must start at 0 (with rate 0 if it pays nothing)",
    ),
    "a closed top": ("to: null", 'to: "200000"', "the last tier ends at 200000; leave it open: to: null"),
    "an open tier below another": (
        'to: "100000.00"',
        "to: null",
        "the tier from 0 is open (to: null) and another follows from 100000.00; only the last is open",
    ),
    "an empty tier": ('to: "100000.00"', 'to: "0"', "the tier from 0 ends at 0; its end must lie above its start"),
    "the word cumulative": (
        "shape: marginal",
        "shape: cumulative",
        (
            "'cumulative' means two different things in the trade; write 'marginal' (each rate pays only the part inside its tier) "
            "or 'retroactive' (the rate of the tier reached pays everything from 0)"
        ),
    ),
    "an unknown shape": (
        "shape: marginal",
        "shape: cubic",
        "shape 'cubic' is not known; write one of flat, marginal, retroactive, mixed, stepped, interpolated",
    ),
    "a rate beyond six decimals": (
        '"0.08"',
        '"0.0812345"',
        "at most 6 decimals are kept exactly; shorten the number (found '0.0812345')",
    ),
    "a rate of eight": (
        '"0.08"',
        '"8"',
        "a rate of 8 pays 8 times the revenue; write 0.08 or 8% (above 100 % write the sign: 150%)",
    ),
    "a negative rate": ('"0.08"', '"-0.08"', "a rate is never negative; a return earns negative money by itself"),
    "a rate with an exponent": ('"0.08"', '"8e-2"', "write a plain decimal number such as 0.05 or 1000.00"),
    "a bound of 100 on attainment": (
        'of: amount\n          tiers:\n            - {from: "0", to: "100000.00", rate: "0.05"}\n            - {from: "100000.00", to: null',
        'of: attainment\n          tiers:\n            - {from: "0", to: "100", rate: "0.05"}\n            - {from: "100", to: null',
        "a bound of 100 is 100 times the quota; write 1.00 or 100%",
    ),
    "attainment without a quota": ("of: amount", "of: attainment", "a bound of 100000.00 is 100000.00 times the quota"),
    "a mode where the shape says it": (
        'rate: "0.05"}',
        'rate: "0.05", mode: marginal}',
        "the tier from 0 has a mode; only shape: mixed takes one, here all tiers are marginal",
    ),
    "a mixed curve without modes": (
        "shape: marginal",
        "shape: mixed",
        "the tier from 0 of a mixed curve needs mode: marginal or mode: retroactive",
    ),
    "one person": (
        "approved_by: k.ito",
        "approved_by: p.meyer",
        "version 2026.1: entered and approved by p.meyer; another person must approve",
    ),
    "an unknown credit": (
        "credits: new_business",
        "credits: newbiz",
        "credits 'newbiz' is not known; write new_business, retention, growth or a part of one: new_logo",
    ),
    "a credit inside another": (
        "credits: new_business,",
        "credits: [new_business, new_logo], positions: together,",
        "'new_logo' would be counted twice; name each kind of credit once",
    ),
    "several credits, positions unsaid": (
        "credits: new_business,",
        "credits: [retention, growth],",
        "retention and growth: write positions: together (they climb one curve) or positions: separate (each climbs its own)",
    ),
    "an unknown key": ("release: {on", "releases: {on", "this key is not known here; write 'release', or remove it"),
    "an unknown window": (
        "window: year",
        "window: week",
        "write 'transaction', 'month', 'quarter', 'half_year' or 'year' (found 'week')",
    ),
    "a plan called none": ("plan: account_executive", "plan: none", "a plan cannot be called 'none'"),
    "no_quota without attainment": (
        "window: year",
        "window: year\n        quota: {measure: new_business, no_quota: first_tier}",
        "no_quota has no meaning where nothing is over attainment; remove it",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_says_what_where_and_what_to_do(tmp_path, case):
    old, new, said = REFUSALS[case]
    message = refusal(tmp_path, old, new)
    assert said in message
    assert re.match(r"plan\.yaml:\d+: ", message)
    assert "\n" not in message, "one fault is one line"


def test_attainment_asks_for_its_quota(tmp_path):
    message = refusal(
        tmp_path,
        "of: amount\n          tiers:\n" + TIERS,
        'of: attainment\n          tiers:\n            - {from: "0", to: null, rate: "0.05"}\n',
    )
    assert (
        "new_business_commission: its curve is over attainment; say which quota: quota: {measure: new_business}"
        in message
    )


def versions_of(*changes):
    data = yaml.load(LETTER, Loader=yaml.BaseLoader)  # noqa: S506 - text only
    data["versions"][0]["components"][0]["curve"]["tiers"][1]["to"] = None
    first = data["versions"][0]
    return {**data, "versions": [first, *[{**first, "version": "2026.2", **change} for change in changes]]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"version": "2026.1", "decided_on": "2026-02-01"},
            "version 2026.1 is given twice; a correction is a new version with a later decided_on",
        ),
        ({}, "two versions start on 2026-01-01 and were decided on 2025-11-14; say which was decided last"),
        (
            {"valid_from": "2027-01-01", "components": []},
            "version 2026.2 has no components; to end the plan write ended: true",
        ),
        (
            {"valid_from": "2027-01-01", "ended": "true"},
            "version 2026.2: an ended plan has no components; remove them or 'ended'",
        ),
    ],
)
def test_versions_can_be_told_apart(change, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        Plan.model_validate(versions_of(change))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"clawback": "as_negative"},
            "changes its clawback to as_negative; one component would treat returns in two ways, so give it a new name",
        ),
        (
            {"measure": {"credits": ["retention", "growth"], "positions": "separate"}},
            "changes its positions to separate; one running position cannot become several",
        ),
    ],
)
def test_a_component_keeps_its_nature(change, said):
    first = versions_of()["versions"][0]["components"][0]
    with pytest.raises(ValueError, match=re.escape(said)):
        Plan.model_validate(versions_of({"valid_from": "2027-01-01", "components": [{**first, **change}]}))


def test_a_component_named_twice_is_refused():
    first = versions_of()["versions"][0]["components"][0]
    with pytest.raises(ValueError, match="component 'new_business_commission' is given twice; give each its own name"):
        Plan.model_validate(versions_of({"valid_from": "2027-01-01", "components": [first, first]}))


def test_the_version_in_force_is_the_latest_start_last_decided():
    plan = Plan.model_validate(
        versions_of(
            {"version": "2026.1b", "decided_on": "2026-03-01"},
            {"version": "2027.1", "valid_from": "2027-01-01", "components": [], "ended": "true"},
        )
    )
    assert plan.version_on(date(2025, 12, 31)) is None
    assert plan.version_on(date(2026, 12, 31)).version == "2026.1b"
    assert plan.version_on(date(2027, 1, 1)).ended


def test_a_percent_sign_means_what_it_says(tmp_path):
    plan = load(tmp_path, LETTER.replace('"0.08"', "150%").replace('"0.05"', "8.125%"))
    assert [str(tier.rate) for tier in plan.versions[0].components[0].curve.tiers] == ["0.08125", "1.50"]
