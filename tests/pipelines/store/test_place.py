"""Where a store is."""

import os
import stat

import pytest

from pipelines.store import Store, StoreError, latest_version, write_table
from pipelines.store.contracts import TABLES


def test_a_store_is_a_folder_that_only_its_owner_reads(tmp_path):
    store = Store.at(tmp_path / "deep" / "store").prepare()
    for folder in (store.root, store.snapshots, store.statements, store.failures, store.dagster_home):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_store_itself_cannot_be_a_url_and_the_message_says_what_can():
    with pytest.raises(StoreError, match=r"s3://pay: the store itself is a folder.*CREDITDUE_TABLES"):
        Store.at("s3://pay")


def test_tables_go_where_a_url_says(tmp_path):
    """``file://`` stands for any object store: delta-rs takes the URL as it is."""
    store = Store.at(tmp_path / "store", tables=(tmp_path / "elsewhere").as_uri()).prepare()
    assert not store.is_local
    contract = TABLES["credits"]
    write_table(store, "credits", contract.empty_frame(), contract, run_id="r", calculation_id="c")
    assert (tmp_path / "elsewhere" / "credits" / "_delta_log").is_dir()
    assert latest_version(store, "credits").version == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match=r"cannot be used as a store"):
        Store.at(tmp_path / "store").prepare()


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(StoreError, match=r"store: cannot be used as a store: .*Name a folder that can be written"):
        Store.at(tmp_path / "store").prepare()
