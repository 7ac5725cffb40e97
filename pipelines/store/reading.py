"""The tables of the calculation that a store has published, each read when it is first asked for."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import polars.selectors as cs

from pipelines.company_folder import CompanyFolder
from pipelines.store.calculations import Calculation, published
from pipelines.store.contracts import TABLES
from pipelines.store.errors import StoreError
from pipelines.store.place import Store


def published_tables(root: Path, folder: CompanyFolder) -> Mapping[str, pl.LazyFrame]:
    """Contract and result tables that the last run of a store published, those of settlement included.

    Raises:
        NothingPublished: no run has published anything there.
        StoreError: it was made with other rule files than the company has now, or a table cannot be read.
    """
    calculation = published(Store.at(root))
    if calculation.rules != folder.fingerprint():
        raise StoreError(
            f"{root} was computed with other rule files than {folder.path} holds now: figures and the sentences that explain them "
            f"would not belong together. Run `creditdue run --company {folder.path} --store {root}` with its exports again."
        )
    return _Published(calculation)


class _Published(Mapping[str, pl.LazyFrame]):
    def __init__(self, calculation: Calculation) -> None:
        self.calculation = calculation
        self.known: dict[str, pl.LazyFrame] = {}

    def __getitem__(self, name: str) -> pl.LazyFrame:
        if name not in TABLES:
            raise KeyError(name)
        if name not in self.known:
            texts = cs.by_dtype(pl.Categorical, pl.Enum).cast(pl.String)
            self.known[name] = self.calculation.read(name).with_columns(texts).lazy()
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)
