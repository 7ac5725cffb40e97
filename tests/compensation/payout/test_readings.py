"""What readings read, exactly."""

from datetime import date
from fractions import Fraction

import polars as pl
import pytest
from payout_world import company, component, credits_of, facts, pay_world, plan, version
from pydantic import ValidationError

from compensation.attribution.attribute import attribute
from compensation.attribution.bases import Books
from compensation.calculate import periods_of
from compensation.calendar import fiscal_periods
from compensation.payout.errors import MissingFigure, MissingQuota, MissingRate
from compensation.payout.quota_uses import quota_book
from compensation.payout.quotas import quotas_in_force
from compensation.payout.readings import Asked, MissingBooks, Readings, interval_before, interval_of, words
from compensation.payout.standing import standings_of
from compensation.payout.terms import terms_of
from compensation.payout.windows import windows_of
from schemas.rules.reading import Reading
from tests import worlds

LAST_DAY = date(2026, 12, 31)


def windows(firm=None):
    return windows_of(fiscal_periods((firm or company()).fiscal_calendar, date(2024, 1, 1), LAST_DAY))


def readings(credits, firm=None, last_day=LAST_DAY, **tables):
    known, firm = facts(**tables), firm or company()
    calendar = windows(firm)
    return Readings(credits_of(credits), known, firm, calendar, quotas_in_force(known["quotas"], calendar), last_day)


def reading(of, scope="year", **given):
    given = {"credits": "new_business", **given} if of not in ("kpi", "nrr", "grr") else given
    return Reading.model_validate({"of": of, "scope": scope, **given})


def asked(window="2026", scope="year", payee="rep", currency="EUR"):
    return Asked(payee, currency, *interval_of(scope, window, windows()))


def at(rows, scope="year", currency="EUR"):
    """Places where a running reading is wanted: credit and window of the component."""
    spans = [interval_of(scope, window, windows()) for _, window in rows]
    return pl.DataFrame(
        {
            "credit": [credit for credit, _ in rows], "payee_id": ["rep"] * len(rows), "currency": [currency] * len(rows),
            "first": [span[0] for span in spans], "end": [span[1] for span in spans],
        },
        schema_overrides={"credit": pl.UInt32},
    )  # fmt: skip


def ran(taker, one, rows, scope="year", **given):
    found = taker.running(one, at(rows, scope), **given)
    return [
        None if below is None else Fraction(above, below)
        for above, below in found.select("numerator", "denominator").rows()
    ]


# intervals


@pytest.mark.parametrize(
    ("scope", "window", "first", "end"),
    [
        ("month", "2026-P05", date(2026, 5, 1), date(2026, 6, 1)),
        ("month", "2026-Q2", date(2026, 6, 1), date(2026, 7, 1)),
        ("quarter", "2026-P05", date(2026, 4, 1), date(2026, 7, 1)),
        ("quarter_to_date", "2026-P05", date(2026, 4, 1), date(2026, 6, 1)),
        ("half_year", "2026-Q1", date(2026, 1, 1), date(2026, 7, 1)),
        ("half_year_to_date", "2026-Q3", date(2026, 7, 1), date(2026, 10, 1)),
        ("year_to_date", "2026-P05", date(2026, 1, 1), date(2026, 6, 1)),
        ("year_to_date", "2026-P12", date(2026, 1, 1), date(2027, 1, 1)),
        ("year", "2026-H1", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_a_scope_covers_the_whole_interval_or_up_to_the_end_of_the_window(scope, window, first, end):
    assert interval_of(scope, window, windows()) == (first, end)


def test_a_window_that_is_no_window_of_the_calendar_is_named():
    with pytest.raises(ValueError, match=r"'2031-Q1' is no window of the fiscal calendar; use interval_ending"):
        interval_of("year", "2031-Q1", windows())


@pytest.mark.parametrize(
    ("scope", "window", "before"),
    [
        ("quarter", "2026-P05", (date(2026, 1, 1), date(2026, 4, 1))),
        ("quarter_to_date", "2026-P05", (date(2026, 1, 1), date(2026, 3, 1))),
        ("month", "2026-P01", (date(2025, 12, 1), date(2026, 1, 1))),
        ("year_to_date", "2026-Q1", (date(2025, 1, 1), date(2025, 4, 1))),
        ("year", "2024", None),
    ],
)
def test_the_interval_before_is_the_same_part_of_the_window_before(scope, window, before):
    assert interval_before(scope, *interval_of(scope, window, windows()), windows()) == before


# words


@pytest.mark.parametrize(
    ("one", "phrase"),
    [
        (
            reading("attainment", "year_to_date", quota="new_business"),
            "attainment of new_business, year to date",
        ),
        (
            reading("attainment", "quarter", quota="total", credits=["retention", "growth"], whose="team"),
            "attainment of retention and growth of the team against quota total, quarter",
        ),
        (reading("margin_share", "month"), "margin share of new_business, month"),
        (reading("revenue", "half_year", whose="direct_reports"), "revenue of new_business of direct reports, half year"),
        (reading("nrr", "quarter"), "NRR, quarter"),
        (reading("kpi", "year", kpi="satisfaction"), "satisfaction, year"),
    ],
)  # fmt: skip
def test_a_reading_in_words(one, phrase):
    assert words(one) == phrase


# sums of credits

SALES = [
    {"on": "2025-12-31", "amount": "50.00"},
    {"on": "2026-01-01", "amount": "100.00"},
    {"on": "2026-03-31", "amount": "200.00", "kind": "growth"},
    {"on": "2026-04-01", "amount": "300.01", "kind": "win_back"},
    {"on": "2026-07-15", "amount": "-30.00", "of": 2},
    {"on": "2026-08-01", "amount": "7.00", "payee": "other"},
]


def test_revenue_is_the_sum_of_the_credits_named_in_the_interval():
    taker = readings(SALES)
    places = [
        asked("2025"),
        asked("2026"),
        asked("2026-Q1", "quarter"),
        asked("2026-Q2", "quarter"),
        asked(payee="other"),
    ]
    assert taker.values(reading("revenue"), places) == [50, Fraction("370.01"), 70, Fraction("300.01"), 7]
    assert taker.values(reading("revenue", credits="win_back"), places[:2]) == [0, Fraction("300.01")]
    assert taker.values(reading("revenue", credits=["new_business", "growth"]), places[1:3]) == [
        Fraction("570.01"),
        270,
    ]


def test_a_payee_without_credits_reads_nothing_as_zero():
    assert readings(SALES).values(reading("revenue"), [asked(payee="nobody")]) == [0]
    assert readings(SALES).values(reading("revenue"), []) == []


def test_a_return_counts_in_the_interval_of_its_sale_or_in_its_own():
    taker = readings(SALES)
    places = [asked(quarter, "quarter") for quarter in ("2026-Q1", "2026-Q3")]
    assert taker.values(reading("revenue"), places, returns="as_corrected") == [70, 0]
    assert taker.values(reading("revenue"), places, returns="as_negative") == [100, -30]


def test_to_date_ends_with_the_window():
    taker = readings(SALES)
    months = [asked(month, "year_to_date") for month in ("2026-P01", "2026-P03", "2026-P04")]
    assert taker.values(reading("revenue", "year_to_date"), months) == [70, 70, Fraction("370.01")]
    assert taker.values(reading("revenue", "year_to_date"), months, returns="as_negative") == [
        100,
        100,
        Fraction("400.01"),
    ]


TEAM = [
    {"payee_id": "boss", "role": "manager"},
    {"payee_id": "lead", "role": "manager", "manager_id": "boss"},
    {"payee_id": "rep", "manager_id": "lead"},
    {"payee_id": "other", "manager_id": "boss", "valid_from": "2020-01-01"},
    {"payee_id": "other", "manager_id": "lead", "valid_from": "2026-06-01"},
]


def test_a_team_is_who_reported_to_the_payee_on_the_day_of_the_sale():
    credits = [
        *SALES,
        {"on": "2026-05-31", "amount": "1000.00", "payee": "other"},
        {"on": "2026-06-30", "amount": "-200.00", "of": 7},
        {"on": "2026-06-01", "amount": "5.00", "payee": "lead"},
    ]
    taker = readings(credits, payees=TEAM)
    heads = [asked(payee="boss"), asked(payee="lead"), asked(payee="rep")]
    assert taker.values(reading("revenue", whose="direct_reports"), heads) == [805, Fraction("377.01"), 0]
    assert taker.values(reading("revenue", whose="team"), heads) == [Fraction("1182.01"), Fraction("377.01"), 0]


def test_money_enters_the_currency_asked_for_at_the_rate_of_the_sale():
    rates = [
        {"currency": "USD", "valid_from": "2026-01-01", "rate": "0.90"},
        {"currency": "USD", "valid_from": "2026-02-01", "rate": "0.80"},
    ]
    credits = [
        {"on": "2026-01-31", "amount": "100.00"},
        {"on": "2026-02-01", "amount": "100.00"},
        {"on": "2026-03-01", "amount": "-50.00", "of": 1},
    ]
    taker = readings(credits, fx_rates=rates)
    both = [asked(currency="USD"), asked(currency="EUR")]
    assert taker.values(reading("revenue"), both) == [Fraction("111.11") + 125 - Fraction("55.56"), 150]
    assert taker.values(reading("revenue"), [asked("2026-P03", "month", currency="USD")], returns="as_negative") == [
        Fraction("-55.56")
    ]
    with pytest.raises(
        MissingRate, match=r"3 credits enter a plan in GBP and have no rate\. First: payee rep, sale of 2026-01-31"
    ):
        taker.values(reading("revenue"), [asked(currency="GBP")])


def test_revenue_agrees_with_the_position_of_a_component_to_the_cent():
    rates = [
        {"currency": "USD", "valid_from": "2026-01-01", "rate": "0.917300000000"},
        {"currency": "USD", "valid_from": "2026-02-01", "rate": "1.130000000000"},
    ]
    sales = [{"on": f"2026-{n % 6 + 1:02}-{n + 1:02}", "amount": f"{n * 37 + 10}.{n:02}"} for n in range(28)]
    back = [
        {"on": f"2026-{n % 6 + 7:02}-{n + 1:02}", "amount": f"-{n + 3}.{n:02}", "of": n + 1} for n in range(0, 28, 2)
    ]
    twice = [{"on": f"2026-12-{n + 1:02}", "amount": f"-{n + 1}.99", "of": n + 1} for n in range(0, 28, 4)]
    taker = readings([*sales, *back, *twice], fx_rates=rates)
    quarters = [f"2026-Q{n}" for n in range(1, 5)]
    places = [asked(quarter, "quarter", currency="USD") for quarter in quarters]
    for returns in ("as_corrected", "as_negative"):
        on_it = plan(version(component(window="quarter", clawback=returns)), currency="USD")
        paid = pay_world(taker.credits, on_it, fx_rates=rates)
        last = paid.attainment.group_by("window").agg(pl.col("position").sort_by("fiscal_period").last())
        ends = dict(last.select(pl.col("window").cast(pl.String), "position").rows())
        expected = [Fraction(ends.get(quarter, 0)) for quarter in quarters]
        assert taker.values(reading("revenue", "quarter"), places, returns=returns) == expected


# attainment


def quota(period, amount, **more):
    return {"period": period, "amount": amount, **more}


def test_attainment_is_revenue_over_the_quota_of_the_interval():
    taker = readings(SALES, quotas=[quota("2026", "1200.00")])
    one = reading("attainment", quota="new_business")
    places = [
        asked("2026"),
        asked("2026-Q1", "quarter"),
        asked("2026-P04", "year_to_date"),
        asked("2026-P12", "year_to_date"),
    ]
    assert taker.values(one, places) == [
        Fraction("370.01") / 1200, Fraction(70, 300), Fraction("370.01") / 400, Fraction("370.01") / 1200,
    ]  # fmt: skip


def test_the_quota_is_the_one_in_force_on_the_last_day_that_is_known():
    quotas = [quota("2026", "1000.00"), quota("2026", "2000.00", valid_from="2026-07-01")]
    one = reading("attainment", quota="new_business")
    assert readings(SALES, quotas=quotas).values(one, [asked()]) == [Fraction("370.01") / 2000]
    early = readings(SALES[:4], quotas=quotas, last_day=date(2026, 6, 30))
    assert early.values(one, [asked()]) == [Fraction("400.01") / 1000]


@pytest.mark.parametrize(
    ("quotas", "wrong"),
    [
        ([], r"2026: there is none\. Add a row to quotas for that period, or for a longer or shorter one\."),
        ([quota("2026", "0.00")], r"2026: it is 0, and nothing can be divided by it\. Correct the quota\."),
        ([quota("2026", "5.00", currency="USD")], r"2026: it is in USD, the plan in EUR\. Give it in the plan's currency\."),
    ],
)  # fmt: skip
def test_attainment_without_a_quota_names_payee_measure_and_interval(quotas, wrong):
    message = (
        r"reads an attainment that has no quota\. First: payee rep, measure new_business, 2026-01-01 to 2027-01-01 \(excluded\), "
        + wrong
    )
    with pytest.raises(MissingQuota, match=message):
        readings(SALES, quotas=quotas).values(reading("attainment", quota="new_business"), [asked()])


def on_a_plan(quotas, use, **tables):
    """Readings of ``rep``, who is on a plan whose component measures against quotas in this way."""
    terms = terms_of([plan(version(component(quota={"measure": "new_business", **use}, curve=ON_ATTAINMENT)))])
    known, calendar, credits = facts(quotas=quotas, **tables), windows(), credits_of(SALES)
    payee_ids = pl.Series("payee_id", ["other", "rep"])
    standings = standings_of(payee_ids, known, [terms.terms[0].plan], terms, calendar)
    book = quota_book(known, terms, calendar, payee_ids, standings.stays)
    return Readings(credits, known, company(), calendar, book, LAST_DAY, terms=terms)


ON_ATTAINMENT = {"shape": "marginal", "of": "attainment", "tiers": [{"from": "0", "to": None, "rate": "0.1"}]}


def test_the_quota_is_spread_as_the_component_of_the_plan_spreads_it():
    one = reading("attainment", quota="new_business")
    taker = on_a_plan([quota("2026", "1000.00")], {"weights": ["10%", "20%", "30%", "40%"]})
    quarters = [asked("2026-Q1", "quarter"), asked("2026-Q2", "quarter"), asked("2026-P06", "year_to_date"), asked()]
    assert taker.values(one, quarters) == [
        Fraction(70, 100), Fraction("300.01") / 200, Fraction("370.01") / 300, Fraction("370.01") / 1000,
    ]  # fmt: skip


def test_the_quota_is_cut_to_the_days_of_service():
    one = reading("attainment", quota="new_business")
    hired = [{"payee_id": "rep", "hire_date": "2026-03-15"}]
    taker = on_a_plan([quota("2026", "3650.00")], {}, payees=hired)
    assert taker.values(one, [asked()]) == [Fraction("370.01") / (10 * (365 - 73))]
    whole = on_a_plan([quota("2026", "3650.00")], {"prorate": "none"}, payees=hired)
    assert whole.values(one, [asked()]) == [Fraction("370.01") / 3650]


def test_who_serves_on_no_day_of_the_interval_has_the_quota_in_full():
    gone = [{"payee_id": "rep", "termination_date": "2026-05-31"}]
    taker = on_a_plan([quota("2026-Q3", "500.00"), quota("2026-Q2", "910.00")], {}, payees=gone)
    one = reading("attainment", "quarter", quota="new_business")
    quarters = [asked("2026-Q2", "quarter"), asked("2026-Q3", "quarter")]
    assert taker.values(one, quarters, returns="as_negative") == [Fraction("300.01") / 610, Fraction(-30, 500)]


# growth


def test_growth_is_over_the_interval_before():
    credits = [
        {"on": "2025-11-30", "amount": "80.00"},
        {"on": "2026-01-15", "amount": "100.00"},
        {"on": "2026-03-15", "amount": "60.00"},
        {"on": "2026-04-15", "amount": "130.00"},
        {"on": "2026-08-15", "amount": "-20.00", "of": 3},
    ]
    taker = readings(credits)
    quarters = [asked(window, "quarter") for window in ("2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")]
    assert taker.values(reading("growth", "quarter"), quarters) == [
        None,
        Fraction(140 - 80, 80),
        Fraction(130, 140) - 1,
        -1,
        None,
    ]
    april = asked("2026-P04", "quarter_to_date")
    assert taker.values(reading("growth", "quarter_to_date"), [april]) == [Fraction(130, 100) - 1]
    assert taker.values(reading("growth"), [asked("2024"), asked("2026")]) == [None, Fraction(270, 80) - 1]
    assert taker.values(reading("growth", "quarter"), quarters[2:4], returns="as_negative") == [
        Fraction(130, 160) - 1,
        Fraction(-20, 130) - 1,
    ]


# results


def test_a_result_is_that_of_the_scopes_own_period():
    rows = [
        ("rep", "2026", "0.9"), ("rep", "2026-Q1", "4.25"), ("rep", "2026-02", "7"), ("rep", "2026-P03", "8.000001"), ("x", "2026", "5"),
    ]  # fmt: skip
    results = [
        {"subject_id": who, "kpi": "nps", "period": period, "value": value, "confirmed_by": "ann"} for who, period, value in rows
    ]  # fmt: skip
    taker = readings(SALES, kpi_results=results)

    def read(scope, *windows):
        return taker.values(reading("kpi", scope, kpi="nps"), [asked(window, scope) for window in windows])

    assert read("year", "2026", "2026-Q1", "2025") == [Fraction(9, 10), Fraction(9, 10), None]
    assert read("quarter", "2026-Q1", "2026-P02", "2026-Q2") == [Fraction("4.25"), Fraction("4.25"), None]
    assert read("month", "2026-P02", "2026-P03") == [7, Fraction("8.000001")]
    assert taker.values(reading("kpi", kpi="mbo"), [asked()]) == [None]
    assert ran(taker, reading("kpi", kpi="nps"), [(1, "2026")]) == [Fraction(9, 10)]


def test_a_result_of_a_team_is_refused():
    with pytest.raises(ValidationError, match="a result in kpi_results is the payee's own; enter one for the manager"):
        reading("kpi", kpi="nps", whose="team")


# running


def test_running_reads_after_each_credit_in_payout_order():
    taker = readings(SALES, quotas=[quota("2026", "1000.00")])
    rows = [(1, "2026"), (2, "2026"), (3, "2026"), (4, "2026")]
    assert ran(taker, reading("revenue"), rows) == [100, 100, Fraction("400.01"), Fraction("370.01")]
    attainment = ran(taker, reading("attainment", quota="new_business"), rows)
    assert attainment == [Fraction(1, 10), Fraction(1, 10), Fraction("400.01") / 1000, Fraction("370.01") / 1000]
    assert ran(taker, reading("growth"), rows[:1]) == [1]
    quarters = [(1, "2026-Q1"), (3, "2026-Q2"), (4, "2026-Q1")]
    assert ran(taker, reading("revenue", "quarter"), quarters, "quarter") == [100, Fraction("300.01"), 70]
    assert ran(taker, reading("revenue", "quarter"), [(4, "2026-Q3")], "quarter", returns="as_negative") == [-30]


def test_the_quota_of_a_running_reading_is_the_one_of_the_day():
    quotas = [quota("2026", "1000.00"), quota("2026", "2000.00", valid_from="2026-04-01")]
    taker = readings(SALES, quotas=quotas)
    one = reading("attainment", quota="new_business")
    assert ran(taker, one, [(2, "2026"), (3, "2026")]) == [Fraction(1, 10), Fraction("400.01") / 2000]


def test_the_last_running_reading_is_the_one_at_the_end():
    taker = readings(SALES)
    assert ran(taker, reading("revenue"), [(5, "2026")]) == taker.values(reading("revenue"), [asked()])


# what order lines say


def sold(orders, returns=(), books=True, **more):
    """Readings over what attribution makes of orders."""
    world = worlds.small_world(orders, returns=returns, **more)
    firm = worlds.company()
    periods = periods_of(world, firm)
    made = attribute(world, firm, periods)
    calendar = windows_of(periods)
    last = max(world["orders"]["order_date"].max(), world["returns"]["return_date"].max() or date(2020, 1, 1))
    kept = Books(made.bookings, made.carers) if books else None
    return Readings(made.credits, world, firm, calendar, quotas_in_force(world["quotas"], calendar), last, kept)


REP = [["A", "R1", "sales_rep", "2020-01-01"], ["B", "R1", "sales_rep", "2020-01-01"]]
COSTED = [
    {"id": "O1", "date": "2026-01-10", "lines": [{"net_amount": "100.00", "cost_amount": "60.00", "quantity": "4"}]},
    {"id": "O2", "date": "2026-02-10", "lines": [{"net_amount": "50.00", "cost_amount": "45.00", "quantity": "1.5"}, {"net_amount": "20.00", "cost_amount": "30.00"}]},
    {"id": "O3", "account": "B", "date": "2026-04-10", "lines": [{"net_amount": "10.00", "cost_amount": "1.00"}]},
]  # fmt: skip
BACK = [
    {"id": "X1", "line": "O1-1", "date": "2026-04-20", "amount": "50.00"},
    {"id": "X2", "line": "O3-1", "date": "2026-05-20", "amount": "10.00"},
]


def costed(orders=COSTED, returns=BACK, **more):
    return sold(orders, returns, accounts=["A", "B"], assignments=REP, **more)


def places(*quarters, scope="quarter"):
    return [asked(quarter, scope, payee="R1") for quarter in quarters]


def test_margin_and_its_share():
    both = [*places("2026-Q1", "2026-Q2"), asked(payee="R1")]
    taker = costed()
    assert taker.values(reading("margin"), both) == [20 + 5 - 10, 0, 15]
    assert taker.values(reading("margin_share"), both) == [Fraction(15, 120), None, Fraction(15, 120)]
    assert taker.values(reading("margin"), both[:2], returns="as_negative") == [35, -20]
    assert taker.values(reading("margin_share"), both[:1], returns="as_negative") == [Fraction(35, 170)]


def test_margin_without_a_cost_stops_the_reading():
    bare = [{"id": "O1", "date": "2026-01-10", "lines": ["100.00"]}]
    with pytest.raises(
        MissingFigure,
        match=r"1 credits are counted by margin and their order lines have no cost\. First: order line O1-1, payee R1",
    ):
        costed(bare, ()).values(reading("margin"), places("2026-Q1"))


def test_units_are_quantities():
    both = places("2026-Q1", "2026-Q2")
    assert costed().values(reading("units"), both) == [Fraction("4.5"), 0]
    assert costed().values(reading("units"), both, returns="as_negative") == [Fraction("6.5"), -2]


def test_an_order_counts_once_until_all_of_it_came_back():
    both = [*places("2026-Q1", "2026-Q2"), asked(payee="R1")]
    assert costed().values(reading("orders"), both) == [2, 0, 2]
    assert costed().values(reading("orders"), both, returns="as_negative") == [2, 0, 2]
    assert costed(returns=BACK[:1]).values(reading("orders"), both) == [2, 1, 3]


def test_a_customer_counts_once_in_each_interval():
    orders = [*COSTED, {"id": "O4", "date": "2026-05-01", "lines": [{"net_amount": "1.00", "cost_amount": "1.00"}]}]
    both = [*places("2026-Q1", "2026-Q2"), asked(payee="R1")]
    assert costed(orders, ()).values(reading("customers", "quarter"), both[:2]) == [1, 2]
    assert costed(orders, ()).values(reading("customers"), both[2:]) == [2]
    assert costed(orders).values(reading("customers", "quarter"), both[:2]) == [1, 1]
    late = [{"id": "X3", "line": "O3-1", "date": "2026-07-20", "amount": "10.00"}]
    quarters = places("2026-Q2", "2026-Q3")
    assert costed(orders, late).values(reading("customers", "quarter"), quarters) == [1, 0]
    assert costed(orders, late).values(reading("customers", "quarter"), quarters, returns="as_negative") == [2, -1]


def test_accounts_of_one_tree_are_one_customer():
    tree = ["A", {"account_id": "B", "parent_account_id": "A"}]
    taker = sold(COSTED, (), accounts=tree, assignments=REP)
    assert taker.values(reading("customers"), [asked(payee="R1")]) == [1]


def test_running_counts_of_orders_and_customers():
    taker = costed()
    rows = at([(0, "2026"), (1, "2026"), (2, "2026"), (3, "2026"), (5, "2026")]).with_columns(payee_id=pl.lit("R1"))
    assert taker.running(reading("orders"), rows)["numerator"].to_list() == [1, 2, 2, 3, 2]
    assert taker.running(reading("customers"), rows)["numerator"].to_list() == [1, 1, 1, 2, 1]
    assert taker.running(reading("margin_share"), rows[:2]).select("numerator", "denominator").rows() == [
        (4000, 10000),
        (4500, 15000),
    ]


# NRR and GRR

MANAGED = [
    ["A", "M1", "account_manager", "2020-01-01"],
    ["B", "M1", "account_manager", "2020-01-01"],
    ["C", "M2", "account_manager", "2020-01-01"],
]


def kept(*this_year, returns=()):
    """Accounts A and B bought 600.00 and 400.00 in the first quarter of 2025, C nothing; then what is given."""
    before = [
        {"id": "N1", "account": "A", "date": "2024-01-01", "lines": ["1.00"]},
        {"id": "N2", "account": "B", "date": "2024-01-01", "lines": ["1.00"]},
        {"id": "A1", "account": "A", "date": "2025-02-01", "lines": ["600.00"]},
        {"id": "B1", "account": "B", "date": "2025-03-31", "lines": ["400.00"]},
        {"id": "B2", "account": "B", "date": "2025-04-01", "lines": ["9000.00"]},
    ]
    now = [
        {"id": f"Y{n}", "account": account, "date": day, "lines": [{"net_amount": amount, "family": family}]}
        for n, (account, day, amount, family) in enumerate(this_year)
    ]  # fmt: skip
    return sold([*before, *now], returns, accounts=["A", "B", "C"], payees=["M1", "M2", "R1"], assignments=MANAGED)


def ratios(taker, payee="M1"):
    quarter = [asked("2026-Q1", "quarter", payee=payee)]
    return [taker.values(reading(of, "quarter"), quarter)[0] for of in ("nrr", "grr")]


def test_worked_example_40_nrr_of_95_and_of_116_percent():
    # https://revenue-playbook.com/documentation/roles/customer-success: 95 % is in the second tier, 116 % above 115 %
    assert ratios(kept(("A", "2026-02-28", "550.00", "F"), ("B", "2026-02-28", "400.00", "F"))) == [
        Fraction(95, 100),
        Fraction(95, 100),
    ]
    assert ratios(kept(("A", "2026-02-28", "760.00", "F"), ("B", "2026-02-28", "400.00", "F"))) == [
        Fraction(116, 100),
        1,
    ]


def test_a_customer_who_went_without_a_word_lowers_both():
    assert ratios(kept(("A", "2026-03-31", "700.00", "F"))) == [Fraction(7, 10), Fraction(6, 10)]
    assert ratios(kept(("C", "2026-03-31", "5.00", "F"))) == [0, 0]


def test_what_has_no_base_counts_in_neither():
    assert ratios(kept(("A", "2026-03-31", "600.00", "F"), ("A", "2026-03-31", "9.00", "G"))) == [
        Fraction(6, 10),
        Fraction(6, 10),
    ]


def test_no_base_no_ratio():
    taker = kept(("C", "2026-02-01", "5.00", "F"))
    assert ratios(taker, "M2") == [None, None]
    assert ratios(taker, "R1") == [None, None]


def test_a_return_counts_on_its_own_day():
    back = [
        {"id": "X", "line": "A1-1", "date": "2025-03-01", "amount": "100.00"},
        {"id": "Z", "line": "Y0-1", "date": "2026-03-31", "amount": "45.00"},
    ]
    taker = kept(("A", "2026-02-28", "495.00", "F"), ("C", "2026-12-31", "1.00", "F"), returns=back)
    assert ratios(taker) == [Fraction(450, 900), Fraction(450, 900)]


def test_running_nrr_is_that_of_the_credits_day():
    taker = kept(("A", "2026-02-28", "550.00", "F"), ("B", "2026-03-31", "400.00", "F"))
    rows = (
        taker.credits.with_row_index("credit")
        .filter(pl.col("sale_date") >= date(2026, 1, 1))
        .select("credit", "payee_id")
    )
    first, end = interval_of("quarter", "2026-Q1", windows())
    found = taker.running(
        reading("nrr", "quarter"),
        rows.with_columns(pl.col("payee_id").cast(pl.String), currency=pl.lit("EUR"), first=first, end=end),
    )
    assert found.select("numerator", "denominator").rows() == [(55000, 60000), (95000, 100000)]


def test_nrr_without_the_books_says_what_is_missing():
    taker = sold(COSTED, (), books=False, accounts=["A", "B"], assignments=REP)
    with pytest.raises(
        MissingBooks,
        match=r"a plan reads NRR, quarter, which needs every booking and who looks after whom: give Readings books=Books",
    ):
        taker.values(reading("nrr", "quarter"), places("2026-Q1"))
