"""From credits to earnings: who is on which plan, where each credit stands on its curve, and what it earns.

Here belong positions, windows, quotas, curves and tier slices, and the reason of every credit that earns nothing.
Not here: who a credit belongs to (``attribution``), what is paid out and when (settlement), how it is shown.
"""

from compensation.payout.pay import Paid, pay

__all__ = ["Paid", "pay"]
