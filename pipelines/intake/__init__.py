"""From exports as they came to the contract's tables: read, map, check, and account for every row.

Here: files, formats, mappings, refusals. Not here: who is credited, or what anybody earns.
"""

from pipelines.intake.result import CompanyFolder, Intake, IntakeStopped, NotConservedError
from pipelines.intake.take_in import take_in

__all__ = ["CompanyFolder", "Intake", "IntakeStopped", "NotConservedError", "take_in"]
