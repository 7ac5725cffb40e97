"""Where a store is, and what lies where inside it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.store.errors import StoreError

URL = re.compile(r"^[a-z][a-z0-9+.-]+://")


@dataclass(frozen=True)
class Store:
    """One company's store: a folder, whose tables may lie in object storage instead.

    Attributes:
        root: The folder. ``snapshots/`` holds what came (intake's), ``statements/`` the workbooks that were published,
            ``failures/`` a note on each run that failed, ``dagster/`` Dagster's home, which may be deleted at any time.
        tables: Folder or URL (``s3://bucket/creditdue``) of the Delta tables, one below it per table.
    """

    root: Path
    tables: str

    @classmethod
    def at(cls, root: Path | str, tables: str | None = None) -> "Store":
        """The store in a folder.

        Args:
            root: The folder; it need not exist yet.
            tables: URL or folder of the Delta tables, where they are not to lie in ``root / "tables"``.

        Raises:
            StoreError: ``root`` is a URL; only the tables can lie in object storage.
        """
        if URL.match(str(root)):
            raise StoreError(
                f"{root}: the store itself is a folder, since workbooks and snapshots are files. Give a folder, and set "
                "CREDITDUE_TABLES to the URL if the tables are to lie in object storage."
            )
        folder = Path(root).expanduser().absolute()
        return cls(folder, tables or str(folder / "tables"))

    @property
    def snapshots(self) -> Path:
        """What came, as intake keeps it."""
        return self.root / "snapshots"

    @property
    def statements(self) -> Path:
        """Published workbooks, a folder per fiscal period."""
        return self.root / "statements"

    @property
    def failures(self) -> Path:
        """A note on each run that failed."""
        return self.root / "failures"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own records; deleting them loses no figure."""
        return self.root / "dagster"

    @property
    def is_local(self) -> bool:
        """Whether the tables are files here."""
        return URL.match(self.tables) is None

    def table(self, name: str) -> str:
        """Folder or URL of one Delta table."""
        return f"{self.tables.rstrip('/')}/{name}"

    def prepare(self) -> "Store":
        """Make the folders, readable by their owner only, and return the store.

        Raises:
            StoreError: the folder cannot be made or written; says which.
        """
        try:
            for folder in (self.root, self.snapshots, self.statements, self.failures, self.dagster_home):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{self.root}: cannot be used as a store: {error.strerror}. Name a folder that can be written."
            ) from None
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise StoreError(
                f"{self.root}: is not writable. Name another folder, or give this user the right to write there."
            )
        return self
