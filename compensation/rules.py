"""What the company decided, as the calculation takes it."""

from dataclasses import dataclass

from schemas.rules.company import Company
from schemas.rules.plan import Plan


@dataclass(frozen=True)
class Rules:
    """What the company decided: itself, and its plans."""

    company: Company
    plans: tuple[Plan, ...]
