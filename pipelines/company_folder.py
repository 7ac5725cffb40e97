"""A company is a folder: ``company.yaml``, ``sources/``, ``plans/``. This reads it, whole or not at all."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from compensation.rules import Rules
from pipelines.rule_files import RuleFileError, parse_rule_file, rule_bytes
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
    rules_sha256: str

    @property
    def rules(self) -> Rules:
        """What the calculation needs of it."""
        return Rules(self.company, self.plans)

    def fingerprint(self) -> str:
        """SHA-256 over path and bytes of every rule file that was loaded, as it was read, in name order: which rules a result was made with."""
        return self.rules_sha256


def load_company(path: Path) -> CompanyFolder:
    """Read a company folder: ``company.yaml``, ``sources/*.yaml`` and ``plans/*.yaml``, each once.

    Folders below ``sources/`` and ``plans/`` are not looked into, so that alternatives can be kept there.

    Raises:
        RuleFileError: the folder or a file is missing, or files cannot be used; all faults of all files, one a line.
    """
    misnamed = list(_misnamed(path))
    if not (path / "company.yaml").is_file():
        raise RuleFileError("\n".join(misnamed) or _no_company(path))
    reading = _Reading(path, misnamed)
    company = reading.model(path / "company.yaml", Company)
    sources = reading.models("sources", Source)
    plans = reading.models("plans", Plan)
    faults = reading.faults
    twice = sorted({plan.plan for plan in plans if [other.plan for other in plans].count(plan.plan) > 1})
    faults += [f"{path / 'plans'}: plan '{name}' is in two files; a plan is one file" for name in twice]
    if not sources and not faults:
        faults.append(f"{path / 'sources'}: no source files; say how the exports become the contract (docs/sources.md)")
    if faults or company is None:
        raise RuleFileError("\n".join(faults))
    return CompanyFolder(path, company, sources, plans, _fingerprint(reading.read))


@dataclass
class _Reading:
    """Rule files as they are read: each file's bytes once, and what is wrong with any."""

    folder: Path
    faults: list[str]
    read: dict[str, bytes] = field(default_factory=dict)

    def model(self, file: Path, model: type[Model]) -> Model | None:
        """The model in a file; None where it has a fault, which is noted."""
        try:
            raw = rule_bytes(file)
            self.read[file.relative_to(self.folder).as_posix()] = raw
            return parse_rule_file(file, raw, model)
        except RuleFileError as error:
            self.faults.append(str(error))
            return None

    def models(self, part: str, model: type[Model]) -> tuple[Model, ...]:
        """The models in ``<part>/*.yaml``, in name order."""
        found = (self.model(file, model) for file in sorted((self.folder / part).glob("*.yaml")))
        return tuple(one for one in found if one is not None)


def _fingerprint(read: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, raw in sorted(read.items()):
        digest.update(name.encode() + b"\0" + raw + b"\0")
    return digest.hexdigest()


def _misnamed(path: Path) -> Iterator[str]:
    """A sentence for each file that is meant as a rule file and would be passed over because of how it ends."""
    for part in (path, path / "sources", path / "plans"):
        for file in sorted(part.glob("*")):
            ending = file.suffix
            meant = part != path or file.stem.lower() == "company"
            if meant and file.is_file() and ending.lower() in (".yaml", ".yml") and ending != ".yaml":
                yield f"{file}: rule files end in .yaml; rename it to {file.stem}.yaml, or move it away if it is not to count"


def _no_company(path: Path) -> str:
    return f"{path}: no company.yaml here. Name a company folder, e.g. examples/demo, or make one with `creditdue init FOLDER`."
