"""The JSON Schema of plan files accepts what the loader accepts, refuses what an editor can see, and explains every key."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from pipelines.editor_schemas import editor_schema
from schemas.rules.company import Company
from schemas.rules.plan import Plan
from schemas.rules.source import Source

ROOT = Path(__file__).parents[2]
SCHEMA = editor_schema(Plan)
PLANS = sorted((ROOT / "examples").rglob("plans/*.yaml"))


class _Plain(yaml.SafeLoader):
    """YAML 1.2 as an editor reads it: dates and ``on`` are text, numbers are numbers."""


_Plain.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if first not in "oOyY"
}


def faults(text):
    document = yaml.load(text, Loader=_Plain)  # noqa: S506 - a safe loader
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)]


@pytest.mark.parametrize("path", PLANS, ids=lambda path: f"{path.parents[1].name}/{path.stem}")
def test_every_plan_of_the_examples_fits(path):
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("window: year", "windw: year"), ('rate: "0.015"', "rate: a lot"), ("window: year", "window: week"), ("valid_from: 2025-01-01", "valid_fro: 2025-01-01")],
)  # fmt: skip
def test_an_editor_marks_what_does_not_fit(old, new):
    text = (ROOT / "examples" / "demo" / "plans" / "account_manager.yaml").read_text()
    assert old in text
    assert faults(text.replace(old, new))


def test_every_key_of_a_plan_file_is_described():
    bare = [
        f"{name}.{key}"
        for name, part in [("Plan", SCHEMA), *SCHEMA["$defs"].items()]
        for key, about in part.get("properties", {}).items()
        if not about.get("description")
    ]
    assert bare == [], "write a docstring under the field"


def test_every_part_is_described():
    assert [name for name, part in SCHEMA["$defs"].items() if not part.get("description")] == []


@pytest.mark.parametrize("model", [Company, Source, Plan])
def test_a_schema_is_valid_and_is_json(model):
    schema = editor_schema(model)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
