"""The account manager's year: key accounts against base, plan and agreement, and where they are at risk.

Here belong which customers are watched, what they bought, and each risk with its sentence. Not here: whose the revenue is
(``attribution``), what anybody is paid for it (``payout``), how it is shown.
"""
