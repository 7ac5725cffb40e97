"""What a code location loads: which company, which exports, which store, as of which day."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.store import Store

COMPANY, EXPORTS, STORE, TABLES, AS_OF = (
    "CREDITDUE_COMPANY",
    "CREDITDUE_EXPORTS",
    "CREDITDUE_STORE",
    "CREDITDUE_TABLES",
    "CREDITDUE_AS_OF",
)
DEMO = Path(__file__).parents[2] / "examples" / "demo"
DEMO_AS_OF = date(2026, 10, 31)


class SettingsError(ValueError):
    """An environment variable names something that is not there."""


@dataclass(frozen=True)
class Settings:
    """Where a run reads and writes.

    Attributes:
        company: Company folder.
        exports: Folder that the sources' files lie in.
        store: Where results go.
        as_of: Day that the run is made for; None for the day it runs on, in the company's time zone.
    """

    company: Path
    exports: Path
    store: Store
    as_of: date | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read ``CREDITDUE_COMPANY``, ``_EXPORTS``, ``_STORE``, ``_TABLES`` and ``_AS_OF``.

        Where nothing is named, the demo company of a source checkout is loaded, so that ``dagster dev`` shows
        everything; its results go to ``out/demo``.

        Raises:
            SettingsError: a folder is not there, the day is no date, or nothing is named outside a checkout; says
                which variable, what it holds, and what it should name.
            StoreError: the store is no folder.
        """
        company = _company(environment.get(COMPANY, "").strip())
        exports = _exports(environment.get(EXPORTS, "").strip(), company)
        store = environment.get(STORE, "").strip() or str(_default_store(company))
        as_of = _day(environment.get(AS_OF, "").strip())
        if as_of is None and not environment.get(AS_OF) and _is_demo(company):
            as_of = DEMO_AS_OF
        return cls(company, exports, Store.at(store, environment.get(TABLES, "").strip() or None), as_of)


def today(time_zone: str) -> date:
    """Today's date where the company is: the one place that reads the clock for a run."""
    return datetime.now(ZoneInfo(time_zone)).date()


def _company(given: str) -> Path:
    if not given:
        if (DEMO / "company.yaml").is_file():
            return DEMO
        raise SettingsError(f"{COMPANY} is not set. Set it to a company folder, the one with company.yaml in it.")
    folder = Path(given).expanduser().absolute()
    if not (folder / "company.yaml").is_file():
        raise SettingsError(
            f"{COMPANY}={given}: no company.yaml there. Set it to a company folder, e.g. examples/demo, or make one with "
            "`creditdue init FOLDER`."
        )
    return folder


def _exports(given: str, company: Path) -> Path:
    if not given:
        if (company / "exports").is_dir():
            return company / "exports"
        raise SettingsError(
            f"{EXPORTS} is not set, and {company} has no folder 'exports'. Set it to the folder that the exports arrive in."
        )
    folder = Path(given).expanduser().absolute()
    if not folder.is_dir():
        raise SettingsError(f"{EXPORTS}={given}: no such folder. Set it to the folder that the exports arrive in.")
    return folder


def _default_store(company: Path) -> Path:
    if _is_demo(company):
        return DEMO.parents[1] / "out" / "demo"
    raise SettingsError(
        f"{STORE} is not set. Set it to the folder that results of {company.name} go to; it need not exist yet."
    )


def _day(given: str) -> date | None:
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise SettingsError(
            f"{AS_OF}={given}: not a date. Write it as 2026-10-31, or leave it out for today."
        ) from None


def _is_demo(company: Path) -> bool:
    return company.absolute() == DEMO.absolute()
