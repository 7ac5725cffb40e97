"""Tables that attribution makes: what was booked, what kind of business it is, whose it is."""

from typing import Annotated

import polars as pl

from schemas.dtypes import Money, Percent
from schemas.table import (
    Table,
    business_date,
    currency_code,
    identifier,
    money,
    number,
    text,
)

MOTIONS = ("new_business", "retention", "growth")
SUB_MOTIONS = ("new_logo", "win_back", "repeat", "cross_sell", "upsell", "renewal")
HOUSE = "HOUSE"
EXCLUDED = "EXCLUDED"
RULES = (
    "opportunity_split",
    "opportunity_owner",
    "order_representative",
    "account_manager",
    "account_representative",
    "house",
    "unknown_payee",
    "excluded_account",
    "credit_transfer",
    "opportunity_overlay",
    "manager",
    "account_coordinator",
)
SHORTFALLS = ("churn", "downsell")
HAND_OVERS = ("after_months", "first_renewal", "key_account", "assigned", "date")
REVENUE_TYPES = ("direct", "split")
"""Kinds of credit that divide revenue: with house and excluded they sum to what was booked."""
ADDITIONAL_TYPES = ("overlay", "roll_up", "team")
"""Kinds of credit beside them, in ``additional_credits``: they sum to nothing in particular."""
CREDIT_TYPES = (*REVENUE_TYPES, *ADDITIONAL_TYPES)

MotionWord = Annotated[pl.Enum, MOTIONS]
SubMotionWord = Annotated[pl.Enum, SUB_MOTIONS]
RuleWord = Annotated[pl.Enum, RULES]
CreditTypeWord = Annotated[pl.Enum, CREDIT_TYPES]
"""Words of a known list, one byte each in a table of millions of rows."""


class Booking(Table):
    """One line of a confirmed order, or one return of such a line, on its own date; returns are negative."""

    order_line_id: str = identifier()
    return_id: str = identifier(optional=True, description="Empty for a sale.")
    order_id: str = identifier()
    line_number: pl.Int32 = number("integer")
    event_date: pl.Date = business_date(description="Order date of a sale, return date of a return.")
    sale_date: pl.Date = business_date(description="Order date of the line.")
    account_id: str = identifier()
    customer_id: str = identifier(description="Root of the account's tree on the order date.")
    product_id: str = identifier()
    product_family: str = text(optional=False, description="On the order date.")
    opportunity_id: str = identifier(optional=True)
    order_currency: str = currency_code()
    order_amount: Money = money(currency="order_currency", signed=True)
    booked_amount: Money = money(currency=None, signed=True, description="Company currency.")
    relationship_number: pl.Int32 = number("integer", description="1 = new logo, later ones are win-backs.")
    relationship_start: pl.Date = business_date()
    is_new_business: bool = number("boolean")

    class Config:
        """Key of the table."""

        metadata = {"key": ["order_line_id", "return_id"]}


class NotBooked(Table):
    """One accepted order line or return that books nothing, with the reason."""

    order_line_id: str = identifier()
    return_id: str = identifier(optional=True)
    order_id: str = identifier()
    event_date: pl.Date = business_date()
    order_currency: str = currency_code()
    order_amount: Money = money(currency="order_currency", signed=True)
    reason: str = text(optional=False, values=("order_not_confirmed", "fx_missing"))

    class Config:
        """Key of the table."""

        metadata = {"key": ["order_line_id", "return_id"]}


class Motion(Table):
    """One booking × motion: the part of it that is new business, retention or growth."""

    order_line_id: str = identifier()
    return_id: str = identifier(optional=True)
    motion: str = text(optional=False, values=MOTIONS)
    sub_motion: str = text(optional=False, values=SUB_MOTIONS)
    amount: Money = money(currency=None, signed=True, description="Company currency.")
    base_amount: Money = money(currency=None, optional=True, description="Base B; empty for new business.")
    position_before: Money = money(
        currency=None,
        optional=True,
        signed=True,
        description="Position x before the line; empty for new business and returns.",
    )
    position_after: Money = money(
        currency=None,
        optional=True,
        signed=True,
        description="Position x after the line.",
    )

    class Config:
        """Key of the table."""

        metadata = {"key": ["order_line_id", "return_id", "motion"]}


class Credit(Table):
    """One motion × payee: revenue attributed to a person, to the house, or excluded; a return mirrors its sale's credits."""

    order_line_id: str = identifier()
    return_id: str = identifier(optional=True, description="Empty for a sale.")
    credit_number: pl.Int16 = number(
        "integer",
        description="Within the line, in order retention, growth, payee named; a return keeps its sale's.",
    )
    sequence: pl.UInt32 = number(
        "integer",
        description="Place in the payout order, from 0; moves with the data, so it is no key.",
    )
    order_id: str = identifier()
    line_number: pl.Int32 = number("integer")
    event_date: pl.Date = business_date()
    sale_date: pl.Date = business_date()
    account_id: pl.Categorical = identifier()
    product_family: pl.Categorical = text(optional=False)
    motion: MotionWord = text(optional=False, values=MOTIONS)
    sub_motion: SubMotionWord = text(optional=False, values=SUB_MOTIONS)
    payee_id: pl.Categorical = identifier(description="Receiver; HOUSE and EXCLUDED are receivers too.")
    amount: Money = money(currency=None, signed=True, description="Company currency.")
    credit_type: CreditTypeWord = text(optional=False, values=REVENUE_TYPES)
    named_payee_id: pl.Categorical = identifier(
        optional=True, description="Who the source named first; empty where nobody was."
    )
    share_percent: Percent = number("percent", description="Share of the motion that this credit takes.")
    rule: RuleWord = text(optional=False, values=RULES, description="What chose the payee.")
    tried: pl.Categorical = text(optional=True, description="What was tried before, and why it did not decide.")
    relationship_start: pl.Date = business_date()
    base_amount: Money = money(currency=None, optional=True)
    position_before: Money = money(currency=None, optional=True, signed=True)

    class Config:
        """Key of the table."""

        metadata = {"key": ["order_line_id", "return_id", "credit_number"]}


class AdditionalCredit(Table):
    """One credit beside the revenue credits: of an overlay, a manager or a team; a return mirrors its sale's."""

    order_line_id: str = identifier()
    return_id: str = identifier(optional=True, description="Empty for a sale.")
    credit_number: pl.Int16 = number(
        "integer", description="Within the line, after its revenue credits; a return keeps its sale's."
    )
    sequence: pl.UInt32 = number("integer", description="That of the credit in `credits` that it stands beside.")
    order_id: str = identifier()
    line_number: pl.Int32 = number("integer")
    event_date: pl.Date = business_date()
    sale_date: pl.Date = business_date()
    account_id: pl.Categorical = identifier()
    product_family: pl.Categorical = text(optional=False)
    motion: MotionWord = text(optional=False, values=MOTIONS)
    sub_motion: SubMotionWord = text(optional=False, values=SUB_MOTIONS)
    payee_id: pl.Categorical = identifier(description="Receiver.")
    amount: Money = money(currency=None, signed=True, description="Company currency.")
    credit_type: CreditTypeWord = text(optional=False, values=ADDITIONAL_TYPES)
    named_payee_id: pl.Categorical = identifier(
        optional=True, description="`roll_up`: whose credit it repeats; else the receiver."
    )
    share_percent: Percent = number("percent", description="Share of the motion; of a roll-up that of its credit.")
    rule: RuleWord = text(optional=False, values=RULES, description="What chose the payee.")
    tried: pl.Categorical = text(optional=True)
    relationship_start: pl.Date = business_date()
    base_amount: Money = money(currency=None, optional=True)
    position_before: Money = money(currency=None, optional=True, signed=True)

    class Config:
        """Key of the table."""

        metadata = {"key": ["order_line_id", "return_id", "credit_number"]}


class Carer(Table):
    """One person who looks after an account in a role during an interval, found on it or up its tree."""

    account_id: str = identifier()
    role: str = text(optional=False)
    payee_id: str = identifier()
    share: Percent = number("percent", optional=True, description="Empty = all of it.")
    steps: pl.Int16 = number("integer", description="0 = assigned to the account itself, 1 = to the one above it, …")
    valid_from: pl.Date = business_date(description="0001-01-01 = from the beginning.")
    valid_to: pl.Date = business_date(description="Excluded; 9999-12-31 = no end.")
    found_on: str = identifier(description="The account that the assignment names.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["account_id", "role", "payee_id", "valid_from"]}


class HandedOver(Table):
    """One order of existing business on which a rule of hand-over decided: what the representatives keep of it."""

    order_id: str = identifier()
    account_id: str = identifier()
    order_date: pl.Date = business_date()
    hand_over_rule: str = text(optional=False, values=HAND_OVERS, description="`hand_over.when` of the policy.")
    hand_over_date: pl.Date = business_date(
        optional=True, description="First day of the account manager's; empty = not known yet."
    )
    transition_end: pl.Date = business_date(
        optional=True, description="First day on which all of it is the account manager's."
    )
    representative_percent: Percent = number("percent", description="What the representatives keep of the order.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["order_id"]}


class AgreementShare(Table):
    """One person's part of the value of one year of an agreement, by days."""

    agreement_id: str = identifier()
    year_start: pl.Date = business_date(description="First day of the agreement's year.")
    year_end: pl.Date = business_date(
        description="Excluded: a year later, or its end or renewal where that comes first."
    )
    account_id: str = identifier(description="Account that signed it.")
    payee_id: str = identifier(description="Whose its days are; HOUSE and EXCLUDED are receivers too.")
    rule: str = text(optional=False, values=RULES, description="What chose the payee.")
    amount: Money = money(currency=None, signed=True, description="Company currency.")

    class Config:
        """Key of the table."""

        metadata = {"key": ["agreement_id", "year_start", "payee_id", "rule"]}


class Shortfall(Table):
    """One base of a window that is over, which existing business did not reach, for one account manager of the customer."""

    customer_id: str = identifier(description="Root of the tree on the window's last day.")
    product_family: str = text(description="Empty = all families, or those of the agreement.")
    agreement_id: str = identifier(optional=True, description="Agreement whose year the window is; empty = none.")
    window_start: pl.Date = business_date()
    window_end: pl.Date = business_date(description="Excluded.")
    payee_id: str = identifier(
        optional=True, description="Account manager of the customer on the window's last day; empty = nobody."
    )
    kind: str = text(optional=False, values=SHORTFALLS, description="`churn`: nothing was reached. `downsell`: a part.")
    base_amount: Money = money(currency=None, description="Base B on the window's last day. Company currency.")
    reached_amount: Money = money(currency=None, signed=True, description="Position x at its end. Company currency.")
    shortfall_amount: Money = money(currency=None, description="Base less what was reached. Company currency.")
    is_protected: bool = number("boolean", description="Whether it does not count against the manager (hand-over).")

    class Config:
        """Key of the table."""

        metadata = {"key": ["customer_id", "product_family", "agreement_id", "window_start", "payee_id"]}


class Finding(Table):
    """One thing that somebody should know or decide; blocking ones stop a close."""

    code: str = text(optional=False)
    severity: str = text(optional=False, values=("blocking", "warning", "note"))
    subject_table: str = text(optional=False)
    subject_id: str = identifier()
    event_date: pl.Date = business_date(optional=True)
    amount: Money = money(
        currency=None,
        optional=True,
        signed=True,
        description="Revenue at stake, company currency.",
    )
    detail: str = text(
        optional=False,
        description="A sentence: what was found, what was expected, what to do.",
    )

    class Config:
        """Rows may repeat."""

        metadata: dict[str, object] = {}
