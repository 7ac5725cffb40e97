"""A tree of sentences, and the small looks into tables that it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from compensation.currency import minor_unit_digits

Tables = Mapping[str, pl.LazyFrame]
Row = dict[str, Any]


class NotFound(LookupError):
    """Nothing of that name is in the results; the message says what there is."""


@dataclass
class Node:
    """One sentence, and what it rests on."""

    text: str
    children: list["Node"] = field(default_factory=list)

    def add(self, text: str) -> "Node":
        """Add a sentence below this one and return it."""
        child = Node(text)
        self.children.append(child)
        return child


def rows_of(tables: Tables, name: str, **keys: Any) -> list[Row]:
    """The rows of a table whose columns have these values (None: is empty); no rows where there is no such table."""
    if name not in tables:
        return []
    conditions = [
        pl.col(column).is_null() if value is None else pl.col(column) == value for column, value in keys.items()
    ]
    return tables[name].filter(*conditions).collect().to_dicts()


def one_of(tables: Tables, name: str, **keys: Any) -> Row:
    """The first such row, or an empty one."""
    rows = rows_of(tables, name, **keys)
    return rows[0] if rows else {}


def credit_of(tables: Tables, row: Row) -> Row:
    """The credit that an earning, edge or change is of: a revenue credit, or one beside them; empty where it is gone."""
    key = {name: row[name] for name in ("order_line_id", "return_id", "credit_number")}
    return one_of(tables, "credits", **key) or one_of(tables, "additional_credits", **key)


def name_of(tables: Tables, payee_id: str) -> str:
    """``P-7 (Ada Lovelace)``, or what the house and nobody are called."""
    special = {"HOUSE": "the house (nobody is paid)", "EXCLUDED": "nobody: the account is excluded"}
    if payee_id in special:
        return special[payee_id]
    name = one_of(tables, "payees", payee_id=payee_id).get("payee_name")
    return f"{payee_id} ({name})" if name else payee_id


def place_of(row: Row) -> str:
    """``order_lines.csv:12``: where a row stands in what was received."""
    return f"{row['source_file']}:{row['source_line']}" if row.get("source_file") else "no source row"


def places_of(tables: Tables, table: str, row: Row) -> str:
    """The same with every further row that it was made of."""
    others = rows_of(
        tables, "row_sources", table=table, source_file=str(row.get("source_file")), source_line=row.get("source_line")
    )
    more = [f"{other['other_file']}:{other['other_line']}" for other in others]
    shown = ", ".join([place_of(row), *more[:5]])
    return f"{shown} and {len(more) - 5:,} more rows" if len(more) > 5 else shown  # noqa: PLR2004


def money_text(amount: Any, currency: str) -> str:
    """``1,234.50 EUR`` with the currency's own decimals."""
    return f"{amount:,.{minor_unit_digits(currency)}f} {currency}"
