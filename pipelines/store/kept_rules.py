"""Copies of rule files by content, so that what was computed with them can be computed again.

Layout: ``rules/<first 16 digits of the fingerprint>/`` holds ``company.yaml``, ``sources/`` and ``plans/`` as they were read.
Written aside, checked, moved into place; never written again.
"""

import shutil
import tempfile
from pathlib import Path

from pipelines.company_folder import CompanyFolder, load_company
from pipelines.rule_files import RuleFileError
from pipelines.store.errors import StoreError
from pipelines.store.place import Store
from pipelines.workbooks.files import private_umask

DIGITS = 16
NEW = ".new-"


def keep_rules(store: Store, folder: CompanyFolder) -> Path:
    """Copy the rule files that a run computes with, unless these are kept already.

    Returns:
        The folder of the copy.

    Raises:
        StoreError: they changed while they were copied, or the store cannot be written.
    """
    place = store.root / "rules" / folder.fingerprint()[:DIGITS]
    if place.is_dir():
        return place
    try:
        with private_umask():
            place.parent.mkdir(parents=True, exist_ok=True)
            aside = Path(tempfile.mkdtemp(prefix=NEW, dir=place.parent))
            copy_rules(folder, aside)
            _put_in_place(aside, place)
    except OSError as error:
        raise StoreError(
            f"{place}: the rule files cannot be kept: {error.strerror}. See to it and run again."
        ) from None
    return place


def copy_rules(folder: CompanyFolder, target: Path) -> None:
    """Copy rule files into a folder, and see that they are still those that were loaded.

    Raises:
        StoreError: they are others by now.
    """
    source = folder.path
    for path in (source / "company.yaml", *source.glob("sources/*.yaml"), *source.glob("plans/*.yaml")):
        inside = target / path.relative_to(source)
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_bytes(path.read_bytes())
    if _fingerprint(target) != folder.fingerprint():
        shutil.rmtree(target, ignore_errors=True)
        raise StoreError(f"{source}: rule files changed while they were computed with. Nothing was kept; do it again.")


def _fingerprint(folder: Path) -> str:
    try:
        return load_company(folder).fingerprint()
    except RuleFileError:
        return ""


def _put_in_place(aside: Path, place: Path) -> None:
    try:
        aside.rename(place)
    except OSError:  # another run was quicker
        shutil.rmtree(aside, ignore_errors=True)
        if not place.is_dir():
            raise


def kept_rules(store: Store, fingerprint: str) -> CompanyFolder | None:
    """The rule files with a fingerprint, as a run kept them; None where none did, or they were changed since."""
    place = store.root / "rules" / fingerprint[:DIGITS]
    try:
        folder = load_company(place)
    except RuleFileError:
        return None
    return folder if folder.fingerprint() == fingerprint else None
