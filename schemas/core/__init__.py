"""Contracts of the tables that the calculation makes, by name."""

from schemas.core.accounts import AccountFigure, AccountRisk, AgreementFigure
from schemas.core.attribution import (
    AdditionalCredit,
    AgreementShare,
    Booking,
    Carer,
    Credit,
    Finding,
    HandedOver,
    Motion,
    NotBooked,
    Shortfall,
)
from schemas.core.intake import AppliedCorrection, Note, Quarantined, Received, ReceivedAmount, RowSource
from schemas.core.payout import (
    Attainment,
    BonusPart,
    CurvePiece,
    Earning,
    EarningChange,
    PayAmount,
    ReadingTaken,
    TakenBack,
    Unpaid,
)
from schemas.core.settlement import Balance, Dispute, Drift, Held, PeriodPosting, Proposal
from schemas.core.statement import FigureInput, Statement, StatementLine
from schemas.table import Table

ATTRIBUTION_RESULTS: dict[str, type[Table]] = {
    "bookings": Booking,
    "not_booked": NotBooked,
    "motions": Motion,
    "credits": Credit,
    "additional_credits": AdditionalCredit,
    "carers": Carer,
    "hand_overs": HandedOver,
    "shortfalls": Shortfall,
    "agreement_shares": AgreementShare,
}
PAYOUT_RESULTS: dict[str, type[Table]] = {
    "earnings": Earning,
    "earning_changes": EarningChange,
    "clawbacks": TakenBack,
    "curves": CurvePiece,
    "readings": ReadingTaken,
    "bonuses": BonusPart,
    "pay_amounts": PayAmount,
    "attainment": Attainment,
    "unpaid": Unpaid,
}
ACCOUNT_RESULTS: dict[str, type[Table]] = {
    "account_figures": AccountFigure,
    "agreement_figures": AgreementFigure,
    "account_risks": AccountRisk,
}
STATEMENT_RESULTS: dict[str, type[Table]] = {
    "statements": Statement,
    "statement_lines": StatementLine,
    "figure_inputs": FigureInput,
}
INTAKE_RESULTS: dict[str, type[Table]] = {
    "received": Received,
    "received_amounts": ReceivedAmount,
    "quarantine": Quarantined,
    "notes": Note,
    "row_sources": RowSource,
    "applied_corrections": AppliedCorrection,
}
SETTLEMENT_RESULTS: dict[str, type[Table]] = {
    "proposals": Proposal,
    "postings": PeriodPosting,
    "balances": Balance,
    "held": Held,
    "disputes": Dispute,
    "drift": Drift,
}
CALCULATED: dict[str, type[Table]] = {
    **ATTRIBUTION_RESULTS,
    **ACCOUNT_RESULTS,
    **PAYOUT_RESULTS,
    **STATEMENT_RESULTS,
    "findings": Finding,
    **INTAKE_RESULTS,
}
"""Each table that exports and rules alone decide."""

RESULTS: dict[str, type[Table]] = {**CALCULATED, **SETTLEMENT_RESULTS}
"""Each result table by name: what is calculated, and what the ledger makes of it."""
