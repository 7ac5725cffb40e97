"""A reading: another figure that a gate, a multiplier, a matrix or a bonus looks at."""

from typing import Literal, Self

from pydantic import model_validator

from schemas.rules.measure import Whose, Words, require_kinds_of_credit
from schemas.rules.values import Name, Rule

POSITIONS = ("revenue", "margin", "units", "orders", "customers")
RATIOS_OF_CREDITS = ("attainment", "margin_share", "growth")
RATIOS_OF_BASES = ("nrr", "grr")

Scope = Literal["month", "quarter", "half_year", "year", "quarter_to_date", "half_year_to_date", "year_to_date"]


class Reading(Rule):
    """One figure of a payee at one moment: the end of what is known of its scope.

    ``revenue``, ``margin``, ``units``, ``orders``, ``customers``: the sum of the credits named. ``attainment``: their revenue ÷ ``quota``.
    ``margin_share``: margin ÷ revenue. ``growth``: revenue ÷ that of the interval before − 1; nothing before, no figure.
    ``nrr``, ``grr``: of the customers the payee looks after (``docs/plans/bonuses.md``). ``kpi``: the confirmed result in
    ``kpi_results`` for the payee and the scope's period.

    Scope: ``month`` … ``year`` is the whole interval that the component's window lies in (the one around its last day), as
    far as it is known; ``…_to_date`` is the same interval up to the end of the component's window.
    """

    of: Literal[
        "attainment", "revenue", "margin", "units", "orders", "customers", "margin_share", "growth", "nrr", "grr", "kpi"
    ]
    """What is read."""
    credits: Words = ()
    """Kinds of credit, for figures of credits."""
    quota: Name | None = None
    """Measure in the ``quotas`` table, for attainment."""
    kpi: Name | None = None
    """Name in ``kpi_results``, for a result."""
    scope: Scope
    """The time that it covers."""
    whose: Whose = "own"
    """Of the payee, or of those who report to them."""

    @model_validator(mode="after")
    def says_of_what(self) -> Self:
        """Figures of credits name the credits, attainment its quota, a result its name; nothing else does."""
        of_credits = self.of in (*POSITIONS, *RATIOS_OF_CREDITS)
        if of_credits:
            require_kinds_of_credit(self.credits)
        elif self.credits:
            raise ValueError(f"{self.of} is not a figure of credits; remove 'credits'")
        if (self.quota is not None) != (self.of == "attainment"):
            raise ValueError("attainment names its quota (quota: new_business), and nothing else does")
        if (self.kpi is not None) != (self.of == "kpi"):
            raise ValueError("of: kpi names the result (kpi: customer_satisfaction), and nothing else does")
        if self.of == "kpi" and self.whose != "own":
            raise ValueError(
                "a result in kpi_results is the payee's own; enter one for the manager, and remove 'whose'"
            )
        return self


def whole_scope(scope: Scope) -> Scope:
    """The whole interval that a scope is, or is part of: ``year`` for ``year_to_date``."""
    return scope.removesuffix("_to_date")  # type: ignore[return-value]
