"""What bonuses and pools look at: readings of everybody on them, gates and multipliers, and results that are not there yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Protocol

from compensation.payout.bonuses.given import Taken
from compensation.payout.bonuses.presence import ONE_DAY, Presence
from compensation.payout.curves.payouts import factor_at, is_open
from compensation.payout.readings.readings import Asked, interval_of, window_on, words
from compensation.payout.windows import Windows
from schemas.rules.modifier import Gate, Multiplier
from schemas.rules.reading import Reading

NEEDS = {
    "kpi": "Add it to kpi_results: subject_id {payee}, kpi {kpi}, period {period}.",
    "growth": "There is none before the second interval with revenue.",
    "margin_share": "There is none while there is no revenue.",
    "nrr": "There is none while no customer of theirs had revenue in the same part of the year before.",
    "grr": "There is none while no customer of theirs had revenue in the same part of the year before.",
}
"""What a figure that is missing waits for."""


class TakesReadings(Protocol):
    """Whatever takes readings: ``compensation.payout.readings.readings.Readings``."""

    def values(self, reading: Reading, asked: Sequence[Asked]) -> list[Fraction | None]:
        """The reading of each payee and interval asked for, exactly; None where there is no such figure (yet)."""


@dataclass(frozen=True)
class Looks:
    """Looks at readings of payees on a part of a plan."""

    readings: TakesReadings
    windows: Windows

    def at(self, reading: Reading, there: Sequence[Presence[Any]]) -> list[Fraction | None]:
        """The reading of each of them, in the interval that its scope says of their window."""
        labels = dict.fromkeys(one.window.label for one in there)
        spans = {label: interval_of(reading.scope, label, self.windows) for label in labels}
        asked = [Asked(one.payee_id, one.plan.currency, *spans[one.window.label]) for one in there]
        return self.readings.values(reading, asked)

    def gates(self, gates: Sequence[Gate], name: str, there: Sequence[Presence[Any]]) -> list[list[Taken]]:
        """What each gate says to each of them: for everybody the gates in order, with effect 1 (open) or 0."""
        each = [
            [
                Taken(one, name, f"gate {number}", words(gate.reading), value, Fraction(is_open(gate, value)))
                for one, value in zip(there, self.at(gate.reading, there), strict=True)
            ]
            for number, gate in enumerate(gates, start=1)
        ]
        return by_payee(each, len(there))

    def multipliers(
        self, multipliers: Sequence[Multiplier], name: str, there: Sequence[Presence[Any]]
    ) -> list[list[Taken]]:
        """What each multiplier multiplies by: for everybody the multipliers in order."""
        each = [
            [
                Taken(one, name, f"multiplier {number}", words(times.reading), value, factor_at(times, value))
                for one, value in zip(there, self.at(times.reading, there), strict=True)
            ]
            for number, times in enumerate(multipliers, start=1)
        ]
        return by_payee(each, len(there))


def by_payee(each: Sequence[Sequence[Taken]], count: int) -> list[list[Taken]]:
    """What was taken of each payee, instead of each reading."""
    return [[taken[place] for taken in each] for place in range(count)]


def missing(takes: Sequence[tuple[Taken, Reading, str]], windows: Windows) -> list[dict[str, Any]]:
    """A finding for each figure that is not there: a note while its window is open, a warning once it is over.

    Args:
        takes: What was taken, the reading, and in words what follows without it.
        windows: The fiscal calendar in numbers.
    """
    return [_missing(taken, reading, so, windows) for taken, reading, so in takes if taken.value is None]


def _missing(taken: Taken, reading: Reading, so: str, windows: Windows) -> dict[str, Any]:
    one = taken.presence
    window = (one.window.label, one.window.end, one.window.known_end)
    return missing_result(taken.component, one.payee_id, window, reading, so, windows)


def missing_result(
    component: str, payee_id: str, window: tuple[str, date, date], reading: Reading, so: str, windows: Windows
) -> dict[str, Any]:
    """The finding on a figure that is not there: a note while the window is open, a warning once it is over.

    Args:
        component: What looks at it.
        payee_id: Whose figure it is.
        window: Label of the window, the day after its last, and the day after its last that is known.
        reading: What is looked at.
        so: In words what follows without it.
        windows: The fiscal calendar in numbers.
    """
    label, end, known_end = window
    period = windows.labels[window_on(reading.scope, end - ONE_DAY, windows)]
    needs = NEEDS.get(reading.of, "").format(payee=payee_id, kpi=reading.kpi, period=period)
    return {
        "code": "result_missing",
        "severity": "warning" if known_end == end else "note",
        "subject_table": "kpi_results" if reading.of == "kpi" else "payees",
        "subject_id": payee_id,
        "event_date": known_end - ONE_DAY,
        "detail": f"{component} of payee {payee_id}, {label}: there is no {words(reading)} yet, so {so}. {needs}".rstrip(),
    }
