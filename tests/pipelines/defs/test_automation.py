"""Schedule and sensors, evaluated as the daemon does."""

import json
import os
import shutil
import time
from datetime import UTC, datetime

import dagster as dg
import pytest

from pipelines.defs.automation import exports_sensor, nightly_schedule, periods_sensor
from pipelines.defs.home import instance_of
from pipelines.defs.periods import PERIODS
from pipelines.defs.settings import DEMO, Settings

OLD = time.time() - 3600


@pytest.fixture
def instance(settings):
    with instance_of(settings.store) as instance:
        yield instance


@pytest.fixture
def arriving(tmp_path, settings):
    """Settings whose exports may be changed, all an hour old."""
    exports = tmp_path / "exports"
    shutil.copytree(DEMO / "exports", exports)
    for path in exports.iterdir():
        os.utime(path, (OLD, OLD))
    return Settings(DEMO, exports, settings.store, settings.as_of)


def tick(sensor, instance, cursor=None):
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    result = sensor.evaluate_tick(context)
    return result, result.cursor or cursor


def test_the_schedule_ticks_at_the_companys_hour_in_its_zone(settings, demo):
    schedule = nightly_schedule(settings, demo)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "Europe/Berlin")


def test_a_tick_asks_for_one_run_over_all_open_periods(settings, demo, instance):
    schedule = nightly_schedule(Settings(settings.company, settings.exports, settings.store), demo)
    moment = datetime(2026, 11, 1, 1, 30, tzinfo=UTC)
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=moment)
    (request,) = schedule.evaluate_tick(context).run_requests
    assert request.run_key == "nightly-2026-11-01T01:30Z"
    assert request.tags["creditdue/as_of"] == "2026-11-01"
    assert request.tags["dagster/asset_partition_range_start"] == "2025-P01"
    assert request.tags["dagster/asset_partition_range_end"] == "2026-P11"
    assert instance.get_dynamic_partitions(PERIODS.name)[-1] == "2026-P11"


def test_shortly_before_midnight_utc_it_is_tomorrow_where_the_company_is(settings, demo, instance):
    schedule = nightly_schedule(Settings(settings.company, settings.exports, settings.store), demo)
    context = dg.build_schedule_context(
        instance=instance, scheduled_execution_time=datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    )
    (request,) = schedule.evaluate_tick(context).run_requests
    assert request.tags["creditdue/as_of"] == "2026-11-01"


def test_changed_exports_run_once_and_then_rest(arriving, demo, instance):
    sensor = exports_sensor(arriving, demo)
    first, cursor = tick(sensor, instance)
    assert len(first.run_requests) == 1
    second, _ = tick(sensor, instance, cursor)
    assert second.run_requests == []
    assert second.skip_message == "No export has changed since the last run was asked for."


def test_a_file_still_being_written_is_left_alone(arriving, demo, instance):
    sensor = exports_sensor(arriving, demo)
    (arriving.exports / "erp_rates.csv").touch()
    result, cursor = tick(sensor, instance)
    assert result.run_requests == []
    assert "still arriving" in result.skip_message
    assert cursor is None


def test_going_back_to_an_earlier_file_runs_again(arriving, demo, instance):
    """Dagster never runs the same key twice, so the key counts up beside the content."""
    sensor, file = exports_sensor(arriving, demo), arriving.exports / "erp_rates.csv"
    before, keys, cursor = file.read_bytes(), [], None
    for hour, content in enumerate((before, before + b"USD,2026-10-01,0.9\n", before)):
        file.write_bytes(content)
        os.utime(file, (OLD + hour, OLD + hour))
        result, cursor = tick(sensor, instance, cursor)
        keys.append(result.run_requests[0].run_key)
    assert len(set(keys)) == 3
    assert keys[0].rsplit("-", 1)[0] == keys[2].rsplit("-", 1)[0]
    assert json.loads(cursor)["number"] == 3


def test_files_that_no_source_names_wake_nobody(arriving, demo, instance):
    sensor = exports_sensor(arriving, demo)
    _, cursor = tick(sensor, instance)
    (arriving.exports / "notes.txt").write_text("hello")
    result, _ = tick(sensor, instance, cursor)
    assert result.run_requests == []


def test_periods_are_offered_before_the_first_night(settings, demo, instance):
    result, _ = tick(periods_sensor(settings, demo), instance)
    assert result.skip_message == "22 fiscal periods, 2025-P01 to 2026-P10."
    assert len(instance.get_dynamic_partitions(PERIODS.name)) == 22
