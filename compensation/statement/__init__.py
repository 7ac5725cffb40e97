"""Statements: each printed figure, what it was made of, and the sentence that explains it.

Here belongs what a statement says. Not here: how it looks (``pipelines.workbooks``) and how pay is computed
(``compensation.payout``): every figure is a sum or a difference of rows that payout made.
"""

from compensation.statement.detail import statement_details
from compensation.statement.state import Stated, StatementDoesNotAdd, state

__all__ = ["Stated", "StatementDoesNotAdd", "state", "statement_details"]
