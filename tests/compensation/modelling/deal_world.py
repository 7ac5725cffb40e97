"""A deal of two representatives and their manager, and what it would pay them."""

from datetime import date

from compensation.modelling.deal import Wished, deal_of
from compensation.modelling.estimate import estimate
from compensation.rules import Rules
from tests.compensation.modelling.plan_world import component, plan, version
from tests.worlds import company, small_world

LAST = date(2026, 2, 15)
TIERS = [{"from": "0", "to": "100%", "rate": "10%"}, {"from": "100%", "to": None, "rate": "20%"}]
GATE = {
    "reading": {"of": "attainment", "credits": "new_business", "quota": "new_business", "scope": "quarter"},
    "at_least": "100%",
}


def deal_plans(**more):
    """Representatives climb 10 % and 20 %, and have 1 % of everything once the quota is reached; managers 1 % of their people's."""
    climb = component(
        {"shape": "marginal", "of": "attainment", "tiers": TIERS},
        "commission",
        quota={"measure": "new_business"},
        **more,
    )
    extra = component({"shape": "flat", "rate": "1%"}, "extra", gates=[GATE])
    above = {"credits": "new_business", "whose": "direct_reports", "base": "credit"}
    over = component({"shape": "flat", "rate": "1%"}, "override", measure=above)
    return plan(version(climb, extra)), plan(version(over), plan="managers", for_roles=["manager"])


def deal_world(**deal):
    given = {
        "opportunity_id": "D1", "owner_id": "R1", "stage": "Proposal", "close_date": "2026-03-20", "amount": "60000",
        "currency": "EUR", **deal,
    }  # fmt: skip
    payee = {"role": "sales_rep", "currency": "EUR", "manager_id": "M"}
    people = [{"payee_id": one, "payee_name": one, **payee} for one in ("R1", "R2")]
    boss = {"payee_id": "M", "payee_name": "M", "role": "manager", "currency": "EUR"}
    return small_world(
        [{"id": "O1", "date": "2026-02-15", "sales_rep_id": "R1", "lines": ["80000"]}],
        payees=[*people, boss],
        opportunities=[given],
        opportunity_splits=[
            {"opportunity_id": "D1", "payee_id": who, "split_type": "revenue", "percent": share} for who, share in (("R1", 60), ("R2", 40))
        ],
        quotas=[
            {"payee_id": who, "measure": "new_business", "period": "2026-Q1", "valid_from": date(2026, 1, 1), "amount": 100000, "currency": "EUR"}
            for who in ("R1", "R2")
        ],
    )  # fmt: skip


def estimated(facts, wished=Wished(), plans=None):  # noqa: B008 - it is frozen
    return estimate(facts, Rules(company(), plans or deal_plans()), deal_of(facts, "D1", wished, LAST))
