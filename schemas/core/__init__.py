"""Contracts of the tables that the calculation makes, by name."""

from schemas.core.attribution import Booking, Carer, Credit, Finding, Motion, NotBooked
from schemas.core.intake import AppliedCorrection, Note, Quarantined, Received, ReceivedAmount, RowSource
from schemas.core.payout import (
    Attainment,
    BonusPart,
    CurvePiece,
    Earning,
    EarningChange,
    PayAmount,
    ReadingTaken,
    Unpaid,
)
from schemas.core.statement import FigureInput, Statement, StatementLine
from schemas.table import Table

RESULTS: dict[str, type[Table]] = {
    "bookings": Booking,
    "not_booked": NotBooked,
    "motions": Motion,
    "credits": Credit,
    "carers": Carer,
    "earnings": Earning,
    "earning_changes": EarningChange,
    "curves": CurvePiece,
    "readings": ReadingTaken,
    "bonuses": BonusPart,
    "pay_amounts": PayAmount,
    "attainment": Attainment,
    "unpaid": Unpaid,
    "statements": Statement,
    "statement_lines": StatementLine,
    "figure_inputs": FigureInput,
    "findings": Finding,
    "quarantine": Quarantined,
    "received": Received,
    "received_amounts": ReceivedAmount,
    "notes": Note,
    "row_sources": RowSource,
    "applied_corrections": AppliedCorrection,
}
"""Each result table by name."""
