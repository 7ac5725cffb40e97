"""What ``creditdue calculate`` wrote, read back: quick to load, since nothing that calculates is needed for it."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from pipelines.company_folder import CompanyFolder
from pipelines.parquet import MANIFEST, UNFINISHED
from pipelines.wanted import RESULT_TABLES, NoResults
from schemas.contract import CONTRACT


def read_results(folder: Path) -> dict[str, pl.LazyFrame]:
    """The tables that ``creditdue calculate`` wrote, contract tables included.

    Raises:
        NoResults: there is no complete result in the folder; says whether to run first or to run again.
    """
    names = manifest_in(folder)["tables"]
    needed = [*CONTRACT, *RESULT_TABLES]
    missing = [name for name in needed if name not in names and f"contract/{name}" not in names]
    if missing:
        raise NoResults(
            f"{folder} holds only some tables ({missing[0]} is missing). Run `creditdue calculate` without --tables."
        )
    lost = [name for name in names if not (folder / f"{name}.parquet").is_file()]
    if lost:
        raise NoResults(f"{folder}: {lost[0]}.parquet is gone. Run `creditdue calculate --out {folder}` again.")
    texts = cs.by_dtype(pl.Categorical, pl.Enum).cast(pl.String)
    return {
        name.removeprefix("contract/"): pl.scan_parquet(folder / f"{name}.parquet").with_columns(texts)
        for name in names
    }


def manifest_in(folder: Path) -> dict[str, Any]:
    """What a complete result in the folder was made from, as ``manifest_of`` gives it, with its ``tables``.

    Raises:
        NoResults: there is none, or writing it was interrupted.
    """
    run = f"Run `creditdue calculate --out {folder}`"
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        if not isinstance(manifest["tables"], list):
            raise TypeError
    except FileNotFoundError:
        if (folder / UNFINISHED).exists():
            raise NoResults(
                f"{folder}: a calculation was interrupted while it wrote here, so the tables may be of two. {run} again."
            ) from None
        raise NoResults(f"{folder}: no {MANIFEST} here, so no complete result. {run} first.") from None
    except (ValueError, KeyError, TypeError):
        raise NoResults(f"{folder}: {MANIFEST} is damaged. {run} again.") from None
    return manifest


def require_made_with(rules: CompanyFolder, folder: Path) -> None:
    """Refuse results that other rules made: figures and the sentences that explain them would not belong together.

    Raises:
        NoResults: there is no complete result, or the company's rule files have changed since.
    """
    if manifest_in(folder).get("rules") != rules.fingerprint():
        raise NoResults(
            f"{folder} was calculated with other rule files than {rules.path} holds now. "
            f"Run `creditdue calculate --company {rules.path} --out {folder}` with its exports again."
        )
