"""What each measure counts of a credit: margin, price over target, units, orders and customers; and what a return takes back."""

from decimal import Decimal

import polars as pl
import pytest
from lines_world import World, counting, money, rows_of
from payout_world import company, component, plan, version

from compensation.payout.errors import MissingFigure, MissingRate, PayoutError
from compensation.payout.terms import terms_of

SPLIT = [{"amount": "333.34", "share": "33.34"}, {"amount": "666.66", "payee": "other", "share": "66.66"}]
PEOPLE = [{"payee_id": "rep"}, {"payee_id": "other"}]
TARGET = [{"product_id": "thing", "product_family": "family", "target_price": "1200"}]


def margin(**given):
    return counting("margin", **{"below_cost": "mirrored", **given})


def test_margin_is_the_credit_less_its_cost():
    paid = World().sell("A", "1500", cost_amount="1000").pay(margin())
    assert rows_of(paid, "credited") == money("500")
    assert rows_of(paid, "earned") == money("50")


def test_the_cost_of_a_line_is_shared_out_to_the_cent():
    paid = World(payees=PEOPLE).sell("A", "1000.00", cost_amount="100.01", credits=SPLIT).pay(margin())
    assert rows_of(paid, "credited") == money("300.00", "599.99")  # cost 33.34 (33.343334) and the rest of 100.01


def test_a_line_returned_in_three_parts_is_undone_to_the_cent_of_each_credit():
    world = World(payees=PEOPLE).sell("A", "1000.00", cost_amount="100.01", credits=SPLIT)
    world.give_back("A", "333.33", on="2026-02-01", credits=["111.11", "222.22"])
    world.give_back("A", "333.33", on="2026-03-01", credits=["111.11", "222.22"])
    world.give_back("A", "333.34", on="2026-04-01", credits=["111.12", "222.22"])
    paid = world.pay(margin())
    by_credit = paid.earnings.group_by("credit_number").agg(pl.col("credited").sum(), pl.col("earned").sum())
    assert by_credit["credited"].to_list() == [0, 0]
    assert by_credit["earned"].to_list() == [0, 0]
    # 33.34 of cost came back (33.336333), of which 11.11 (11.1136) were the first credit's
    assert rows_of(paid, "credited")[2:4] == money("-100.00", "-199.99")


def test_a_return_that_states_its_cost_takes_back_that():
    world = World().sell("A", "1500", cost_amount="1000").give_back("A", "1500", on="2026-02-01", cost_amount="400")
    assert rows_of(world.pay(margin()), "credited") == money("500", "-1100")


def test_goods_that_come_back_worthless_cost_no_more_than_nothing_where_losses_are_floored():
    world = World().sell("A", "1500", cost_amount="1000").give_back("A", "1500", on="2026-02-01", cost_amount="0")
    assert rows_of(world.pay(margin(below_cost="floored")), "credited") == money("500", "-500")
    assert rows_of(world.pay(margin()), "credited") == money("500", "-1500")


def test_a_return_without_its_cost_after_one_that_states_it_takes_back_its_share_while_any_is_left():
    world = World().sell("A", "1000", cost_amount="500")
    world.give_back("A", "100", on="2026-02-01", cost_amount="200").give_back("A", "900", on="2026-03-01")
    assert rows_of(world.pay(margin()), "credited") == money(
        "500", "100", "-600"
    )  # 500 × 90 % is more than the 300 left


@pytest.mark.parametrize(("says", "counted"), [("mirrored", ["-200"]), ("floored", ["0"])])
def test_a_sale_below_cost_does_what_the_plan_says(says, counted):
    paid = World().sell("A", "800", cost_amount="1000").pay(margin(below_cost=says))
    assert rows_of(paid, "credited") == money(*counted)


def test_a_sale_at_cost_is_not_below_it():
    paid = World().sell("A", "1000", cost_amount="1000").pay(margin(below_cost="ignored"))
    assert rows_of(paid, "credited") == money("0")
    assert paid.unpaid.is_empty()


def test_an_ignored_sale_and_its_return_are_unpaid_and_say_why():
    world = World().sell("A", "999.99", cost_amount="1000").sell("B", "1500", cost_amount="1000")
    paid = world.give_back("A", "999.99", on="2026-02-01").pay(margin(below_cost="ignored"))
    assert rows_of(paid, "credited") == money("500")
    assert paid.unpaid.select("order_line_id", "return_id", "reason").rows() == [
        ("A", None, "below_cost"),
        ("A", "return-1", "below_cost"),
    ]


def test_an_ignored_sale_that_another_component_takes_is_paid_there():
    world = World().sell("A", "800", cost_amount="1000")
    paid = world.pay(margin(below_cost="ignored", component="on_margin"), component(component="on_revenue"))
    assert rows_of(paid, "credited") == money("800")
    assert paid.unpaid.is_empty()


def test_a_line_without_cost_stops_margin_and_says_where_and_what_to_do():
    world = World().sell("A", "800", cost_amount="500").sell("B", "900").sell("C", "900")
    with pytest.raises(MissingFigure) as stopped:
        world.pay(margin(component="on_margin"))
    assert str(stopped.value) == (
        "2 credits have no cost on the order line, which margin needs. First: order line B, payee rep, component on_margin "
        "of plan plan. Give the line a 'cost_amount' (0.00 where it costs nothing), map one from products.unit_cost, or narrow "
        "the component with 'only'; it is never taken as 0."
    )


def test_a_line_without_cost_stops_nothing_where_no_component_takes_it():
    world = World().sell("A", "800", cost_amount="500").sell("B", "900", family="services")
    paid = world.pay(margin(only={"product_family": "family"}))
    assert rows_of(paid, "credited") == money("300")
    assert paid.unpaid["reason"].to_list() == ["not_in_plan"]


def test_margin_is_taken_in_company_currency_at_the_rate_of_the_order():
    rates = [
        {"currency": "USD", "valid_from": "2026-01-01", "rate": "0.333333"},
        {"currency": "USD", "valid_from": "2026-02-01", "rate": "0.5"},
    ]
    world = World(fx_rates=rates).sell("A", "100", currency="USD", cost_amount="10", credits=[{"amount": "33.33"}])
    world.give_back("A", "100", on="2026-02-10", credits=["33.33"])
    assert rows_of(world.pay(margin()), "credited") == money("30.00", "-30.00")  # 33.33 − 3.33


def test_margin_enters_a_foreign_plan_at_the_rate_of_the_sale_and_leaves_at_the_same():
    rates = [
        {"currency": "USD", "valid_from": "2026-01-01", "rate": "0.9"},
        {"currency": "USD", "valid_from": "2026-02-01", "rate": "0.5"},
    ]
    world = World(fx_rates=rates).sell("A", "1500.00", cost_amount="1000.00")
    world.give_back("A", "500.00", on="2026-02-10").give_back("A", "1000.00", on="2026-02-11")
    paid = world.pay(margin(), currency="USD")
    assert rows_of(paid, "credited") == money("555.56", "-185.19", "-370.37")  # 166.67 of margin, then the rest


def test_a_loss_on_a_return_enters_a_foreign_plan_by_its_own_amount():
    rates = [{"currency": "USD", "valid_from": "2026-01-01", "rate": "0.9"}]
    world = (
        World(fx_rates=rates)
        .sell("A", "1000.01", cost_amount="1000.00")
        .give_back("A", "1000.01", on="2026-02-10", cost_amount="100")
    )
    assert rows_of(world.pay(margin(), currency="USD"), "credited") == money("0.01", "-1000.01")  # 900.01 ÷ 0.9


def test_margin_in_a_foreign_plan_without_a_rate_stops():
    with pytest.raises(MissingRate, match="has no rate to enter a plan in USD"):
        World().sell("A", "1500.00", cost_amount="1000.00").pay(margin(), currency="USD")


@pytest.mark.parametrize(
    ("price", "up_to", "above"),
    [
        ("1500", "200", "300"),
        ("1100", "100", "0"),
        ("1200", "200", "0"),
        ("1200.01", "200", "0.01"),
        ("900", "0", "0"),
        ("1000", "0", "0"),
    ],
)
def test_price_up_to_and_above_target(price, up_to, above):
    """Worked example 35: cost 1,000, target 1,200; computed by line, below cost 0."""
    world = World(products=TARGET).sell("A", price, cost_amount="1000")
    parts = [counting(of, below_cost="floored", component=of) for of in ("up_to_target", "above_target")]
    parts[0]["curve"], parts[1]["curve"] = {"shape": "flat", "rate": "0.10"}, {"shape": "flat", "rate": "0.20"}
    assert rows_of(world.pay(*parts), "credited") == money(above, up_to)  # by name of component


def test_worked_example_35_pays_80_and_10():
    parts = [counting(of, below_cost="floored", component=of) for of in ("up_to_target", "above_target")]
    parts[1]["curve"] = {"shape": "flat", "rate": "0.20"}
    for price, pay in (("1500", "80"), ("1100", "10")):
        paid = World(products=TARGET).sell("A", price, cost_amount="1000").pay(*parts)
        assert paid.earnings["earned"].sum() == Decimal(pay)


def test_a_target_price_is_times_the_quantity_and_a_return_takes_back_its_pieces():
    world = World(products=TARGET).sell("A", "6000", quantity="4", cost_amount="4000")
    world.give_back("A", "1500", on="2026-02-01", quantity="1").give_back("A", "4500", on="2026-03-01", quantity="3")
    for of, counted in (("above_target", ("1200", "-300", "-900")), ("up_to_target", ("800", "-200", "-600"))):
        assert rows_of(world.pay(counting(of, below_cost="mirrored")), "credited") == money(*counted)


def test_both_parts_of_a_loss_add_up_to_the_margin():
    world = World(products=TARGET).sell("A", "1500", cost_amount="1600")
    counted = [
        rows_of(world.pay(counting(of, below_cost="mirrored")), "credited")[0]
        for of in ("above_target", "up_to_target")
    ]
    assert counted == money("300", "-400")


def test_a_product_without_target_stops():
    with pytest.raises(
        MissingFigure,
        match=r"has no target price on the order line, which above_target needs\. First: order line A, payee rep.*Give its product a 'target_price'",
    ):
        World().sell("A", "1500", cost_amount="1000").pay(counting("above_target", below_cost="floored"))


def test_units_are_shared_out_in_thousandths():
    paid = World(payees=PEOPLE).sell("A", "1000", quantity="10", credits=SPLIT).pay(counting("units"))
    assert rows_of(paid, "credited") == money("3.333", "6.667")
    assert rows_of(paid, "earned") == money("33.33", "66.67")


def test_an_order_of_nothing_counts_its_units_and_pays_no_amount():
    """Scenario 44: a discount of 100 %."""
    credits = [{"amount": "0.00", "share": "25"}, {"amount": "0.00", "payee": "other", "share": "75"}]
    world = World(payees=PEOPLE).sell("A", "0.00", quantity="4", credits=credits)
    world.give_back("A", "0.00", on="2026-02-01", credits=["0.00", "0.00"], quantity="4")
    paid = world.pay(counting("units", component="units"), component(component="amount"))
    assert paid.earnings.filter(pl.col("component") == "amount")["earned"].to_list() == money("0", "0", "0", "0")
    counted = paid.earnings.filter(pl.col("component") == "units").sort("return_id", "credit_number", nulls_last=False)
    assert counted["credited"].to_list() == money("1", "3", "-1", "-3")
    assert counted["earned"].to_list() == money("10", "30", "-10", "-30")


def test_a_price_allowance_takes_back_no_units():
    world = World().sell("A", "1000", quantity="10").give_back("A", "100", on="2026-02-01", quantity="0")
    assert rows_of(world.pay(counting("units")), "credited") == money("10", "0")


def test_a_return_that_states_no_quantity_takes_back_its_share():
    world = (
        World()
        .sell("A", "1000", quantity="10")
        .give_back("A", "250", on="2026-02-01")
        .give_back("A", "750", on="2026-03-01")
    )
    assert rows_of(world.pay(counting("units")), "credited") == money("10", "-2.5", "-7.5")


def test_an_order_counts_at_its_first_credit_and_until_all_of_it_is_back():
    world = World().sell("A", "100", order="one").sell("B", "200", order="one").sell("C", "0.00", order="two")
    world.give_back("A", "100", on="2026-02-01").give_back("B", "50", on="2026-02-02").give_back(
        "B", "150", on="2026-03-01"
    )
    paid = world.pay(counting("orders"))
    assert rows_of(paid, "credited") == money("1", "0", "0", "0", "-1", "1")
    assert rows_of(paid, "earned") == money("10", "0", "0", "0", "-10", "10")
    assert paid.attainment["position"].to_list() == money("2", "2", "1")


def test_an_order_of_nothing_is_back_when_it_comes_back():
    world = World().sell("A", "0.00", quantity="2").give_back("A", "0.00", on="2026-02-01", quantity="1")
    world.give_back("A", "0.00", on="2026-03-01", quantity="1")
    assert rows_of(world.pay(counting("orders")), "credited") == money("1", "0", "-1")


@pytest.mark.parametrize("of", ["orders", "customers"])
@pytest.mark.parametrize(
    ("amounts", "counts"),
    [(["-50"], ["0"]), (["100", "-20"], ["1", "0"]), (["-20", "100"], ["0", "1"]), (["100", "-150"], ["1", "-1"]), (["0.00"], ["1"])],
)  # fmt: skip
def test_what_adds_up_to_less_than_nothing_is_no_order_and_no_customer(of, amounts, counts):
    world = World(accounts=[{"account_id": "account"}])
    for name, amount in zip("AB", amounts, strict=False):
        world.sell(name, amount, order="one")
    assert rows_of(world.pay(counting(of)), "credited") == money(*counts)


def test_an_order_counts_for_each_payee_once():
    world = (
        World(payees=PEOPLE).sell("A", "1000", order="one", credits=SPLIT).sell("B", "1000", order="one", credits=SPLIT)
    )
    paid = world.pay(counting("orders"))
    assert paid.earnings.group_by("payee_id").agg(pl.col("credited").sum())["credited"].to_list() == money("1", "1")


def test_a_return_in_a_later_window_undoes_the_order_there():
    world = World().sell("A", "100").sell("B", "100", on="2026-02-10").give_back("A", "100", on="2026-02-01")
    paid = world.pay(counting("orders", window="month", clawback="as_negative"))
    assert rows_of(paid, "credited") == money("1", "-1", "1")
    assert paid.attainment.sort("fiscal_period")["position"].to_list() == money("1", "0")


def test_a_customer_counts_once_a_window_whatever_account_of_its_tree_buys():
    accounts = [{"account_id": "group"}, {"account_id": "north", "parent_account_id": "group"}, {"account_id": "alone"}]
    world = (
        World(accounts=accounts)
        .sell("A", "1", account="group")
        .sell("B", "1", account="north")
        .sell("C", "1", account="alone")
    )
    world.sell("D", "1", account="group", on="2026-02-01")
    paid = world.pay(counting("customers", window="month"))
    assert rows_of(paid, "credited") == money("1", "0", "1", "1")


def test_a_customer_that_buys_again_in_the_window_is_the_same_customer():
    world = World(accounts=[{"account_id": "account"}]).sell("A", "100").sell("B", "100", on="2026-05-20")
    assert rows_of(world.pay(counting("customers")), "credited") == money("1", "0")


def test_a_credit_note_of_nothing_after_a_full_return_ends_no_other_line():
    world = World().sell("A", "100", order="one").sell("B", "200", order="one")
    world.give_back("A", "100", on="2026-02-01").give_back("A", "0.00", on="2026-02-02")
    assert rows_of(world.pay(counting("orders")), "credited") == money("1", "0", "0", "0")


def test_a_customer_that_gave_all_back_and_buys_again_counts_again():
    world = (
        World(accounts=[{"account_id": "account"}])
        .sell("A", "100")
        .give_back("A", "100", on="2026-02-01")
        .sell("B", "50", on="2026-03-01")
    )
    assert rows_of(world.pay(counting("customers")), "credited") == money("1", "-1", "1")


def test_a_return_is_taken_back_by_the_measure_that_took_its_sale():
    on_margin = version(margin(clawback="as_negative"))
    on_revenue = version(
        component(clawback="as_negative"), version="2", valid_from="2026-02-01", decided_on="2026-01-15"
    )
    world = World().sell("A", "1500", cost_amount="1000").give_back("A", "1500", on="2026-02-10")
    assert rows_of(world.pay_plans(plan(on_margin, on_revenue)), "credited") == money("500", "-500")


def test_a_position_of_money_cannot_go_on_as_units():
    on_units = version(counting("units"), version="2", valid_from="2026-02-01", decided_on="2026-01-15")
    with pytest.raises(PayoutError, match=r"version 1 counts money and version 2 counts units.*another name"):
        terms_of([plan(version(component()), on_units)])


def test_only_some_families_and_kinds_of_credit_are_taken():
    credits = [{"amount": "60", "share": "60"}, {"amount": "40", "share": "40", "type": "split"}]
    world = (
        World()
        .sell("A", "100", credits=credits)
        .sell("B", "100", family="services")
        .give_back("A", "100", on="2026-02-01", credits=["60", "40"])
    )
    narrow = component(
        measure={"credits": "new_business", "only": {"product_family": ["family", "other"], "credit_type": "direct"}}
    )
    paid = world.pay(narrow)
    assert rows_of(paid, "credited") == money("60", "-60")
    assert paid.unpaid.sort("order_line_id", "return_id", nulls_last=False).select(
        "order_line_id", "reason"
    ).rows() == [
        ("A", "not_in_plan"),
        ("A", "not_in_plan"),
        ("B", "not_in_plan"),
    ]


def test_dates_take_sales_from_the_first_day_up_to_the_last_and_their_returns_ever():
    world = World()
    for line, on in (("A", "2026-01-31"), ("B", "2026-02-01"), ("C", "2026-02-28"), ("D", "2026-03-01")):
        world.sell(line, "100", on=on)
    world.give_back("B", "100", on="2026-06-01")
    paid = world.pay(component(dates={"from": "2026-02-01", "to": "2026-03-01"}))
    assert paid.earnings["order_line_id"].to_list() == ["B", "C", "B"]
    assert paid.unpaid["order_line_id"].to_list() == ["A", "D"]


def test_a_return_of_what_the_new_version_no_longer_takes_is_taken_back_by_the_old_one():
    old = version(component(clawback="as_negative"))
    new = version(
        component(clawback="as_negative", measure={"credits": "new_business", "only": {"product_family": "other"}}),
        version="2", valid_from="2026-02-01", decided_on="2026-01-15",
    )  # fmt: skip
    paid = World().sell("A", "100").give_back("A", "100", on="2026-02-10").pay_plans(plan(old, new))
    assert paid.earnings["plan_version"].to_list() == ["1", "1"]
    assert rows_of(paid, "earned") == money("10", "-10")


def test_only_the_first_order_of_a_relationship_counts_and_its_return_is_taken_back():
    world = World().sell("A", "1000").sell("B", "500", on="2026-02-01", since="2026-01-10")
    world.sell("C", "700", on="2026-02-01").give_back("C", "700", on="2026-03-01")
    paid = world.pay(component(measure={"credits": "new_logo", "only": {"first_order": "true"}}))
    assert paid.earnings.select("order_line_id", "return_id").rows() == [
        ("A", None),
        ("C", None),
        ("C", "return-1"),
    ]
    assert rows_of(paid, "earned") == money("100", "70", "-70")
    assert paid.unpaid.select("order_line_id", "reason").rows() == [("B", "not_in_plan")]


def test_a_first_order_is_counted_beside_a_component_that_takes_every_order():
    world = World().sell("A", "1000").sell("B", "500", on="2026-02-01", since="2026-01-10")
    first = component(component="first", measure={"credits": "new_business", "only": {"first_order": "true"}})
    by_name = world.pay(first, component(component="every")).earnings.sort("component", "order_line_id")
    assert by_name.select("component", "order_line_id").rows() == [("every", "A"), ("every", "B"), ("first", "A")]


def test_a_first_order_that_is_paid_later_counts_on_the_day_of_payment():
    world = World(
        invoices=[{"invoice_id": "I", "order_id": "order-A", "date": "2026-01-20", "amount": "1000"}],
        payments=[{"payment_id": "P", "invoice_id": "I", "date": "2026-04-05", "amount": "1000"}],
    )
    world.sell("A", "1000").sell("B", "500", on="2026-02-01", since="2026-01-10")
    only_first = component(event="payment", measure={"credits": "new_business", "only": {"first_order": "true"}})
    earned = world.pay(only_first).earnings.filter(pl.col("earned") != 0)
    assert earned.select("order_line_id", "fiscal_period").rows() == [("A", "2026-P04")]


def test_every_plain_component_beside_another_measure_counts_as_before():
    world = World().sell("A", "1500", cost_amount="1000").give_back("A", "500", on="2026-02-01")
    both = world.pay(component(component="revenue"), margin(component="margin")).earnings
    alone = World(**world.tables)
    alone.rows = world.rows
    plain = alone.pay(component(component="revenue")).earnings
    assert both.filter(pl.col("component") == "revenue").equals(plain)


def test_margin_of_a_company_without_minor_units():
    firm = company(currency="JPY")
    paid = World().sell("A", "1500", currency="JPY", cost_amount="999").pay(margin(), firm=firm, currency="JPY")
    assert rows_of(paid, "credited") == money("501")
    assert rows_of(paid, "earned") == money("50")
