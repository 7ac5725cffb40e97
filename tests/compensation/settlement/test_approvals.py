"""What flows into a closed period by itself, what waits for a named person, and what never moves it: item by item."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, cached_property

import polars as pl
import pytest

from compensation.calculate import attributed_step, paid_step, periods_of
from compensation.rules import Rules
from compensation.settlement.approvals import ANSWER, needs_approval, ready, unanswered
from compensation.settlement.decided import Behind, Decided, changed_rules
from compensation.settlement.difference import due_lines, proposals
from compensation.settlement.drift import drift
from compensation.settlement.splice import ClosedFacts, spliced
from schemas.core.settlement import Posting
from tests.compensation.payout.payout_world import company, component, plan, version
from tests.worlds import small_world

MONTHS = tuple(f"2026-P{month:02}" for month in range(1, 13))
TIERS = [{"from": "0", "to": "1", "rate": "0.05"}, {"from": "1", "to": None, "rate": "0.08"}]
ATTAINED = {"window": "quarter", "quota": {"measure": "new_business"}, "curve": {"shape": "marginal", "of": "attainment", "tiers": TIERS}}  # fmt: skip
SATISFIED = {
    "bonus": "service", "label": "Service", "window": "month", "incentive": {"amount": "1000.00", "per": "month"},
    "objectives": [
        {
            "objective": "csat", "label": "Satisfaction", "weight": "1", "reading": {"of": "kpi", "kpi": "csat", "scope": "month"},
            "score": {"shape": "interpolated", "points": [{"at": "0", "pays": "0"}, {"at": "1", "pays": "1"}]},
        }
    ],
}  # fmt: skip
POLICY = {
    "version": "1", "valid_from": "2020-01-01", "decided_on": "2019-12-01", "entered_by": "ann", "approved_by": "bob",
    "source": "policy", "win_back_months": "18", "new_business_months": "12",
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """One company's facts and rules at one moment, in short forms."""

    orders: tuple = (("O1", "2026-01-10", "10000"),)
    plans: tuple = (plan(version(component())),)
    more: dict = field(default_factory=dict)
    policies: tuple = (POLICY,)
    family: str = "F"

    @cached_property
    def company(self):
        return company(starts="2026-01-01", attribution=list(self.policies))

    @cached_property
    def posted(self):
        """What the close of January posted."""
        lines = _differences(self, self.facts, Posting.empty_frame(), 1)
        number = pl.int_range(pl.len(), dtype=pl.Int64) + 1
        return lines.with_columns(posting_number=number, posting_period=pl.lit("2026-P01")).select(Posting.columns())

    @cached_property
    def facts(self):
        rows = [
            {"id": name, "date": day, "lines": [amount] if isinstance(amount, str | dict) else amount, **dict(*rest)}
            for name, day, amount, *rest in self.orders
        ]
        given = {"assignments": [["A", "R1", "sales_rep", "2020-01-01"]], "payees": PAYEES, **self.more}
        facts = small_world(rows, **given)
        return {**facts, "products": facts["products"].with_columns(product_family=pl.lit(self.family))}


PAYEES = [{"payee_id": name, "payee_name": name, "role": "sales_rep", "currency": "EUR"} for name in ("R1", "R2")]


def proposed(was, now, month=2):
    """What the month after a closed January proposes: proposals, questions without any answer, and drift."""
    closed = [ClosedFacts("2026-P01", date(2026, 1, 1), date(2026, 2, 1), was.facts)]
    facts = spliced(now.facts, closed)
    then, here = Decided(was.company, was.plans, was.facts), Decided(now.company, now.plans, facts)
    calendar = periods_of(facts, now.company)
    found = _differences(
        now, facts, was.posted, month, changed=lambda behind, _: changed_rules(behind, then, here, calendar)
    )
    return found, needs_approval(found, pl.DataFrame(schema=ANSWER)), drift(now.facts, closed)


def _differences(world, facts, posted, month, **more):
    credits, paid = _paid(world, facts)
    due = due_lines(
        paid.earnings, paid.bonuses, credits=credits, attainment=paid.attainment, curves=paid.curves, changes=paid.earning_changes, facts=facts,
    )  # fmt: skip
    return proposals(due, posted, MONTHS[month - 1], MONTHS, facts=facts, credits=credits, **more)


def _paid(world, facts):
    rules, calendar = Rules(world.company, world.plans), periods_of(facts, world.company)
    attributed = attributed_step(facts, rules, calendar)
    return attributed.credits, paid_step(attributed.credits, facts, rules, calendar)


def said(frame):
    """``(earning period, amount, cause)`` of each line."""
    return [(period, str(amount.normalize() + 0), cause) for period, amount, cause in frame.select("earning_period", "amount", "cause").rows()]  # fmt: skip


# What flows by itself

START = World()
FLOWS = {
    "an order that came late": (
        World(orders=(("O1", "2026-01-10", "10000"), ("O2", "2026-01-20", "500"))),
        [("2026-P01", "50", "came to be known after its period closed (order_lines.csv:3)")],
    ),
    "an order that is cancelled": (
        World(orders=(("O1", "2026-01-10", "10000", {"status": "cancelled"}),)),
        [("2026-P01", "-1000", "no longer earned: order O1 is cancelled (orders.csv:2)")],
    ),
    "an order that is in the export no more": (
        World(orders=()),
        [("2026-P01", "-1000", "no longer earned: order line O1-1 is in the exports no more")],
    ),
    "a line's amount": (
        World(orders=(("O1", "2026-01-10", "9000"),)),
        [("2026-P01", "-100", "amount 10,000.00 → 9,000.00 (order_lines.csv:2)")],
    ),
    "a line more": (
        World(orders=(("O1", "2026-01-10", ["10000", "300"]),)),
        [("2026-P01", "30", "came to be known after its period closed (order_lines.csv:3)")],
    ),
    "an order date within the period": (World(orders=(("O1", "2026-01-31", "10000"),)), []),
    "an order date into the open period": (
        World(orders=(("O1", "2026-02-03", "10000"),)),
        [
            ("2026-P01", "-1000", "moved from 2026-P01 to 2026-P02: order date 2026-01-10 → 2026-02-03 (orders.csv:2)"),
            ("2026-P02", "1000", "moved from 2026-P01 to 2026-P02: order date 2026-01-10 → 2026-02-03 (orders.csv:2)"),
        ],
    ),
    "a return of the closed period": (
        World(more={"returns": [{"id": "C1", "line": "O1-1", "date": "2026-01-20", "amount": "4000"}]}),
        [("2026-P01", "-400", "came to be known after its period closed (returns.csv:2)")],
    ),
}


@pytest.mark.parametrize("item", FLOWS)
def test_facts_flow_into_a_closed_period_without_anybodys_approval(item):
    now, expected = FLOWS[item]
    found, questions, _ = proposed(START, now)
    assert said(found) == expected
    assert questions.is_empty()
    assert ready(found, questions).equals(found)


def test_a_quantity_flows():
    units = (plan(version(component(measure={"credits": "new_business", "of": "units"}, curve={"shape": "per_unit", "amount": "7.00"}))),)  # fmt: skip

    def sold(quantity):
        return World(orders=(("O1", "2026-01-10", {"net_amount": "10000", "quantity": quantity}),), plans=units)

    found, questions, _ = proposed(sold(3), sold(5))
    assert said(found) == [("2026-P01", "14", "credited 3.00 → 5.00")]
    assert questions.is_empty()


# What waits for a named person

QUOTA = {"payee_id": "R1", "measure": "new_business", "period": "2026-Q1", "currency": "EUR"}
SALES = plan(version(component()))
OTHER = plan(version(component(curve={"shape": "flat", "rate": "0.04"})), plan="other", for_roles=[])


def quota(amount):
    return World(
        orders=(("O1", "2026-01-10", "120000"),), plans=(plan(version(component(**ATTAINED))),),
        more={"quotas": [{**QUOTA, "amount": amount}]},
    )  # fmt: skip


def rate(rate, name="1", *before):
    terms = component(curve={"shape": "flat", "rate": rate})
    decided = {"version": name, "decided_on": f"2026-02-0{name}"} if before else {}
    return World(plans=(plan(*before, version(terms, **decided)),))


TENTH = rate("0.10")


def assigned(*rows):
    return World(plans=(SALES, OTHER), more={"plan_assignments": [{"payee_id": "R1", **row} for row in rows]})


def satisfied(value, day="2026-02-10"):
    results = [{"subject_id": "R1", "kpi": "csat", "period": "2026-P01", "value": value, "confirmed_by": "ann"}] * bool(
        value
    )
    orders = (("O1", "2026-01-10", "10000"), ("O2", day, "1"))
    return World(orders=orders, plans=(plan(version(component(), bonuses=[SATISFIED])),), more={"kpi_results": results})


WAITS = {
    "a quota that is raised": (
        quota("100000"), quota("120000"),
        [("reduction", "quota", "-600", "rate of its tier 8 % → 5 %; quota new_business 2026-Q1 100,000.00 EUR → 120,000.00 EUR")],
    ),
    "a quota that is lowered": (
        quota("200000"), quota("100000"),
        [("difference", "quota", "600", "rate of its tier 5 % → 8 %; quota new_business 2026-Q1 200,000.00 EUR → 100,000.00 EUR")],
    ),
    "a plan version from a closed day": (
        TENTH, rate("0.12", "2", version(component())),
        [("difference", "plan version", "200", "rate of its tier 10 % → 12 %; plan version 1 → 2, commission.curve.rate 0.10 → 0.12")],
    ),
    "a drop in pay from a plan change": (
        TENTH, rate("0.08", "2", version(component())),
        [("reduction", "plan version", "-200", "rate of its tier 10 % → 8 %; plan version 1 → 2, commission.curve.rate 0.10 → 0.08")],
    ),
    "a version that was rewritten in its file": (
        TENTH, rate("0.08"),
        [("reduction", "plan version", "-200", "rate of its tier 10 % → 8 %; plan version commission.curve.rate 0.10 → 0.08")],
    ),
    "a plan assignment from a closed day": (
        assigned({"plan": "plan", "valid_from": "2020-01-01"}), assigned({"plan": "other", "valid_from": "2020-01-01"}),
        [
            ("difference", "plan assignment", "400", "came to be known after its period closed (order_lines.csv:2); plan assignment plan → other"),
            ("reduction", "plan assignment", "-1000", "no longer earned: the plan pays nothing for it any more; plan assignment plan → other"),
        ],
    ),
    "a first plan assignment that came late": (
        assigned({"plan": "none", "valid_from": "2020-01-01"}), assigned({"plan": "plan", "valid_from": "2020-01-01"}),
        [("difference", "plan assignment", "1000", "came to be known after its period closed (order_lines.csv:2); plan assignment none → plan")],
    ),
    "a result that was corrected": (
        satisfied("0.5"), satisfied("0.9"), [("difference", "result", "400", "result csat 2026-P01 0.5 → 0.9")],
    ),
    "a result that came late": (
        satisfied(None), satisfied("0.9"),
        [("difference", "result", "900", "came to be known after its period closed; result csat 2026-P01 none → 0.9")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("item", WAITS)
def test_what_people_decide_waits_until_somebody_approves_it(item):
    was, now, expected = WAITS[item]
    found, questions, _ = proposed(was, now)
    rows = questions.select("what", "rules", "amount", "cause").rows()
    assert [(what, rules, str(amount.normalize() + 0), cause) for what, rules, amount, cause in rows] == expected
    assert questions["state"].to_list() == ["waiting"] * len(expected)
    assert ready(found, questions).filter(pl.col("earning_period") == "2026-P01").is_empty()
    given = questions.select("what", "subject", "content_hash", by=pl.lit("k.ito"), document=pl.lit("Letter 7"), note=pl.lit(None, dtype=pl.String))  # fmt: skip
    approved = needs_approval(found, given)
    assert set(approved["state"]) == {"approved"}
    assert ready(found, approved).equals(found)


def test_the_attribution_policy_is_decided_too():
    def world(months):
        policy = {**POLICY, "new_business_months": months}
        orders = (("O0", "2026-01-02", "1000"), ("O1", "2026-01-30", "1000"))
        return World(orders=orders, policies=(policy,))

    _, questions, _ = proposed(world("12"), world("0"))
    assert set(questions["rules"]) == {"attribution policy"}
    assert questions["cause"][0].endswith("attribution policy new_business_months 12 → 0")


def test_a_reduction_without_document_stays_waiting_and_an_approval_lapses_with_its_lines():
    found, questions, _ = proposed(TENTH, rate("0.08"))
    row = questions.row(0, named=True)
    bare = pl.DataFrame([{"what": "reduction", "subject": row["subject"], "content_hash": row["content_hash"], "by": "k.ito"}], schema=ANSWER)  # fmt: skip
    assert needs_approval(found, bare)["state"].to_list() == ["waiting"]
    signed = bare.with_columns(document=pl.lit("Letter 7"))
    assert needs_approval(found, signed)["state"].to_list() == ["approved"]
    later = World(orders=(("O1", "2026-01-10", "11000"),), plans=rate("0.08").plans)
    other, _, _ = proposed(TENTH, later)
    assert needs_approval(other, signed)["state"].to_list() == ["waiting"]


def test_what_was_declined_stays_visible_with_its_reason_until_it_is_approved():
    found, questions, _ = proposed(TENTH, rate("0.12"))
    row = questions.row(0, named=True)
    no = {
        "what": "declined",
        "subject": row["subject"],
        "content_hash": row["content_hash"],
        "by": "k.ito",
        "note": "from April on",
    }
    declined = needs_approval(found, pl.DataFrame([no], schema=ANSWER))
    assert declined.select("state", "answered_by", "answer").rows() == [("declined", "k.ito", "from April on")]
    assert ready(found, declined).is_empty()
    note = unanswered(declined).row(0, named=True)
    assert (note["code"], note["severity"], note["subject_id"]) == (
        "difference_declined", "note", "R1/plan/commission/2026-P01"
    )  # fmt: skip
    change = "rate of its tier 10 % → 12 %; plan version commission.curve.rate 0.10 → 0.12"
    assert note["detail"] == f"200 EUR are not posted ({change}). Declined by k.ito: from April on"
    assert unanswered(questions)["detail"][0].endswith("`creditdue approve R1/plan/commission/2026-P01`.")
    both = pl.DataFrame([no, {**no, "what": "difference", "note": None}], schema=ANSWER)
    assert needs_approval(found, both)["state"].to_list() == ["approved"]


def test_a_whole_component_waits_with_its_facts_and_another_payee_does_not():
    def world(rows, amount):
        return World(
            orders=tuple((name, day, sum_, {"sales_rep_id": who, "account": who}) for name, day, sum_, who in rows),
            plans=(plan(version(component(**ATTAINED))),),
            more={
                "accounts": ["R1", "R2"], "assignments": [[who, who, "sales_rep", "2020-01-01"] for who in ("R1", "R2")],
                "quotas": [{**QUOTA, "amount": amount}, {**QUOTA, "payee_id": "R2", "amount": "100000"}],
            },
        )  # fmt: skip

    first = [("O1", "2026-01-10", "120000", "R1"), ("O2", "2026-01-10", "1000", "R2")]
    late = [*first, ("O3", "2026-01-12", "100", "R1"), ("O4", "2026-01-12", "100", "R2")]
    found, questions, _ = proposed(world(first, "100000"), world(late, "90000"))
    assert questions["subject"].to_list() == ["R1/plan/commission/2026-P01"]
    assert questions["amount"].to_list() == [Decimal("308.000")]
    assert said(ready(found, questions)) == [
        ("2026-P01", "5", "came to be known after its period closed (order_lines.csv:5)")
    ]


@cache
def _overridden():
    measure = {"credits": "new_business", "whose": "direct_reports", "base": "credit"}
    boss = plan(version(component(component="override", measure=measure)), plan="boss", for_roles=["manager"])
    people = [
        {**PAYEES[0], "manager_id": "B1"},
        {**PAYEES[0], "payee_id": "B1", "payee_name": "Boss", "role": "manager"},
    ]
    return World(plans=(SALES, boss), more={"payees": people})


def test_whoever_earns_an_override_on_it_is_interested_in_it():
    world = _overridden()
    credits, paid = _paid(world, world.facts)
    due = due_lines(paid.earnings, paid.bonuses, credits=credits)
    later = World(plans=(rate("0.08").plans[0], world.plans[1]), more=world.more)
    found, _, _ = proposed(world, later)
    asked = needs_approval(found, pl.DataFrame(schema=ANSWER), due)
    assert asked.select("subject", "interested").rows() == [("R1/plan/commission/2026-P01", ["B1", "R1"])]


# What is not decided anew, although figures move


def test_a_late_order_that_opens_a_gate_or_moves_a_tier_needs_no_approval():
    def world(*orders):
        return World(orders=orders, plans=quota("1").plans, more={"quotas": [{**QUOTA, "amount": "100000"}]})

    first = ("O1", "2026-01-10", "90000")
    found, questions, _ = proposed(world(first), world(("O0", "2026-01-05", "50000"), first))
    assert questions.is_empty()
    assert said(found)[1] == (
        "2026-P01", "1200",
        "rate of its tier 5 % → 8 %; credits before it changed because of order O0: its position starts at 50,000.00 instead of 0.00",
    )  # fmt: skip


def test_a_termination_that_came_late_flows_although_the_quota_is_prorated():
    def world(left):
        people = [{**PAYEES[0], "hire_date": "2020-01-01", "termination_date": left}]
        return World(orders=(("O1", "2026-01-10", "120000"),), plans=quota("1").plans, more={"quotas": [{**QUOTA, "amount": "100000"}], "payees": people})  # fmt: skip

    found, questions, _ = proposed(world(None), world("2026-03-16"))
    assert questions.is_empty()
    assert "quota 100,000.00 → 83,333.33" in found["cause"][0]


def test_a_quota_of_another_window_and_a_version_from_an_open_day_concern_no_closed_period():
    was = quota("100000")
    late = (*was.orders, ("O2", "2026-01-12", "100"))
    more = {"quotas": [{**QUOTA, "amount": "100000"}, {**QUOTA, "period": "2026-Q2", "amount": "5"}]}
    plans = (plan(version(component(**ATTAINED)), version(component(**ATTAINED), version="2", valid_from="2026-02-01", decided_on="2026-01-15")),)  # fmt: skip
    _, questions, _ = proposed(was, World(orders=late, plans=plans, more=more))
    assert questions.is_empty()


# What never moves a closed day

FAMILY = plan(version(component(measure={"credits": "new_business", "only": {"product_family": ["F"]}})))
BOSS = _overridden().plans


def _frozen(**more):
    return {"orders": (("O1", "2026-01-10", "10000", {"opportunity_id": "D"}),), "more": more}


def _deal(owner, *shares):
    splits = [
        {"opportunity_id": "D", "payee_id": who, "percent": part, "split_type": "revenue"} for who, part in shares
    ]
    return World(
        **_frozen(opportunities=[{"opportunity_id": "D", "owner_id": owner, "stage": "won"}], opportunity_splits=splits)
    )


def _people(manager, role="sales_rep"):
    boss = [{**PAYEES[0], "payee_id": name, "payee_name": name, "role": "manager"} for name in ("B1", "B2")]
    return World(plans=BOSS, more={"payees": [{**PAYEES[0], "manager_id": manager, "role": role}, *boss]})


def _family(name):
    return World(plans=(FAMILY,), family=name)


def _rate(value):
    rates = [{"currency": "USD", "valid_from": "2026-01-01", "rate": value}]
    return World(orders=(("O1", "2026-01-10", "10000", {"currency": "USD"}),), more={"fx_rates": rates})


FROZEN = {
    "the owner of an opportunity": (_deal("R1"), _deal("R2"), ("opportunities", "D")),
    "the splits of an opportunity": (_deal("R1", ("R1", "100")), _deal("R1", ("R1", "50"), ("R2", "50")), ("opportunities", "D")),
    "an assignment": (START, World(more={"assignments": [["A", "R2", "sales_rep", "2020-01-01"]]}), ("assignments", "A")),
    "a role": (_people("B1"), _people("B1", "other"), ("payees", "R1")),
    "a manager": (_people("B1"), _people("B2"), ("payees", "R1")),
    "a product's family": (_family("F"), _family("G"), ("products", "F")),
    "a rate of exchange": (_rate("0.9"), _rate("0.8"), ("fx_rates", "USD")),
}  # fmt: skip


@pytest.mark.parametrize("item", FROZEN)
def test_what_is_frozen_at_the_close_moves_nothing_and_is_reported(item):
    was, now, expected = FROZEN[item]
    assert not was.posted.is_empty()
    found, _, drifted = proposed(was, now)
    assert found.is_empty()
    assert drifted.select("subject_table", "subject_id", "fiscal_period").rows() == [(*expected, "2026-P01")]


def test_the_parent_of_an_account_is_frozen_too():
    def world(parent):
        accounts = [{"account_id": "P1"}, {"account_id": "P2"}, {"account_id": "A", "parent_account_id": parent}]
        owners = [["P1", "R1", "sales_rep", "2020-01-01"], ["P2", "R2", "sales_rep", "2020-01-01"]]
        return World(more={"accounts": accounts, "assignments": owners})

    found, _, drifted = proposed(world("P1"), world("P2"))
    assert found.is_empty()
    assert drifted.select("subject_table", "was", "now").rows() == [
        ("account_parents", "parent_account_id P1", "parent_account_id P2")
    ]


def test_only_what_a_component_reads_is_behind_it():
    was, now = quota("100000"), quota("120000")
    calendar = periods_of(now.facts, now.company)
    both = [Decided(one.company, one.plans, one.facts) for one in (was, now)]
    assert list(changed_rules(Behind("R1", "plan", "commission", "2026-P01"), *both, calendar)) == ["quota"]
    assert changed_rules(Behind("R2", "plan", "commission", "2026-P01"), *both, calendar) == {}
    assert changed_rules(Behind("R1", "plan", "commission", "2026-P04"), *both, calendar) == {}


# Money that moves after the close

INVOICED = plan(version(component(event="invoice")))
COLLECTED = plan(version(component(event="payment")))


def _billed(plans, **more):
    return World(plans=(plans,), more=more)


@pytest.mark.parametrize(
    ("terms", "table", "key"), [(INVOICED, "invoices", "invoice_id"), (COLLECTED, "payments", "payment_id")]
)
def test_invoices_and_payments_flow(terms, table, key):
    def world(amount):
        row = {key: "M1", "order_id": "O1", "date": "2026-01-20", "amount": amount}
        return _billed(terms, **{table: [row]})

    found, questions, _ = proposed(world("10000"), world("4000"))
    assert [(period, amount) for period, amount, _ in said(found)] == [("2026-P01", "-600")]
    assert questions.is_empty()
