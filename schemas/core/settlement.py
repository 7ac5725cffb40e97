"""Tables of settlement: what was posted, what is proposed, and what each payee is owed."""

import polars as pl

from schemas.dtypes import Money
from schemas.table import Table, business_date, currency_code, identifier, money, number, text

KINDS = (
    "earning",
    "correction",
    "adjustment",
    "guarantee",
    "draw",
    "recovery",
    "hold",
    "release",
    "payment",
)
"""What a posting is, in the order in which a statement leads from the opening balance to the net."""

DISPUTE_STATES = ("open", "upheld", "rejected", "explained")
"""Where a dispute stands: not answered yet, or how it was answered."""


class Proposal(Table):
    """One line of pay that the open period would post: what is earned now, less everything posted for it already."""

    payee_id: str = identifier(refers_to="payees.payee_id")
    currency: str = currency_code()
    plan: str = text(optional=False)
    component: str = text(optional=False, description="Component, bonus or pool; `guarantee`.")
    kind: str = text(optional=False, values=KINDS)
    earning_period: str = text(optional=False, description="Fiscal period that the pay belongs to.")
    order_line_id: str = identifier(optional=True, description="Empty for pay that no credit earns.")
    return_id: str = identifier(optional=True)
    credit_number: pl.Int16 = number("integer", optional=True)
    amount: Money = money(signed=True)
    due: Money = money(signed=True, description="What the line earns as known now.")
    posted: Money = money(signed=True, description="What was posted for it before.")
    cause: str = text(optional=False, description="Which fact or rule changed, from what to what.")
    basis: str = text(optional=True, description="What the line was computed from, as JSON; empty once it is gone.")
    approval: str = text(
        optional=True, description="Rules that changed behind a closed period, which somebody must approve; else empty."
    )

    class Config:
        """Key of the table."""

        metadata = {
            "key": [
                "payee_id",
                "currency",
                "plan",
                "component",
                "kind",
                "earning_period",
                "order_line_id",
                "return_id",
                "credit_number",
            ]
        }


class Posting(Table):
    """One line of pay that is in the ledger. It is never changed; a mistake is answered by another posting."""

    posting_number: pl.Int64 = number("integer", description="From 1, in the order of posting.")
    posting_period: str = text(optional=False, description="Fiscal period in which it is paid.")
    payee_id: str = identifier()
    currency: str = currency_code()
    plan: str = text(optional=False)
    component: str = text(optional=False)
    kind: str = text(optional=False, values=KINDS)
    earning_period: str = text(optional=False)
    order_line_id: str = identifier(optional=True)
    return_id: str = identifier(optional=True)
    credit_number: pl.Int16 = number("integer", optional=True)
    amount: Money = money(signed=True)
    cause: str = text(optional=False)
    basis: str = text(optional=True)

    class Config:
        """Key of the table."""

        metadata = {"key": ["posting_number"]}


class PeriodPosting(Posting):
    """One line of pay: in the ledger, or what the open period would post; then it has no number yet."""

    posting_number: pl.Int64 = number(
        "integer", optional=True, description="Empty for what the open period would post."
    )

    class Config:
        """Key of the table."""

        metadata = {
            "key": [
                "posting_period",
                "payee_id",
                "currency",
                "plan",
                "component",
                "kind",
                "earning_period",
                "order_line_id",
                "return_id",
                "credit_number",
            ]
        }


class Balance(Table):
    """From the opening balance to what is paid, per payee, currency and period; each column adds up to its postings.

    ``opening + earned + corrected + adjusted + guaranteed + drawn − recovered − held + released = paid + carried_forward``.
    """

    payee_id: str = identifier(refers_to="payees.payee_id")
    fiscal_period: str = text(optional=False)
    currency: str = currency_code()
    opening: Money = money(signed=True)
    earned: Money = money(signed=True)
    corrected: Money = money(signed=True)
    adjusted: Money = money(signed=True)
    guaranteed: Money = money(signed=True)
    drawn: Money = money(signed=True)
    recovered: Money = money(signed=True)
    held: Money = money(signed=True)
    released: Money = money(signed=True)
    paid: Money = money()
    carried_forward: Money = money(
        signed=True, description="Below 0: owed by the payee. Above 0: too little to pay out."
    )
    draw_debt: Money = money(description="Draws that are still to be recovered after this period; no part of the sum.")
    above_draw: Money = money(description="Earned above the draw in this period; no part of the sum.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["payee_id", "fiscal_period", "currency"]}


class Drift(Table):
    """One frozen fact that its source says otherwise now: reported, and without effect on closed periods."""

    subject_table: str = text(optional=False)
    subject_id: str = identifier()
    fiscal_period: str = text(optional=False, description="The latest closed period that it was in force in.")
    on: pl.Date = business_date(description="A day of the period on which both differ.")
    was: str = text(optional=False)
    now: str = text(optional=False)

    class Config:
        """Key of the table."""

        metadata = {"key": ["subject_table", "subject_id", "fiscal_period"]}


class Held(Table):
    """What is earned and not yet payable at the end of a fiscal period, per hold and line.

    The amounts of a payee and currency add up to what was held less what was released, of all postings up to the period. A
    return of a held sale is held as well: below 0.
    """

    payee_id: str = identifier(refers_to="payees.payee_id")
    fiscal_period: str = text(optional=False, description="Period at whose end it is held.")
    currency: str = currency_code()
    plan: str = text(optional=False)
    hold: str = text(
        optional=False,
        description="`invoice` or `payment` (waits for cash), `holdback`, or the reference of a manual hold.",
    )
    component: str = text(optional=True, description="Component that earned it; empty where a hold names none.")
    earning_period: str = text(optional=False, description="Period that earned it, or of the manual hold.")
    order_line_id: str = identifier(optional=True)
    return_id: str = identifier(optional=True)
    credit_number: pl.Int16 = number("integer", optional=True)
    amount: Money = money(signed=True, description="Held.")
    condition: str = text(optional=False, description="What it waits for and what releases it, in words.")
    expected_period: str = text(
        optional=True, description="Fiscal period in which it is released as far as is known; empty where nobody knows."
    )

    class Config:
        """Key of the table."""

        metadata = {
            "key": [
                "payee_id",
                "fiscal_period",
                "currency",
                "plan",
                "hold",
                "component",
                "earning_period",
                "order_line_id",
                "return_id",
                "credit_number",
            ]
        }


class Dispute(Table):
    """What a payee says is wrong with a statement, on each statement that shows it: while it is open, and once answered.

    A statement shows every dispute that is open when its period closes (or now, of the open period), and those answered since
    the close before.
    """

    payee_id: str = identifier(refers_to="payees.payee_id")
    fiscal_period: str = text(optional=False, description="Period whose statement shows it.")
    reference: str = text(optional=False, description="What the dispute is called.")
    disputed_period: str = text(optional=False, description="Period whose statement it is about.")
    figure: str = text(optional=False, description="Figure of that statement, as `statement_lines` names it.")
    order_line_id: str = identifier(optional=True, description="Order line that it is about; empty for a whole figure.")
    claim: str = text(optional=False, description="What is wrong, in the payee's words.")
    raised_by: str = text(optional=False, description="Who recorded it.")
    raised_on: pl.Date = business_date(description="Day, in UTC, on which it was recorded.")
    state: str = text(optional=False, values=DISPUTE_STATES, description="Where it stands on that statement.")
    answer: str = text(optional=True, description="Why; empty while it is open.")
    answered_by: str = text(optional=True, description="Somebody who neither raised it nor gains by it.")
    answered_on: pl.Date = business_date(optional=True, description="Day, in UTC, of the answer.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["fiscal_period", "reference"]}
