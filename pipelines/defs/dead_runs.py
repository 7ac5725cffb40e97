"""Runs whose process died: Dagster calls them started for ever, until somebody says that they failed."""

import time

import dagster as dg

from pipelines.store import Store, is_alive

RUNNING = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]
SECONDS_TO_SPEAK = 120.0


def fail_dead_runs(instance: dg.DagsterInstance, store: Store, *, besides: str = "") -> list[str]:
    """Mark runs as failed that say they run while their process is gone.

    A run holds a lock of its own while it lives, which the operating system frees at death. A run that never took its
    lock counts as dead after two minutes.

    Returns:
        The ids of the runs marked.
    """
    marked = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=RUNNING)):
        run = record.dagster_run
        if run.run_id == besides:
            continue
        lives = is_alive(store, run.run_id)
        began = record.start_time or record.create_timestamp.timestamp()
        if lives is False or (lives is None and time.time() - began > SECONDS_TO_SPEAK):
            instance.report_run_failed(
                run,
                "The run's process ended without a word (killed, or the machine stopped). Nothing half-written is read; run again.",
            )
            marked.append(run.run_id)
            (store.dagster_home / "alive" / f"{run.run_id}.lock").unlink(missing_ok=True)
    return marked
