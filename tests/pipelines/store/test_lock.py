"""One run at a time: the lock is the operating system's, so death frees it."""

import signal
import subprocess
import sys
import time

import pytest

from pipelines.store import StoreInUse, alive, is_alive, only_run

HOLD = """
import sys, time
from pathlib import Path
from pipelines.store import Store, alive, only_run
store = Store.at(Path(sys.argv[1]))
with alive(store, "other-run"), only_run(store, "other-run"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(store):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(store.root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_run_is_refused_and_told_who_holds_the_store(store, holder):
    with (
        pytest.raises(StoreInUse, match=rf"another run is writing here \(run other-ru, process {holder.pid}\)"),
        only_run(store, "me"),
    ):
        pass


def test_a_killed_run_frees_the_store_without_clean_up(store, holder):
    assert is_alive(store, "other-run")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with only_run(store, "me"):
        assert is_alive(store, "other-run") is False


def test_a_run_can_wait_for_the_other_to_end(store, holder):
    told = []
    started = time.monotonic()

    def end_it(message):
        told.append(message)
        holder.kill()

    with only_run(store, "me", wait_seconds=30, waiting=end_it):
        assert time.monotonic() - started < 20
    assert told == [f"another run is writing to this store (run other-ru, process {holder.pid}); waiting up to 30 s"]


def test_the_same_process_may_take_it_again(store):
    with only_run(store, "me"), only_run(store, "me"):
        pass
    with only_run(store, "me"):
        pass


def test_a_run_that_never_spoke_is_neither_alive_nor_dead(store):
    assert is_alive(store, "unknown") is None
    with alive(store, "mine"):
        assert (store.dagster_home / "alive" / "mine.lock").is_file()
    assert is_alive(store, "mine") is None
