"""Credits that count when their order is invoiced or paid, in parts that add up."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payout_world import component, credits_of, pay_world, plan, version
from pydantic import ValidationError

from compensation.calendar import OutsideCalendar
from compensation.payout.errors import MissingFigure

DEAL = [{"on": "2026-01-10", "amount": "1000000.00"}]
TWICE = [("2026-02-10", "500000.00"), ("2026-05-10", "500000.00")]


def by_event(event: Any, **more: Any) -> Any:
    """A plan at 10 % over the year, on the event given."""
    return plan(version(component(event=event, **more)))


def order_facts(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Orders, lines and returns that the credits were made from, as ``credits_of`` names them."""
    tables: dict[str, list[dict[str, Any]]] = {"orders": [], "order_lines": [], "returns": []}
    for number, row in enumerate(rows, start=1):
        line = f"line-{row.get('of', number):05}"
        if "of" in row:
            back = {"return_id": f"return-{number:05}", "order_line_id": line, "return_date": row["on"]}
            tables["returns"].append({**back, "amount": row["amount"].removeprefix("-")})
        else:
            names = {"order_id": line, "account_id": "account", "currency": "EUR", "status": "confirmed"}
            tables["orders"].append({**names, "order_date": row["on"]})
            amounts = {"quantity": "1", "net_amount": row["amount"], "product_id": "product", "line_number": 1}
            tables["order_lines"].append({"order_line_id": line, "order_id": line, **amounts})
    return tables


def invoices(*rows: tuple[str, str], of: int = 1) -> list[dict[str, Any]]:
    """Invoices of one order: date and amount."""
    return [
        {"invoice_id": f"invoice-{of}-{n}", "order_id": f"line-{of:05}", "date": day, "amount": amount}
        for n, (day, amount) in enumerate(rows)
    ]


def payments(*rows: tuple[str, str], of: int = 1) -> list[dict[str, Any]]:
    """Payments of one order: date and amount."""
    return [
        {"payment_id": f"payment-{of}-{n}", "order_id": f"line-{of:05}", "date": day, "amount": amount}
        for n, (day, amount) in enumerate(rows)
    ]


def paid_world(rows: list[dict[str, Any]], *plans: Any, **tables: Any) -> Any:
    return pay_world(credits_of(rows), *plans, **order_facts(rows), **tables)


def posted(paid: Any) -> list[tuple[str, str]]:
    """Fiscal period and money of every line, as text."""
    return [
        (period, f"{earned:.2f}")
        for period, earned in paid.earnings.select(pl.col("fiscal_period").cast(pl.String), "earned").rows()
    ]


def test_a_deal_paid_in_two_halves_earns_twice_half():
    """Siebel Incentive Compensation, plan design: 1,000,000 at 10 %, paid 500,000 twice: 50,000 + 50,000."""
    paid = paid_world(DEAL, by_event("payment"), payments=payments(*TWICE))
    assert posted(paid) == [("2026-P01", "0.00"), ("2026-P02", "50000.00"), ("2026-P05", "50000.00")]
    assert paid.earnings["slice_number"].to_list() == [1, 2, 3]


@pytest.mark.parametrize(
    ("net", "rate", "paid_in", "expected"),
    [
        ("1000.00", "0.20", ["500.00"], ["100.00"]),
        ("20000.00", "0.20", ["10000.00", "10000.00"], ["2000.00", "2000.00"]),
    ],
)
def test_part_payments_earn_their_part(net, rate, paid_in, expected):
    """OCA commission, pull requests 480 and 104."""
    rows = [{"on": "2026-01-10", "amount": net}]
    dated = [(f"2026-0{n}-01", amount) for n, amount in enumerate(paid_in, start=2)]
    on_payment = by_event("payment", curve={"shape": "flat", "rate": rate})
    paid = paid_world(rows, on_payment, payments=payments(*dated))
    assert [money for _, money in posted(paid)] == ["0.00", *expected]


def test_invoices_move_a_component_on_invoice_and_payments_do_not():
    made = {"invoices": invoices(("2026-03-01", "250000.00")), "payments": payments(*TWICE)}
    assert posted(paid_world(DEAL, by_event("invoice"), **made)) == [("2026-P01", "0.00"), ("2026-P03", "25000.00")]


def test_shares_count_at_booking_invoice_and_payment():
    shares = {"booking": "0.60", "invoice": "0.20", "payment": "0.20"}
    made = {"invoices": invoices(("2026-02-01", "1000000.00")), "payments": payments(*TWICE)}
    expected = [("2026-P01", "60000.00"), ("2026-P02", "30000.00"), ("2026-P05", "10000.00")]
    days = (
        paid_world(DEAL, by_event(shares), **made)
        .earnings.group_by("fiscal_period", maintain_order=True)
        .agg(pl.col("earned").sum())
    )
    assert [(period, f"{money:.2f}") for period, money in days.rows()] == expected


def test_shares_can_differ_by_family():
    shares = {"product_family": {"family": {"payment": "1"}}, "otherwise": {"booking": "1"}}
    paid = paid_world(DEAL, by_event(shares), payments=payments(*TWICE))
    assert [money for _, money in posted(paid)] == ["0.00", "50000.00", "50000.00"]
    shares = {"product_family": {"another": {"payment": "1"}}, "otherwise": {"booking": "1"}}
    assert posted(paid_world(DEAL, by_event(shares), payments=payments(*TWICE))) == [("2026-P01", "100000.00")]


def test_more_than_the_order_counts_no_further_and_a_returned_payment_takes_back():
    dated = [("2026-02-01", "900000.00"), ("2026-03-01", "900000.00"), ("2026-04-01", "-1300000.00")]
    paid = paid_world(DEAL, by_event("payment"), payments=payments(*dated))
    expected = [("2026-P01", "0.00"), ("2026-P02", "90000.00"), ("2026-P03", "10000.00"), ("2026-P04", "-50000.00")]
    assert posted(paid) == expected


def test_a_payment_may_name_its_invoice():
    made = invoices(("2026-02-01", "1000000.00"))
    rows = [{"payment_id": "payment", "invoice_id": "invoice-1-0", "date": "2026-03-01", "amount": "400000.00"}]
    paid = paid_world(DEAL, by_event("payment"), invoices=made, payments=rows)
    assert posted(paid) == [("2026-P01", "0.00"), ("2026-P03", "40000.00")]


def test_a_payment_before_the_order_counts_on_the_day_of_the_order():
    paid = paid_world(DEAL, by_event("payment"), payments=payments(("2025-12-20", "300000.00")))
    assert posted(paid) == [("2026-P01", "30000.00")]


def test_thirds_of_a_cent_add_up_to_the_credit():
    rows = [{"on": "2026-01-10", "amount": "100.00"}]
    dated = [(f"2026-0{n}-01", "33.33") for n in (2, 3)] + [("2026-04-01", "33.34")]
    one_to_one = by_event("payment", curve={"shape": "flat", "rate": "1"})
    paid = paid_world(rows, one_to_one, payments=payments(*dated))
    assert [money for _, money in posted(paid)] == ["0.00", "33.33", "33.33", "33.34"]


def test_parts_lie_in_the_windows_and_tiers_of_their_days():
    tiers = [{"from": "0", "to": "400000", "rate": "0.05"}, {"from": "400000", "to": None, "rate": "0.10"}]
    quarterly = by_event("payment", window="quarter", curve={"shape": "marginal", "of": "amount", "tiers": tiers})
    paid = paid_world(DEAL, quarterly, payments=payments(*TWICE))
    found = paid.earnings.select(pl.col("window").cast(pl.String), "slice_number", "tier_number", "earned").rows()
    q1, q2 = "2026-Q1", "2026-Q2"
    twenty, ten = Decimal("20000"), Decimal("10000")
    assert found == [
        (q1, 1, 1, Decimal(0)), (q1, 2, 1, twenty), (q1, 3, 2, ten), (q2, 4, 1, twenty), (q2, 5, 2, ten),
    ]  # fmt: skip


def test_two_parts_of_one_credit_in_one_window_keep_their_days_among_other_credits():
    rows = [{"on": "2026-01-10", "amount": "100.00"}, {"on": "2026-03-01", "amount": "100.00"}]
    tiers = [
        {"from": "0", "to": "50", "rate": "0"},
        {"from": "50", "to": "150", "rate": "0.10"},
        {"from": "150", "to": None, "rate": "1"},
    ]
    shares = {"booking": "0.50", "payment": "0.50"}
    climbing = by_event(shares, curve={"shape": "marginal", "of": "amount", "tiers": tiers})
    paid = paid_world(rows, climbing, payments=payments(("2026-06-01", "100.00")))
    # 50 on 10 January, 50 on 1 March of the second, 50 on 1 June of the first.
    found = paid.earnings.select(
        pl.col("fiscal_period").cast(pl.String), "order_line_id", "position_after", "earned"
    ).rows()
    assert found == [
        ("2026-P01", "line-00001", Decimal(50), Decimal(0)),
        ("2026-P03", "line-00002", Decimal(100), Decimal(5)),
        ("2026-P06", "line-00001", Decimal(150), Decimal(5)),
    ]


BACK = [*DEAL, {"on": "2026-06-01", "amount": "-200000.00", "of": 1}]


def test_a_return_before_any_payment_takes_nothing_and_leaves_less_to_be_paid():
    rows = [*DEAL, {"on": "2026-02-01", "amount": "-200000.00", "of": 1}]
    paid = paid_world(
        rows, by_event("payment"), payments=payments(("2026-03-01", "400000.00"), ("2026-04-01", "400000.00"))
    )
    assert sorted(posted(paid)) == [
        ("2026-P01", "0.00"),
        ("2026-P02", "0.00"),
        ("2026-P03", "40000.00"),
        ("2026-P04", "40000.00"),
    ]


def test_a_return_takes_back_what_had_counted_of_it_in_the_windows_where_it_counted():
    """Paid in full in P02 and P05; 200,000 back in P06: 10,000 from each window, posted in P06."""
    paid = paid_world(BACK, by_event("payment", window="month"), payments=payments(*TWICE))
    back = paid.earnings.filter(pl.col("return_id").is_not_null())
    found = back.select(pl.col("window", "fiscal_period").cast(pl.String), "earned", "slice_number").rows()
    assert found == [
        ("2026-P02", "2026-P06", Decimal(-10000), 1),
        ("2026-P05", "2026-P06", Decimal(-10000), 2),
    ]
    assert paid.earnings["earned"].sum() == Decimal("80000")


def test_a_return_as_negative_is_taken_from_the_window_of_its_day_at_once():
    paid = paid_world(BACK, by_event("payment", window="month", clawback="as_negative"), payments=payments(*TWICE))
    back = paid.earnings.filter(pl.col("return_id").is_not_null())
    assert back.select(pl.col("window").cast(pl.String), "earned").rows() == [("2026-P06", Decimal(-20000))]


def test_what_a_return_leaves_paid_counts_for_the_sale():
    """Half paid, then 200,000 back: 10,000 goes, and 500,000 of 800,000 is paid, so the sale gains 10,000."""
    paid = paid_world(BACK, by_event("payment"), payments=payments(TWICE[0]))
    found = paid.earnings.select("return_id", pl.col("fiscal_period").cast(pl.String), "earned").rows()
    assert sorted(found, key=lambda row: (row[0] or "", row[1])) == [
        (None, "2026-P01", Decimal(0)),
        (None, "2026-P02", Decimal(50000)),
        (None, "2026-P06", Decimal(10000)),
        ("return-00002", "2026-P06", Decimal(-10000)),
    ]


def test_a_credit_note_among_the_payments_beside_the_return_counts_once():
    dated = [("2026-02-01", "1000000.00"), ("2026-06-05", "-200000.00")]
    paid = paid_world(BACK, by_event("payment"), payments=payments(*dated))
    assert paid.earnings["earned"].sum() == Decimal("80000")


def test_an_order_that_came_back_in_full_counts_nothing():
    rows = [*DEAL, {"on": "2026-06-01", "amount": "-1000000.00", "of": 1}]
    for clawback in ("as_corrected", "as_negative"):
        paid = paid_world(rows, by_event("payment", window="month", clawback=clawback), payments=payments(*TWICE[:1]))
        assert paid.earnings["earned"].sum() == Decimal(0)


def test_units_count_in_parts_and_orders_only_when_all_is_paid():
    rows = [{"on": "2026-01-10", "amount": "300.00"}]
    dated = [("2026-02-01", "200.00"), ("2026-03-01", "100.00")]
    each = {"shape": "per_event", "amount": "50.00"}
    on_orders = by_event("payment", measure={"credits": "new_business", "of": "orders"}, curve=each)
    assert posted(paid_world(rows, on_orders, payments=payments(*dated))) == [
        ("2026-P01", "0.00"),
        ("2026-P03", "50.00"),
    ]
    each = {"shape": "per_unit", "amount": "30.00"}
    on_units = by_event("payment", measure={"credits": "new_business", "of": "units"}, curve=each)
    found = posted(paid_world(rows, on_units, payments=payments(*dated)))
    assert found == [("2026-P01", "0.00"), ("2026-P02", "20.01"), ("2026-P03", "9.99")]  # 0.667 and 0.333 units


def test_a_part_is_priced_by_the_version_of_its_day():
    first = version(component(event="payment"))
    second = version(
        component(event="payment", curve={"shape": "flat", "rate": "0.20"}), version="2", valid_from="2026-04-01",
        decided_on="2026-03-01",
    )  # fmt: skip
    paid = paid_world(DEAL, plan(first, second), payments=payments(*TWICE))
    assert [money for _, money in posted(paid)] == ["0.00", "50000.00", "100000.00"]


def test_a_payment_after_the_payee_left_the_plan_still_earns_by_it():
    stays = [{"payee_id": "rep", "plan": "plan", "valid_from": "2020-01-01", "valid_to": "2026-04-01"}]
    none = [{"payee_id": "rep", "plan": "none", "valid_from": "2026-04-01"}]
    paid = paid_world(DEAL, by_event("payment"), payments=payments(*TWICE), plan_assignments=[*stays, *none])
    assert [money for _, money in posted(paid)] == ["0.00", "50000.00", "50000.00"]


def test_other_components_of_the_plan_count_at_booking():
    both = plan(
        version(component(event="payment"), component(component="booked", curve={"shape": "flat", "rate": "0.01"}))
    )
    paid = paid_world(BACK, both, payments=payments(*TWICE))
    booked = paid.earnings.filter(pl.col("component").cast(pl.String) == "booked")
    assert booked.select(pl.col("fiscal_period").cast(pl.String), "earned").rows() == [
        ("2026-P01", Decimal(10000)),
        ("2026-P06", Decimal(-2000)),
    ]


def test_an_override_counts_by_the_event_of_the_managers_plan_and_on_commission_when_it_is_earned():
    people = [{"payee_id": "lead", "role": "manager"}, {"payee_id": "rep", "manager_id": "lead"}]
    own = {"credits": "new_business", "whose": "team"}
    rate = {"shape": "flat", "rate": "0.10"}
    on_credit = component(component="credit", measure={**own, "base": "credit"}, event="payment", curve=rate)
    on_commission = component(component="commission", measure={**own, "base": "commission"}, curve=rate)
    leads = plan(version(on_credit, on_commission), plan="leads", for_roles=["manager"])
    paid = paid_world(BACK, by_event("payment"), leads, payments=payments(*TWICE), payees=people)
    of_lead = paid.earnings.filter(pl.col("payee_id").cast(pl.String) == "lead")
    sums = (
        of_lead.group_by(pl.col("component", "fiscal_period").cast(pl.String))
        .agg(pl.col("earned").sum())
        .sort("component", "fiscal_period")
    )
    assert [row for row in sums.rows() if row[2]] == [
        ("commission", "2026-P02", Decimal(5000)), ("commission", "2026-P05", Decimal(5000)), ("commission", "2026-P06", Decimal(-2000)),
        ("credit", "2026-P02", Decimal(50000)), ("credit", "2026-P05", Decimal(50000)), ("credit", "2026-P06", Decimal(-20000)),
    ]  # fmt: skip


def test_attainment_stands_where_payments_have_brought_it():
    paid = paid_world(DEAL, by_event("payment"), payments=payments(*TWICE))
    found = dict(paid.attainment.select("fiscal_period", "position").rows())
    assert found == {
        **dict.fromkeys(["2026-P01"], Decimal(0)),
        **dict.fromkeys(["2026-P02", "2026-P03", "2026-P04"], Decimal(500000)),
        "2026-P05": Decimal(1000000),
    }


def test_a_payment_outside_the_calendar_is_refused():
    with pytest.raises(OutsideCalendar) as raised:
        paid_world(DEAL, by_event("payment"), payments=payments(("2031-05-01", "5.00")))
    assert str(raised.value) == (
        "order line-00001 has an invoice, payment or return on 2031-05-01; the fiscal calendar given ends on 2029-01-01 (excluded). "
        "Give the calendar of all years that orders, invoices and payments cover."
    )


def test_an_order_without_lines_is_refused():
    with pytest.raises(MissingFigure) as raised:
        pay_world(credits_of(DEAL), by_event("payment"), payments=payments(*TWICE))
    assert str(raised.value) == (
        "1 order has no lines to be measured against and should count by invoice or payment. First: order line-00001. "
        "Give the facts that the credits were made from."
    )


DAYS = st.integers(min_value=1, max_value=28).map(lambda day: f"2026-02-{day:02}")
CENTS = st.integers(min_value=1, max_value=10**7)


def as_amount(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2))


@settings(max_examples=25, deadline=None)
@given(
    net=CENTS,
    backs=st.lists(st.tuples(DAYS, st.integers(min_value=1, max_value=1000)), max_size=3),
    parts=st.lists(st.tuples(DAYS, st.integers(min_value=-(10**6), max_value=10**7)), max_size=4),
    clawback=st.sampled_from(["as_corrected", "as_negative"]),
    window=st.sampled_from(["month", "year", "transaction"]),
)
def test_what_counts_in_the_end_is_what_is_left_times_how_far_it_is_paid(net, backs, parts, clawback, window):
    left, rows = net, [{"on": "2026-01-10", "amount": as_amount(net)}]
    for day, thousandths in backs:
        back = min(left, max(1, net * thousandths // 1000))
        if back:
            rows.append({"on": day, "amount": f"-{as_amount(back)}", "of": 1})
            left -= back
    whole = by_event("payment", curve={"shape": "flat", "rate": "1"}, clawback=clawback, window=window)
    paid = paid_world(rows, whole, payments=payments(*[(day, as_amount(cents)) for day, cents in parts]))
    to_date = min(max(sum(cents for _, cents in parts), 0), left)
    assert paid.earnings["earned"].sum() == Decimal(to_date).scaleb(-2)


def test_pay_credit_counts_by_the_same_parts_as_quota_credit():
    half = {"by": "sub_motion", "counts": "pay", "of": {"new_logo": "0.50"}, "otherwise": "1"}
    on_half = by_event("payment", measure={"credits": "new_business", "factors": [half]})
    paid = paid_world(BACK, on_half, payments=payments(*TWICE))
    found = paid.earnings.group_by("fiscal_period", maintain_order=True).agg(pl.col("credited", "earned").sum())
    assert found.rows() == [
        ("2026-P01", Decimal(0), Decimal(0)),
        ("2026-P02", Decimal(500000), Decimal(25000)),
        ("2026-P05", Decimal(500000), Decimal(25000)),
        ("2026-P06", Decimal(-200000), Decimal(-10000)),
    ]


def test_a_cap_per_deal_sees_all_parts_of_the_deal():
    capped = by_event("payment", caps=[{"per": "deal", "amount": "60000.00", "excess": "lost"}])
    paid = paid_world(DEAL, capped, payments=payments(*TWICE))
    assert [money for _, money in posted(paid)] == ["0.00", "50000.00", "10000.00"]
    assert paid.earning_changes.select("slice_number", "change").rows() == [(3, Decimal(-40000))]


def test_commission_has_no_event_of_its_own():
    measure = {"credits": "new_business", "whose": "team", "base": "commission"}
    with pytest.raises(
        ValidationError, match="commission counts what others earn on the day that they earn it; remove 'event'"
    ):
        by_event("payment", measure=measure)


def test_a_plan_on_payment_with_nothing_to_wait_for_is_paid_as_ever():
    both = plan(version(component(event="payment"), component(component="growth", measure={"credits": "growth"})))
    rows = [{"on": "2026-01-10", "amount": "1000.00", "kind": "growth"}]
    assert posted(pay_world(credits_of(rows), both)) == [("2026-P01", "100.00")]
    assert pay_world(credits_of([]), both).earnings.is_empty()


def test_two_people_of_one_line_each_count_their_part():
    rows = [{"on": "2026-01-10", "amount": "60.01"}, {"on": "2026-01-10", "amount": "39.99", "payee": "other"}]
    credits = credits_of(rows).with_columns(
        order_line_id=pl.lit("line-00001"),
        order_id=pl.lit("line-00001"),
        credit_number=pl.Series([1, 2], dtype=pl.Int16),
    )
    facts = order_facts([{"on": "2026-01-10", "amount": "100.00"}])
    one_to_one = by_event("payment", curve={"shape": "flat", "rate": "1"})
    people = [{"payee_id": "rep"}, {"payee_id": "other"}]
    paid = pay_world(credits, one_to_one, payees=people, payments=payments(("2026-02-01", "50.00")), **facts)
    found = paid.earnings.group_by(pl.col("payee_id").cast(pl.String)).agg(pl.col("earned").sum()).sort("payee_id")
    assert found.rows() == [("other", Decimal("20.00")), ("rep", Decimal("30.01"))]
