"""How a command ends, by what went wrong: one table for the command line and for the nightly run."""

import builtins

DONE, STOPPED, WRONG_USE, FAULT = 0, 1, 2, 3

BY_KIND = {
    **dict.fromkeys(
        ("RuleFileError", "NoResults", "UnsafeEnvironment", "SettingsError", "WrongPeriod", "UnknownPeriod", "NoVersion",
         "WrongLedgerAddress", "WrongEntry", "WrongOrder", "BaseChangesInsideYear"),
        WRONG_USE,
    ),
    **dict.fromkeys(
        (
            "IntakeStopped", "FileRefused", "PayoutError", "UnknownPlan", "OverlappingPlans", "MissingQuota", "MissingRate", "NotEstimable",
            "TreeLoops", "OutsideCalendar", "AmountsTooLarge", "NotFound", "StoreError", "StoreInUse", "EmptiedTable",
            "NothingPublished", "FolderInUse", "UnreadableManifest", "RunFailed", "LedgerError", "LedgerBusy", "LedgerDamaged",
            "NewerLedger", "TransitionRefused", "AlreadyRecorded", "AlreadyClosed",
            "CloseRefused", "NoDraft", "SealBroken", "ClosedMeanwhile", "NotIssued", "NotKept", "NotOurs", "CannotRebuild",
            "ManagerLoop", "ManagersLoop", "MixedCurrencies", "MissingFigure", "UnknownFactor", "WrongWeights", "MissingIncentive",
            "NoSuchCredits",
        ),
        STOPPED,
    ),
    **dict.fromkeys(
        (
            "NotConserved", "NotConservedError", "StatementDoesNotAdd", "ContractBroken", "UnorderedCredits", "WrongSchema",
            "NotReproduced", "UnsafeName", "UnreadableWorkbook", "MissingBooks", "CreditsMissing", "CheckFailed",
        ),
        FAULT,
    ),
}  # fmt: skip
"""Every error of ours by the name of its class; names, so that looking one up loads nothing."""

OURS = ("schemas", "compensation", "pipelines")


def code_of_kind(kind: str) -> int:
    """The exit code for the name of an error; a disk or file that fails stops a run, what nobody foresaw is a fault."""
    known = getattr(builtins, kind, None)
    is_system = isinstance(known, type) and issubclass(known, OSError)
    return BY_KIND.get(kind, STOPPED if is_system else FAULT)


def known_kind(error: BaseException) -> str | None:
    """The name under which an error of ours, or the class of ours that it is a case of, is listed; None where none is."""
    own = (kind.__name__ for kind in type(error).__mro__ if kind.__module__.split(".")[0] in OURS)
    return next((name for name in own if name in BY_KIND), None)
