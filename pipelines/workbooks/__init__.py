"""Excel workbooks: one statement per payee and period, and one period workbook for finance.

Here belong the look (openpyxl is its one definition), the sheets, the files and how a period's set of files is
published. Not here: any figure. What is printed comes from ``compensation.statement``; a formula in a sheet only
re-adds it, and every formula carries the engine's result.
"""

import os

os.environ["OPENPYXL_LXML"] = "False"  # lxml writes other bytes; the same figures must give the same file

from pipelines.workbooks.data import PeriodData, PeriodInfo, Provenance, SourceFile, StatementData
from pipelines.workbooks.files import WrittenFile
from pipelines.workbooks.publish import PublishedPeriod, write_period_statements
from pipelines.workbooks.write import write_period, write_statement

__all__ = [
    "PeriodData",
    "PeriodInfo",
    "Provenance",
    "PublishedPeriod",
    "SourceFile",
    "StatementData",
    "WrittenFile",
    "write_period",
    "write_period_statements",
    "write_statement",
]
