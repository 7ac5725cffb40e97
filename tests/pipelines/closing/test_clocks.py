"""Which period it is, and what it posts, is no matter of clocks: they may jump back, stand still, or change to summer time."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from pipelines.closing import close_draft
from pipelines.company_folder import load_company
from pipelines.defs.automation import nightly_schedule
from pipelines.defs.home import instance_of
from pipelines.defs.settings import Settings
from pipelines.ledger import ledger_address, open_ledger, verify
from tests.pipelines.closing.closing_world import CLOSER, TODAY, World, euro

BERLIN = ZoneInfo("Europe/Berlin")
MONTHS_END = datetime(2026, 1, 31, 22, 59, 50, tzinfo=UTC)
"""Ten seconds before midnight in Berlin, on the last day of January."""


def jumping_back():
    """A clock that is 40 minutes earlier each time it is read."""
    reads = iter(range(10_000))
    return lambda: MONTHS_END - next(reads) * timedelta(minutes=40)


CLOCKS = {
    "as it is": lambda: lambda: datetime.now(UTC), "jumping back": jumping_back, "ten seconds before midnight": lambda: lambda: MONTHS_END,
    "a day later": lambda: lambda: MONTHS_END + timedelta(days=1),
}  # fmt: skip


def closed(root, clock):
    """January and February closed while the ledger's clock does what it likes: content hashes, postings, balances."""
    world = World(root)
    world.ledger = open_ledger(ledger_address(world.store.root, {}), CLOCKS[clock]())
    world.export({"O1": ("2026-01-31", "10000.00"), "O2": ("2026-02-01", "500.00")})
    hashes = []
    for period in ("2026-P01", "2026-P02"):
        hashes.append(world.submit(period).content.hash)
        closing = close_draft(world.store, world.ledger, period, CLOSER, today=TODAY)
    assert verify(world.ledger, closing.anchor, world.store.root / "closed").faults == []
    assert [one.period for one in world.ledger.closings()] == ["2026-P01", "2026-P02"]
    assert world.posted("2026-P01") == [euro("1000.00")]
    assert world.posted("2026-P02") == [euro("50.00")]
    return hashes, world.ledger.postings()


@pytest.fixture(scope="module")
def normally(tmp_path_factory):
    return closed(tmp_path_factory.mktemp("normally"), "as it is")


@pytest.mark.parametrize(
    "clock", [clock if clock == "jumping back" else pytest.param(clock, marks=pytest.mark.slow) for clock in CLOCKS]
)
def test_16_whatever_the_clock_does_the_same_is_posted_in_the_same_order(tmp_path, normally, clock):
    hashes, postings = closed(tmp_path, clock)
    assert hashes == normally[0]
    assert postings.equals(normally[1])
    assert postings["posting_number"].to_list() == list(range(1, postings.height + 1))


@pytest.mark.parametrize(
    ("first", "hours"),
    [(datetime(2026, 3, 27, tzinfo=BERLIN), {"02:30+0100", "03:00+0200", "02:30+0200"}), (datetime(2026, 10, 23, tzinfo=BERLIN), {"02:30+0200", "02:30+0100"})],
    ids=["spring", "autumn"],
)  # fmt: skip
def test_17_a_night_runs_once_on_the_days_on_which_the_clocks_change(tmp_path, first, hours):
    world = World(tmp_path)
    world.export({"O1": ("2026-01-10", "10000.00")})
    schedule = nightly_schedule(Settings(world.company, world.exports, world.store), load_company(world.company))
    requests = []
    with instance_of(world.store) as instance:
        ticks = dg._utils.schedules.schedule_execution_time_iterator(
            first.timestamp(), schedule.cron_schedule, schedule.execution_timezone
        )
        for moment in ticks:
            if moment > first + timedelta(days=5):
                break
            context = dg.build_schedule_context(instance=instance, scheduled_execution_time=moment)
            requests += [(moment, request) for request in schedule.evaluate_tick(context).run_requests]
    days = Counter(request.tags["creditdue/as_of"] for _, request in requests)
    assert days == {str((first + timedelta(days=day)).date()): 1 for day in range(len(days))}
    assert len(days) == 5
    assert len({request.run_key for _, request in requests}) == 5
    assert {moment.astimezone(BERLIN).strftime("%H:%M%z") for moment, _ in requests} == hours
