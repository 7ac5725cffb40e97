"""The hash chain: what a row hashes to, what a link hashes to, and the anchor that pins the chain from outside."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.ledger.errors import WrongEntry

GENESIS = "0" * 64
"""What the first link follows."""

ADDED = {"adjustments": frozenset({"measure"})}
"""Columns that came after the first version of a ledger: where they are empty a row hashes as it did without them."""

ANCHOR = re.compile(r"([1-9][0-9]*):([0-9a-f]{64})")


@dataclass(frozen=True)
class Anchor:
    """How long the chain was and what its last hash was, as printed on a close report and kept elsewhere.

    Whoever can write the database can make a whole new chain, or put an old file back; against a number and a hash on
    paper he cannot.
    """

    length: int
    hash: str

    def __str__(self) -> str:
        return f"{self.length}:{self.hash}"

    @classmethod
    def of(cls, text: str) -> "Anchor":
        """The anchor written as ``1042:3fa9…`` (all 64 digits).

        Raises:
            WrongEntry: it is written otherwise.
        """
        found = ANCHOR.fullmatch(text.strip())
        if found is None:
            raise WrongEntry(
                f"'{text}' is no anchor. Give it as the close report prints it: the number of entries, a colon and the 64 "
                "digits of the hash, e.g. 1042:3fa9…"
            )
        return cls(int(found[1]), found[2])


def row_hash(table: str, columns: Sequence[str], row: Mapping[str, Any]) -> str:
    """SHA-256 over a row: the table's name, then each column's name and value, in the table's order."""
    later = ADDED.get(table, frozenset())
    values = [[name, row[name]] for name in columns if row[name] is not None or name not in later]
    written = json.dumps([table, values], ensure_ascii=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(written.encode("ascii")).hexdigest()


def link_hash(sequence: int, table: str, key: int, row: str, previous: str, at: str) -> str:
    """SHA-256 over one link: its place, what it links, when, and the link before it."""
    written = f"{sequence}\n{table}\n{key}\n{row}\n{previous}\n{at}"
    return hashlib.sha256(written.encode("utf-8", "surrogateescape")).hexdigest()
