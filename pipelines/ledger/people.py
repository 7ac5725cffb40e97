"""Who acts: one spelling for one person."""

import getpass
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.ledger.errors import WrongEntry


@dataclass(frozen=True)
class Person:
    """Somebody who records, reviews, approves or closes.

    Attributes:
        name: As they are known here.
        payee_id: The payee that they are, where they are paid commission.
    """

    name: str
    payee_id: str | None = None

    @property
    def key(self) -> str:
        """What tells people apart: neither case nor blanks nor the way an accent is written."""
        return " ".join(unicodedata.normalize("NFKC", self.name).casefold().split())

    def is_same(self, other: "Person") -> bool:
        """Whether both are one person, by name or because they are the same payee."""
        return self.key == other.key or (self.payee_id is not None and self.payee_id == other.payee_id)

    def is_among(self, interested: frozenset[str]) -> bool:
        """Whether the person is one of those named, by payee id or by name."""
        known = {Person(name).key for name in interested}
        return self.key in known or (self.payee_id is not None and Person(self.payee_id).key in known)


def acting(named: str | None = None, environment: Mapping[str, str] = os.environ) -> Person:
    """Who acts on this command: as named, else ``CREDITDUE_USER``, else the user of the operating system.

    Raises:
        WrongEntry: there is no name at all.
    """
    name = (named or environment.get("CREDITDUE_USER") or _of_the_system()).strip()
    if not name:
        raise WrongEntry("Nobody is named. Say who acts: --as NAME, or set CREDITDUE_USER.")
    return Person(name)


def _of_the_system() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
