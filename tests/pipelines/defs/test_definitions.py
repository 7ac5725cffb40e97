"""What Dagster loads: it loads, every table is described, and wrong settings explain themselves."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import definitions_of
from pipelines.defs.settings import DEMO, Settings, SettingsError
from pipelines.store import TABLES

ROOT = Path(__file__).parents[3]
LAYERS = {"exports", "received", "contract", "attribution", "accounts", "payout", "settlement", "statements"}


@pytest.fixture(scope="module")
def graph():
    with (
        dg.DagsterInstance.ephemeral()
    ):  # loading asks the latest instance, which may be one that another test has ended
        return definitions_of(Settings.from_environment({})).resolve_asset_graph()


def test_every_table_is_an_asset_with_group_owner_kind_words_and_columns(graph):
    for name, contract in TABLES.items():
        node = graph.get(dg.AssetKey(name))
        assert node.group_name in LAYERS
        assert node.owners
        assert node.kinds == {"polars", "deltalake"}
        assert f"Contract: `{contract.__name__}`" in node.description
        columns = node.metadata["dagster/column_schema"].columns
        assert [column.name for column in columns] == contract.columns()


def test_exports_stand_at_the_beginning_and_statements_at_the_end(graph):
    exports = [key for key in graph.get_all_asset_keys() if key.path[0] == "exports"]
    assert len(exports) == len(list((DEMO / "sources").glob("*.yaml")))
    assert all(graph.get(key).parent_keys == set() for key in exports)
    assert graph.get(dg.AssetKey("received")).parent_keys == set(exports)
    assert graph.get(dg.AssetKey("statement_workbooks")).parent_keys == {dg.AssetKey("calculation")}
    assert graph.get(dg.AssetKey("statement_workbooks")).child_keys == set()


def test_only_statements_are_partitioned_and_a_backfill_is_one_run(graph):
    partitioned = [key.to_user_string() for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned]
    assert partitioned == ["statement_workbooks"]
    assert graph.get(dg.AssetKey("statement_workbooks")).backfill_policy == dg.BackfillPolicy.single_run()


def test_the_publish_step_waits_for_every_check(graph):
    checked = {key.asset_key for key in graph.asset_check_keys}
    above = graph.get(dg.AssetKey("calculation")).parent_keys
    assert checked <= above
    assert len(graph.asset_check_keys) == 11
    assert all(graph.get(key).blocking for key in graph.asset_check_keys)


def test_dg_finds_no_fault():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dg")), "check", "defs"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "All definitions loaded successfully" in done.stdout + done.stderr


def test_the_workspace_names_the_module():
    assert "module_name: pipelines.definitions" in (ROOT / "workspace.yaml").read_text()


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"CREDITDUE_COMPANY": "/nowhere"}, r"CREDITDUE_COMPANY=/nowhere: no company.yaml there.*creditdue init"),
        ({"CREDITDUE_EXPORTS": "/nowhere"}, r"CREDITDUE_EXPORTS=/nowhere: no such folder"),
        ({"CREDITDUE_AS_OF": "31.10.2026"}, r"CREDITDUE_AS_OF=31.10.2026: not a date. Write it as 2026-10-31"),
        ({"CREDITDUE_STORE": "s3://pay"}, r"s3://pay: the store itself is a folder"),
    ],
)
def test_a_wrong_setting_names_the_variable_and_what_it_should_be(environment, message):
    with pytest.raises((SettingsError, RuntimeError), match=message):
        Settings.from_environment(environment)


def test_another_company_needs_a_store_of_its_own(tmp_path):
    (tmp_path / "exports").mkdir()
    (tmp_path / "company.yaml").write_text("company: Other\n")
    with pytest.raises(
        SettingsError, match=r"CREDITDUE_STORE is not set\. Set it to the folder that results of .* go to"
    ):
        Settings.from_environment({"CREDITDUE_COMPANY": str(tmp_path)})
    (tmp_path / "exports").rmdir()
    with pytest.raises(SettingsError, match=r"CREDITDUE_EXPORTS is not set, and .* has no folder 'exports'"):
        Settings.from_environment({"CREDITDUE_COMPANY": str(tmp_path), "CREDITDUE_STORE": str(tmp_path / "store")})


def test_without_settings_the_demo_is_loaded_as_of_the_end_of_its_story():
    settings = Settings.from_environment({})
    assert settings.company == DEMO
    assert settings.as_of.isoformat() == "2026-10-31"
    assert settings.store.root == ROOT / "out" / "demo"


def test_unsafe_switches_stop_the_code_location(monkeypatch):
    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    with pytest.raises(RuntimeError, match="PANDERA_VALIDATION_ENABLED"):
        definitions_of(Settings.from_environment({}))
