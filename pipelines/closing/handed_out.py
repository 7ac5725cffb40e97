"""Whether the statements that people read are those that were sealed: copies of closed periods, compared byte for byte."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.ledger import Closing
from pipelines.store import Store


def faults_of_statements(store: Store, closings: Iterable[Closing]) -> Iterator[str]:
    """What of the statements of closed periods is not as it was sealed, in words with file and what to do.

    A period without sealed statements paid nobody. What the sealed folder itself lacks is for `verify` of the ledger to say.

    Args:
        store: The store.
        closings: Records of the closes.
    """
    for closing in closings:
        sealed, issued = store.root / "closed" / closing.period / "statements", store.statements / closing.period
        for name, fault in _faults(sealed, issued) if sealed.is_dir() else ():
            yield (
                f"statements/{closing.period}/{name}: {fault}. The sealed one counts: `creditdue close {closing.period}` puts it back "
                "in its place."
            )


def _faults(sealed: Path, issued: Path) -> Iterator[tuple[str, str]]:
    """File by file, in order of name."""
    names = [{path.name for path in folder.iterdir()} if folder.is_dir() else set() for folder in (sealed, issued)]
    for name in sorted(names[0] | names[1]):
        if name not in names[1]:
            yield name, "the statement that was sealed is not here"
        elif name not in names[0]:
            yield name, "was not among the statements that were sealed"
        elif (sealed / name).read_bytes() != (issued / name).read_bytes():
            yield name, "is not the one that was sealed"
