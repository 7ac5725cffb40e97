"""What intake gives, what it needs, and how it stops."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from schemas.rules.company import Company
from schemas.rules.source import Source


class CompanyFolder(Protocol):
    """What intake asks of a company's folder."""

    @property
    def path(self) -> Path:
        """The folder itself."""

    @property
    def company(self) -> Company:
        """company.yaml."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every file in sources/."""


@dataclass(frozen=True)
class Intake:
    """Everything that came, in the tables of ``schemas/contract`` and ``schemas/core/intake.py``.

    ``facts`` has every contract table, empty where nothing came. ``row_sources`` names the further source rows of
    rows made of several.
    """

    facts: dict[str, pl.DataFrame]
    quarantine: pl.DataFrame
    received: pl.DataFrame
    received_amounts: pl.DataFrame
    notes: pl.DataFrame
    row_sources: pl.DataFrame
    applied_corrections: pl.DataFrame


class IntakeStopped(Exception):
    """Nothing may be calculated from what came; ``intake`` is as far as it got, so that the reasons can be shown."""

    def __init__(self, message: str, intake: Intake | None = None) -> None:
        super().__init__(message)
        self.intake = intake


class NotConservedError(Exception):
    """Rows or money of a file do not add up: received is not accepted + quarantined + superseded."""
