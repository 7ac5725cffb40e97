"""From credits to earnings: who is on which plan, where each credit stands on its curve, and what it earns.

Here belong positions, windows, and the reason of every credit that earns nothing; in rooms of their own ``measures``
(what counts), ``quotas``, ``curves`` (what a position is worth), ``readings`` (gates and multipliers) and ``bonuses``.
Not here: who a credit belongs to (``attribution``), what is paid out and when (settlement), how it is shown.
"""

from compensation.payout.pay import Paid, pay

__all__ = ["Paid", "pay"]
