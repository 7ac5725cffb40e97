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


class MissingFigure(PayoutError):
    """An order line does not say what a component counts by: cost, target price, list amount, dates of service."""


class UnknownFactor(PayoutError):
    """A factor says nothing of a credit that its component takes."""


class WrongWeights(PayoutError):
    """A quota's weights do not fit the periods of a fiscal year."""


class MissingIncentive(PayoutError):
    """A curve, bonus or guarantee needs a target incentive that a plan assignment does not state."""


class ManagerLoop(PayoutError):
    """Somebody reports to themselves, directly or through others."""


class MixedCurrencies(PayoutError):
    """Commission of one currency moves a position of another."""
