"""Who gains or loses by what somebody approves or answers: those people sign nothing of it."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from pipelines.ledger import Ledger, WrongEntry
from pipelines.store import NothingPublished, Store, published

EARNING = ("payee_id", "order_line_id")
NAMED = ("payee_id", "payee_name")


def interested_in(
    store: Store, ledger: Ledger, payee_id: str, order_line_id: str | None = None, *, alone: bool = False
) -> frozenset[str]:  # fmt: skip
    """Payee ids and names of a payee, and of everybody who earns on the same order line: by a split, or by an override.

    Args:
        store: Its published calculation, drafts and closed periods say who earns on what, and how people are called.
        ledger: What was posted.
        payee_id: Whom it is about.
        order_line_id: The order line that it is about; without one, every line of the payee counts.
        alone: Without an order line only the payee counts: it pays nobody else.
    """
    if alone and order_line_id is None:
        return frozenset({payee_id}) | names_of(store, [payee_id])
    earning = pl.concat([_texts(ledger.postings(), EARNING), *_tables(store, "earnings", EARNING)]).drop_nulls()
    own = earning.filter(pl.col("payee_id") == payee_id)["order_line_id"]
    lines = own if order_line_id is None else pl.Series([order_line_id])
    others = earning.filter(pl.col("order_line_id").is_in(lines.implode()))["payee_id"]
    ids = {payee_id, *others}
    return frozenset(ids) | names_of(store, ids)


def lines_of(store: Store, ledger: Ledger, payee_id: str) -> frozenset[str]:
    """Order lines that a payee earns on, posted or not."""
    earning = pl.concat([_texts(ledger.postings(), EARNING), *_tables(store, "earnings", EARNING)]).drop_nulls()
    return frozenset(earning.filter(pl.col("payee_id") == payee_id)["order_line_id"])


def names_of(store: Store, payee_ids: Iterable[str]) -> frozenset[str]:
    """Names of payees, as any of their rows has them."""
    known = pl.concat([pl.DataFrame(schema=dict.fromkeys(NAMED, pl.String)), *_tables(store, "payees", NAMED)])
    return frozenset(known.filter(pl.col("payee_id").is_in(list(payee_ids)))["payee_name"].drop_nulls())


def require_payee(store: Store, payee_id: str) -> None:
    """Raise unless the store knows the payee, where it knows any.

    Raises:
        WrongEntry: nobody has this id; names a few who are there.
    """
    known = pl.concat([pl.DataFrame(schema=dict.fromkeys(NAMED, pl.String)), *_tables(store, "payees", NAMED)])[
        "payee_id"
    ].unique()
    if not known.is_empty() and payee_id not in known:
        near = ", ".join(known.sort().head(5))
        raise WrongEntry(
            f"'{payee_id}' is no payee of this company; ids are such as {near}. Give the id that payees has."
        )


def _tables(store: Store, name: str, columns: tuple[str, ...]) -> Iterator[pl.DataFrame]:
    """A table of the published calculation, and of each draft and closed period."""
    with contextlib.suppress(NothingPublished):
        yield _texts(published(store).read(name), columns)
    for folder in ("proposed", "closed"):
        for path in sorted((store.root / folder).glob(f"[!.]*/*/{name}.parquet")):
            yield _read(path, columns)


def _read(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    return _texts(pl.read_parquet(path, columns=list(columns)), columns)


def _texts(table: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    return table.select(pl.col(columns).cast(pl.String)).unique()
