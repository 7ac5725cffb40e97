"""Mistakes that plan authors make, and what each is told: one line a mistake, without a word of the library's."""

import pytest

from pipelines.known_keys import keys_of, models_at
from pipelines.rule_files import RuleFileError, load_rule_file
from schemas.rules.company import Company
from schemas.rules.plan import Plan

LETTER = """\
plan: letter
label: Letter
currency: EUR
for_roles: [sales_rep]
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
        window: quarter
        curve:
          shape: marginal
          of: amount
          tiers:
            - {from: "0", to: "100", rate: 5%}
            - {from: "100", to: null, rate: 8%}
"""

QUARTER = "window: quarter"
MISTAKES = [
    (QUARTER, f"{QUARTER}\n        clawback: {{days: 90}}", 17, "clawback.days: this key is not known here; write window_days: 90 in a clawback"),
    (QUARTER, f"{QUARTER}\n        clawback: {{window_days: ninety}}", 17, "clawback.window_days: write a whole number"),
    (QUARTER, f"{QUARTER}\n        clawback: whenever", 17, "clawback: write 'as_corrected' or 'as_negative'"),
    (QUARTER, f"{QUARTER}\n        quota: new_business", 17, "quota: one value cannot stand here; write its keys: {measure: …}"),
    ("{title: Letter}", "Sales plan", 11, "source: one value cannot stand here; write its keys: {title: …}"),
    ("    components:", "    guarantee: 3000\n    components:", 12, "guarantee: one value cannot stand here; write its keys: {incentive: …}"),
    ("[sales_rep]", "sales_rep", 4, "for_roles: write a list here: [first, second], or one line with '- ' each"),
    ("[sales_rep]", "[rep]", 4, "for_roles.0: write 'sales_rep', 'account_manager', 'sales_coordinator', 'manager' or 'other' (found 'rep')"),
    (QUARTER, "window: week", 16, "window: write 'transaction', 'month', 'quarter', 'half_year' or 'year' (found 'week')"),
    (QUARTER, f"{QUARTER}\n        event: order", 17, "event: write 'booking', 'invoice' or 'payment' (found 'order')"),
    (QUARTER, f"{QUARTER}\n        event: {{booking: 50%}}", 17, "event: booking, invoice and payment add up to 50%; they must make 100%"),
    (QUARTER, f"{QUARTER}\n        floor: maybe", 17, "floor: write true or false (found 'maybe')"),
    (QUARTER, f"{QUARTER}\n        caps: {{per: month, amount: 100}}", 17, "caps: write a list here"),
    (QUARTER, f"{QUARTER}\n        caps: [{{per: month, amount: 0}}]", 17, "caps.0.amount: the number must be greater than 0"),
    (QUARTER, f"{QUARTER}\n        gates: [{{reading: {{of: nrr, scope: year}}, at_least: high}}]", 17, "at_least: write a plain decimal number"),
    ('to: "100"', "to: 1,000", 21, "'000' came to stand as a key of its own: a comma separates keys; write a number with a point"),
    ("rate: 8%", 'rate: "8 percent"', 22, "curve.tiers.1.rate: write a plain decimal number such as 0.05 or 1000.00"),
    ("component: commission", "component: My Commission", 13, "component: a name has lower case letters, digits and underscores"),
    ("currency: EUR", "currency: euro", 3, "currency: write a currency by its three capital letters, such as EUR (found 'euro')"),
    ("label: Commission", 'label: ""', 14, "label: something must stand here; it is empty"),
    ("rate: 5%", "rate: 0.0500001", 21, "rate: at most 6 decimals are kept exactly; shorten the number (found '0.0500001')"),
    ("    components:", "    caps: [{per: month, amount: 100}]\n    components:", 12, "caps: 'caps' belongs to one component; put it into each component that it is meant for"),
    ("currency: EUR", "currency: EUR\nwindow: quarter", 4, "window: 'window' belongs to one component; put it into each"),
    ("for_roles: [sales_rep]", "roles: [sales_rep]", 4, "roles: this key is not known here; write for_roles: [sales_rep] in the plan"),
    ("label: Commission", "lable: Commission", 13, "label: 'label' is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "said"), MISTAKES, ids=[said for *_, said in MISTAKES])
def test_a_mistake_is_told_in_plain_words_where_it_is(tmp_path, old, new, line, said):
    assert old in LETTER
    path = tmp_path / "letter.yaml"
    path.write_text(LETTER.replace(old, new, 1))
    with pytest.raises(RuleFileError) as error:
        load_rule_file(path, Plan)
    [first, *more] = str(error.value).replace(f"{path}", "letter.yaml").splitlines()
    assert first.startswith(f"letter.yaml:{line}: ")
    assert said in first
    assert not more or "lable" in more[0], "one mistake is one line"
    assert "valid dictionary" not in first
    assert "Input should" not in first


HINTS = [
    (QUARTER, f"{QUARTER}\n        quota: {{measure: q, weights: [33.333333%, 66.666667%]}}", "weights.0: a percentage has at most 4 decimals; shorten the number (found '33.333333%')"),
    ('{from: "100",', '{above: "100",', ":22: versions.0.components.0.curve.tiers.1.above: this key is not known here; a tier says where it starts with from:"),
    (QUARTER, "period: quarter", ":16: versions.0.components.0.period: this key is not known here; write window: month, quarter,"),
    ("shape: marginal", "shape: per_unit\n          amount: 0", "curve.amount: the number must be greater than 0"),
    ("shape: marginal", "shape: flat\n          percent: 5", "curve.percent: this key is not known here; write rate: 8%"),
    (QUARTER, f"{QUARTER}\n        caps: [{{per: month, multiple: 200%}}]", "caps.0.multiple: this key is not known here; remove it, or write one of amount, excess, per, soft, source (found '200%')"),
    ("rate: 8%", "rates: 8%", "curve.tiers.1.rates: this key is not known here; write 'rate', or remove it"),
    ("{credits: new_business", "{product: x, credits: new_business", "measure.product: this key is not known here; remove it, or write one of base, below_cost, credits,"),
    ("for_roles: [sales_rep]", "for_rols: [sales_rep]", "for_rols: this key is not known here; write 'for_roles', or remove it"),
    ("shape: marginal", "shape: flat\n          share: 5", "curve.share: this key is not known here; write 'shape', or remove it"),
    (QUARTER, f"{QUARTER}\n        volume: 3", "volume: this key is not known here; remove it or check its spelling (found '3')"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), HINTS, ids=[said for *_, said in HINTS])
def test_a_key_that_people_write_is_told_what_stands_for_it_among_other_faults(tmp_path, old, new, said):
    assert old in LETTER
    path = tmp_path / "letter.yaml"
    path.write_text(LETTER.replace(old, new, 1))
    with pytest.raises(RuleFileError) as error:
        load_rule_file(path, Plan)
    assert said in str(error.value)
    assert "Decimal(" not in str(error.value)


def test_the_keys_of_a_place_are_those_of_its_shape(tmp_path):
    """A fiscal calendar of months has its own keys, and one of 4-4-5 has others."""
    [months] = models_at(Company, ("fiscal_calendar", "months"))
    assert {"kind", "year_starts"} <= set(keys_of(months))
    several = models_at(Plan, ("versions", 0, "components", 0, "curve"))
    assert len(several) > 1
    [flat] = models_at(Plan, ("versions", 0, "components", 0, "curve", "flat"))
    assert set(keys_of(flat)) == {"shape", "rate"}
    [tier] = models_at(Plan, ("versions", 0, "components", 0, "curve", "marginal", "tiers", 0))
    assert set(keys_of(tier)) >= {"from", "to", "rate"}
