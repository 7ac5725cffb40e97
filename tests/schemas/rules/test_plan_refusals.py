"""What a plan file may not say: one case for each sentence that refuses something."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from schemas.rules.plan import Plan

RULES = Path(__file__).parents[3] / "schemas" / "rules"
MODELS = (
    "measure",
    "reading",
    "curve",
    "quota_use",
    "modifier",
    "bonus",
    "component",
    "settlement",
    "clawback",
    "plan",
)


class _Text(yaml.SafeLoader):
    """As the loader reads: every scalar is text, and null is nothing."""


_Text.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] == "tag:yaml.org,2002:null"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

CASES = yaml.load((Path(__file__).parent / "refusals.yaml").read_text(encoding="utf-8"), Loader=_Text)  # noqa: S506
OBJECTIVE = {"objective": "kept", "label": "Kept", "reading": {"of": "nrr", "scope": "year"}, "weight": "1", "score": {"shape": "flat", "rate": "1"}}  # fmt: skip
PARTS: dict[str, dict[str, Any]] = {
    "component": {"component": "commission", "label": "C", "measure": {"credits": "growth"}, "window": "year", "curve": {"shape": "flat", "rate": "0.1"}},
    "bonus": {"bonus": "bonus", "label": "B", "window": "quarter", "incentive": {"assigned": "1"}, "objectives": [OBJECTIVE]},
    "pool": {"pool": "pool", "label": "P", "window": "year", "holds": {"amount": "1"}, "shared": "equally"},
}  # fmt: skip
LISTS = {"component": "components", "bonus": "bonuses", "pool": "pools"}
SOURCE = {"title": "Letter"}


def plan_with(case: dict[str, Any]) -> dict[str, Any]:
    """An accepted plan with one component, bonus and pool, changed as the case says."""
    version = {
        "version": "1", "valid_from": "2026-01-01", "decided_on": "2025-12-01", "entered_by": "ann", "approved_by": "bob", "source": SOURCE,
        **{LISTS[kind]: [{**part, **case.get(kind, {})}] for kind, part in PARTS.items()},
    }  # fmt: skip
    version = {**version, "bonuses": [], "pools": [], **case["version"]} if "version" in case else version
    return {"plan": "letter", "label": "Letter", "currency": "EUR", "versions": [version], **case.get("plan", {})}


def test_the_plan_without_a_change_is_accepted():
    assert Plan.model_validate(plan_with({}))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_is_refused(case):
    with pytest.raises(ValidationError) as error:
        Plan.model_validate(plan_with(case))
    said = [fault["msg"].removeprefix("Value error, ") for fault in error.value.errors()]
    assert any(case["says"] in each for each in said), said


def sentences(module: str) -> list[tuple[int, list[str]]]:
    """Each sentence that a module refuses something with: its line, and its plain pieces."""
    tree = ast.parse((RULES / f"{module}.py").read_text(encoding="utf-8"))
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    found = [(node.lineno, _pieces(node)) for node in raised]
    return [(line, pieces) for line, pieces in found if pieces]


def _pieces(node: ast.expr) -> list[str]:
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return [text for text in texts if len(text) > SHORT]


SHORT, LONG_ENOUGH = 12, 20


def letters(text: str) -> str:
    """Without spaces, quotes and braces, which cases and code write in their own ways."""
    return re.sub(r"[\"'{}\\]|\s+", "", text)


@pytest.mark.parametrize("module", MODELS)
def test_every_sentence_that_refuses_something_has_a_case(module):
    tests = [path for path in Path(__file__).parent.glob("*") if path.suffix in (".py", ".yaml")]
    told = letters("".join(path.read_text(encoding="utf-8") for path in tests))
    lost = [
        f"schemas/rules/{module}.py:{line}: {pieces}"
        for line, pieces in sentences(module)
        if not any(letters(piece)[:LONG_ENOUGH] in told for piece in pieces)
    ]
    assert not lost, "add a case to refusals.yaml"


def test_every_stated_part_may_name_its_clause():
    clause = {"source": "§3.2"}
    gate = {"reading": {"of": "nrr", "scope": "year"}, "at_least": "1", **clause}
    factor = {"by": "product_family", "counts": "pay", "of": {"x": "1"}, **clause}
    changed = {
        "component": {
            "measure": {"credits": "growth", "factors": [factor], **clause}, "quota": {"measure": "q", **clause}, "gates": [gate],
            "multipliers": [{"reading": gate["reading"], "payout": {"shape": "flat", "rate": "1"}, **clause}], "budget": {"amount": "1", **clause},
            "caps": [{"per": "month", "amount": "1", **clause}], "dates": {"from": "2026-01-01", "to": "2026-02-01", **clause},
            "curve": {"shape": "marginal", "of": "amount", "tiers": [{"from": "0", "to": None, "rate": "0.1", **clause}]}, **clause,
        },
        "bonus": {"objectives": [{**OBJECTIVE, **clause}], "incentive": {"assigned": "1", **clause}, **clause},
        "pool": clause,
    }  # fmt: skip
    [version] = Plan.model_validate(plan_with(changed)).versions
    [part] = version.components
    stated = [part, part.measure, *part.measure.factors, part.quota, *part.gates, *part.multipliers, *part.caps, part.budget, part.dates, *part.curve.tiers,
              *version.bonuses, *version.bonuses[0].objectives, version.bonuses[0].incentive, *version.pools]  # fmt: skip
    assert {each.source for each in stated} == {"§3.2"}
