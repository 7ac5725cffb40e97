"""Which plans a side of a comparison means: a folder, a file, or one version of a plan."""

from pathlib import Path

from pipelines.company_folder import CompanyFolder
from pipelines.rule_files import RuleFileError, load_rule_file
from schemas.rules.plan import Plan


def plans_meant(given: str, folder: CompanyFolder) -> tuple[Plan, ...]:
    """The plans that a side means.

    Args:
        given: A company folder or a folder of plan files (these plans and no others); a plan file (the company's plans, with
            the one of its name replaced); or ``plan@version`` (the company's plans, with this version in force all along).
        folder: The company.

    Raises:
        RuleFileError: there is no such thing, or a file has a fault; says what can be given.
    """
    path = Path(given)
    if path.is_dir():
        return _of_folder(path)
    if path.is_file():
        return _with(load_rule_file(path, Plan), folder)
    name, at, version = given.partition("@")
    if not at:
        raise RuleFileError(
            f"{given}: neither a folder nor a file; give a company folder, a folder of plan files, a plan file, or plan@version "
            f"such as {folder.plans[0].plan}@{folder.plans[0].versions[0].version}"
        )
    return _with(_only(name, version, folder), folder)


def _of_folder(path: Path) -> tuple[Plan, ...]:
    home = path / "plans" if (path / "company.yaml").is_file() else path
    plans, faults = [], []
    for file in sorted(home.glob("*.yaml")):
        try:
            plans.append(load_rule_file(file, Plan))
        except RuleFileError as error:
            faults.append(str(error))
    twice = sorted({plan.plan for plan in plans if [each.plan for each in plans].count(plan.plan) > 1})
    faults += [f"{home}: plan '{name}' is in two files; a plan is one file" for name in twice]
    if not plans and not faults:
        faults.append(f"{home}: no plan files (*.yaml) here; name a company folder or a folder of plan files")
    if faults:
        raise RuleFileError("\n".join(faults))
    return tuple(plans)


def _with(plan: Plan, folder: CompanyFolder) -> tuple[Plan, ...]:
    others = [each for each in folder.plans if each.plan != plan.plan]
    return tuple(sorted([*others, plan], key=lambda each: each.plan))


def _only(name: str, version: str, folder: CompanyFolder) -> Plan:
    """The plan as if one of its versions had been in force from its first day on."""
    known = {plan.plan: plan for plan in folder.plans}
    if name not in known:
        raise RuleFileError(f"{folder.path}: no plan '{name}'; there are {', '.join(sorted(known))}")
    plan = known[name]
    found = [each for each in plan.versions if each.version == version]
    if not found:
        there = ", ".join(each.version for each in plan.versions)
        raise RuleFileError(f"{folder.path}: plan {name} has no version '{version}'; it has {there}")
    first = min(each.valid_from for each in plan.versions)
    return plan.model_copy(update={"versions": (found[0].model_copy(update={"valid_from": first}),)})
