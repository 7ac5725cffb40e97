"""Pay that no credit earns, in the order it applies: bonuses, pools, guarantees."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from compensation.payout.bonuses.given import Given, findings_frame, parts_frame, readings_frame
from compensation.payout.bonuses.guarantees import earned_in_periods, guarantees_of
from compensation.payout.bonuses.looks import TakesReadings
from compensation.payout.bonuses.pools import pools_of
from compensation.payout.bonuses.scorecards import bonuses_of
from compensation.payout.quotas.incentives import Incentives
from compensation.payout.quotas.proration import service_of
from compensation.payout.setting import Setting
from compensation.payout.standing import standings_of
from schemas.core.payout import BonusPart
from schemas.rules.plan import Plan


def uncredited(
    plans: Sequence[Plan],
    setting: Setting,
    readings: TakesReadings,
    facts: dict[str, pl.DataFrame],
    earnings: pl.DataFrame,
    carried: pl.DataFrame,
    days: tuple[date, date],
) -> Given:
    """Bonuses and pool shares, and what guarantees add to them and to what credits earn; all empty where no plan has any.

    Args:
        plans: All plans of the company.
        setting: Terms and calendar of the payout; everybody in ``payees`` counts, also those without credits.
        readings: Takes the results.
        facts: Contract tables; ``payees``, ``plan_assignments`` and ``absences`` are read.
        earnings: Contract ``Earning``.
        carried: Contract ``BonusPart``: excess of caps on components that later periods pay (``carried.carried_parts``).
        days: First and last day of what is stated.

    Returns:
        Without the rows of ``carried``.

    Raises:
        PayoutError: a result, an incentive or a guarantee cannot be computed.
        NotConserved: parts that do not add up.
    """
    versions = [version for plan in plans for version in plan.versions]
    if not any(version.bonuses or version.pools or version.guarantee for version in versions):
        return Given(parts_frame([]), readings_frame([]), findings_frame([]))
    payees = facts["payees"]
    everybody = _of_everybody(plans, setting, facts)
    given = [of(plans, everybody, readings, payees, days) for of in (bonuses_of, pools_of)]
    earned = earned_in_periods(earnings, carried, *(each.parts for each in given))
    given.append(guarantees_of(plans, everybody, payees, earned, days))
    return Given(
        parts=BonusPart.validate(pl.concat([each.parts for each in given]).sort(BonusPart.key())),
        readings=pl.concat([each.readings for each in given]),
        findings=pl.concat([each.findings for each in given]),
    )


def _of_everybody(plans: Sequence[Plan], setting: Setting, facts: dict[str, pl.DataFrame]) -> Setting:
    """The setting with everybody who is in payees: a bonus needs no credit."""
    payee_ids = facts["payees"]["payee_id"].cast(pl.String).unique().sort()
    stays = standings_of(payee_ids, facts, plans, setting.terms, setting.windows).stays
    known = Incentives(setting.windows, service_of(facts, setting.windows, payee_ids, stays), facts["plan_assignments"])
    return replace(setting, payee_ids=payee_ids, stays=stays, incentives=known)
