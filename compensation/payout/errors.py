"""What stops a payout: faults in rule files or facts that no line could explain away."""


class PayoutError(ValueError):
    """A payout that cannot be computed; the message says what, where, and what to do."""


class UnorderedCredits(PayoutError):
    """Two credits have the same place in the payout order."""


class UnknownPlan(PayoutError):
    """A payee is assigned to a plan that no plan file describes."""


class OverlappingPlans(PayoutError):
    """A payee, or a role, is on two plans on the same day."""


class MissingQuota(PayoutError):
    """A curve needs a quota that is not there, is zero, or is in another currency."""


class MissingRate(PayoutError):
    """A plan's currency has no exchange rate on the day of a credit."""
