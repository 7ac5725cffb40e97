"""One module a rule between rows or tables: who refers to whom, what comes twice, what is taken whole.

Each takes the ``World`` and holds faults against rows of its batches. Not here: how a value is written.
"""

from pipelines.intake.rules.apply import apply_rules

__all__ = ["apply_rules"]
