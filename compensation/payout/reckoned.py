"""What payout reckoned, and its tables: each is put together when it is first asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from compensation.payout.attainment import attainment_of
from compensation.payout.bonuses.carried import carried_parts
from compensation.payout.bonuses.given import Given
from compensation.payout.bonuses.uncredited import uncredited
from compensation.payout.curves.changes import named_changes
from compensation.payout.curves.drawn import named_curves
from compensation.payout.earnings import named_earnings
from compensation.payout.findings import findings_of
from compensation.payout.measures.taken_back import named_returns
from compensation.payout.moved import not_counted
from compensation.payout.pay_currency import pay_amounts
from compensation.payout.pricing import Priced
from compensation.payout.readings.readings import Readings
from compensation.payout.setting import Setting
from schemas.core.attribution import Finding
from schemas.core.payout import (
    Attainment,
    BonusPart,
    CurvePiece,
    Earning,
    EarningChange,
    ReadingTaken,
    TakenBack,
    Unpaid,
)
from schemas.rules.company import Company
from schemas.rules.plan import Plan


@dataclass(frozen=True)
class Reckoned:
    """What every credit earns, as working frames; each table is valid under its contract.

    Attributes:
        credits: Contract ``Credit``, in payout order.
        facts: Contract tables.
        plans: All plans of the company.
        company: Its currency, and how old an exchange rate may be.
        calendar: Fiscal periods that cover all credits.
        found: Slices, the runs and curves that priced them, and what changed them.
        setting: Terms, calendar, quotas and numbering.
        taker: Takes what bonuses, pools and gates read.
        lost: Credits that no term takes, with the reason.
        last_day: Day in the last period that is stated; none where it is that of the last credit.
        known: The last day that anything is known of.
    """

    credits: pl.DataFrame
    facts: dict[str, pl.DataFrame]
    plans: Sequence[Plan]
    company: Company
    calendar: pl.DataFrame
    found: Priced
    setting: Setting
    taker: Readings
    lost: pl.DataFrame
    last_day: date | None
    known: date

    @cached_property
    def earnings(self) -> pl.DataFrame:
        """Contract ``Earning``."""
        return Earning.validate(named_earnings(self.found, self.credits, self.setting))

    @cached_property
    def earning_changes(self) -> pl.DataFrame:
        """Contract ``EarningChange``."""
        return EarningChange.validate(named_changes(self.found.changed, self.credits, self.setting))

    @cached_property
    def clawbacks(self) -> pl.DataFrame:
        """Contract ``TakenBack``."""
        setting = self.setting
        return TakenBack.validate(named_returns(setting.returns, self.credits, setting.payee_ids, setting.terms))

    @cached_property
    def curves(self) -> pl.DataFrame:
        """Contract ``CurvePiece``."""
        return CurvePiece.validate(named_curves(self.found, self.setting))

    @cached_property
    def readings(self) -> pl.DataFrame:
        """Contract ``ReadingTaken``."""
        return ReadingTaken.validate(pl.concat([self.found.readings, self._given.readings]))

    @cached_property
    def bonuses(self) -> pl.DataFrame:
        """Contract ``BonusPart``."""
        return BonusPart.validate(pl.concat([self._carried, self._given.parts]).sort(BonusPart.key()))

    @cached_property
    def pay_amounts(self) -> pl.DataFrame:
        """Contract ``PayAmount``."""
        rates = self.facts["fx_rates"]
        return pay_amounts(self.earnings, self.bonuses, self.credits, self.plans, rates, self.company, self.calendar)

    @cached_property
    def attainment(self) -> pl.DataFrame:
        """Contract ``Attainment``."""
        return Attainment.validate(attainment_of(self.found, self.credits, self.setting, self.last_day))

    @cached_property
    def unpaid(self) -> pl.DataFrame:
        """Contract ``Unpaid``."""
        names = [name for name in Unpaid.columns() if name != "reason"]
        columns = [pl.lit(self.credits[name]).gather(pl.col("credit")).alias(name) for name in names]
        return Unpaid.validate(self.lost.select(*columns, "reason").cast(pl.Schema(Unpaid.dtypes())))

    @cached_property
    def findings(self) -> pl.DataFrame:
        """Contract ``Finding``."""
        own = findings_of(self.lost, self.credits, self.found.runs, self.facts, self.setting)
        uncounted = not_counted(self.facts["adjustments"], self.setting)
        return Finding.validate(pl.concat([own, uncounted, self.found.findings, self._given.findings]))

    @cached_property
    def _carried(self) -> pl.DataFrame:
        return carried_parts(self.found.changed.carrying, self.setting.windows, self._days)

    @cached_property
    def _given(self) -> Given:
        """Pay that no credit earns."""
        taker, days = self.taker, self._days
        return uncredited(self.plans, self.setting, taker, self.facts, self.earnings, self._carried, days)

    @property
    def _days(self) -> tuple[date, date]:
        """First and last day of what is stated."""
        return self.company.starts, self.known
