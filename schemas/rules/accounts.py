"""From which point on a key account is at risk: the ``accounts`` section of ``company.yaml``."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_validator

from schemas.rules.values import Rule, ShareText


class AccountWatch(Rule):
    """What finance and sales are told about key accounts, each with a figure that somebody chose."""

    concentration_share: Annotated[ShareText, Field(gt=Decimal(0))] = Decimal("0.10")
    """A customer who books this share of twelve months' bookings, or more, is named."""
    base_share: Annotated[ShareText, Field(gt=Decimal(0))] = Decimal("0.90")
    """A product family is named where less than this share of its base is reached in the fiscal year to date."""
    agreement_days: Annotated[int, Field(ge=0, le=3660)] = 90
    """An agreement that ends within so many days, and that none follows, is named."""
    quiet_gaps: Annotated[int, Field(ge=1, le=100)] = 2
    """A customer who has been silent for so many of their usual gaps between orders is named."""
    quiet_orders: Annotated[int, Field(ge=2, le=1000)] = 4
    """So many order days are needed before there is a usual gap."""
    buying_roles: tuple[str, ...] = ("buyer", "technical decision maker", "executive")
    """Whom we should know in every customer's buying group."""
    contact_days: Annotated[int, Field(ge=1, le=3660)] = 180
    """A contact who was last spoken to longer ago is no cover."""
    closed_states: tuple[str, ...] = ("done", "cancelled")
    """States of an action that is no longer due."""

    @field_validator("buying_roles", "closed_states")
    @classmethod
    def are_named_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """No word twice."""
        twice = sorted({word for word in value if value.count(word) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} is listed twice; keep one")
        return value
