"""A company is a folder: ``company.yaml``, ``sources/``, ``plans/``. This reads it, whole or not at all."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from compensation.calculate import Rules
from pipelines.rule_files import RuleFileError, load_rule_file
from schemas.rules.company import Company
from schemas.rules.plan import Plan
from schemas.rules.source import Source

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class CompanyFolder:
    """A company as its folder says: what it is, how its exports are read, how its people are paid."""

    path: Path
    company: Company
    sources: tuple[Source, ...]
    plans: tuple[Plan, ...]

    @property
    def rules(self) -> Rules:
        """What the calculation needs of it."""
        return Rules(self.company, self.plans)

    def fingerprint(self) -> str:
        """SHA-256 over every rule file's path and bytes, in name order: which rules a result was made with."""
        digest = hashlib.sha256()
        for path in sorted(self.path.glob("**/*.yaml")):
            digest.update(path.relative_to(self.path).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()


def load_company(path: Path) -> CompanyFolder:
    """Read a company folder.

    Raises:
        RuleFileError: the folder or a file is missing, or files cannot be used; all faults of all files, one a line.
    """
    if not (path / "company.yaml").is_file():
        raise RuleFileError(
            f"{path}: no company.yaml here. Name a company folder, e.g. examples/demo, or make one with `creditdue init FOLDER`."
        )
    faults: list[str] = []

    def read(file: Path, model: type[Model]) -> Model | None:
        try:
            return load_rule_file(file, model)
        except RuleFileError as error:
            faults.append(str(error))
            return None

    company = read(path / "company.yaml", Company)
    sources = _all(read, path / "sources", Source)
    plans = _all(read, path / "plans", Plan)
    twice = sorted({plan.plan for plan in plans if [other.plan for other in plans].count(plan.plan) > 1})
    faults += [f"{path / 'plans'}: plan '{name}' is in two files; a plan is one file" for name in twice]
    if not sources and not faults:
        faults.append(f"{path / 'sources'}: no source files; say how the exports become the contract (docs/sources.md)")
    if faults or company is None:
        raise RuleFileError("\n".join(faults))
    return CompanyFolder(path, company, sources, plans)


def _all(read: Callable[[Path, type[Model]], Model | None], folder: Path, model: type[Model]) -> tuple[Model, ...]:
    found = (read(file, model) for file in sorted(folder.glob("*.yaml")))
    return tuple(one for one in found if one is not None)
