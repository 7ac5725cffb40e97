"""Mistakes that plan authors make, and what each is told: one line a mistake, without a word of the library's."""

import pytest

from pipelines.rule_files import RuleFileError, load_rule_file
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
