"""``creditdue explain --store``: from what is paid through postings to order line, file and line."""

import pytest
from click.testing import CliRunner

from pipelines.command_line import main
from pipelines.company_folder import load_company
from pipelines.store import StoreError
from pipelines.store.place import Store
from pipelines.store.reading import published_tables
from tests.compensation.statement.settled_world import settled_company


@pytest.fixture
def published(monkeypatch, tmp_path):
    """What a run of the small company published, without its files."""
    given, results = settled_company()
    lazy = {name: frame.lazy() for name, frame in {**given, **results}.items()}
    monkeypatch.setattr("pipelines.store.reading.published_tables", lambda store, folder: lazy)
    return tmp_path


def explained(examples, store, *arguments):
    command = ["explain", *arguments, "--company", str(examples / "demo"), "--store", str(store)]
    return CliRunner().invoke(main, command)


def test_the_steps_lead_to_the_postings_and_their_order_lines(examples, published):
    done = explained(examples, published, "E-1042", "2026-P03", "--figure", "adjusted")
    assert done.exit_code == 0, done.output
    assert "300.00 EUR adjusted for ADJ-1, 2026-P02, line SO-2-1" in " ".join(done.output.replace("│", " ").split())
    assert "order_lines.csv:4" in done.output


def test_a_store_of_other_rules_is_refused(examples, tmp_path, monkeypatch):
    class Other:
        rules = "of another day"

    monkeypatch.setattr("pipelines.store.reading.published", lambda store: Other())
    with pytest.raises(StoreError, match="was computed with other rule files"):
        published_tables(tmp_path, load_company(examples / "demo"))


def test_a_store_in_which_nothing_is_published_says_what_to_do(examples, tmp_path):
    Store.at(tmp_path / "store").prepare()
    done = explained(examples, tmp_path / "store", "R101", "2025-P03")
    assert done.exit_code != 0
    assert "creditdue run" in done.output
