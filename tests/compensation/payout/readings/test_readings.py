"""What readings read, exactly."""

from datetime import date
from fractions import Fraction

import polars as pl
import pytest
from pydantic import ValidationError
from readings_world import COSTED, REP, SALES, asked, places, quota, ran, reading, readings, sold, windows

from compensation.payout.readings.readings import MissingBooks, interval_before, interval_of, words


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


MANAGED = [
    ["A", "M1", "account_manager", "2020-01-01"],
    ["B", "M1", "account_manager", "2020-01-01"],
    ["C", "M2", "account_manager", "2020-01-01"],
]


def kept(*this_year, returns=(), assignments=MANAGED):
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
    return sold([*before, *now], returns, accounts=["A", "B", "C"], payees=["M1", "M2", "R1"], assignments=assignments)


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


def test_another_family_sold_to_a_customer_with_a_base_is_net_retention_and_no_gross_one():
    assert ratios(kept(("A", "2026-03-31", "600.00", "F"), ("A", "2026-03-31", "9.00", "G"))) == [
        Fraction(609, 1000),
        Fraction(6, 10),
    ]


def test_a_customer_without_a_base_counts_in_neither():
    other = ("C", "2026-03-31", "9.00", "F")
    moved = [[*row[:1], "M1", *row[2:]] if row[0] == "C" else row for row in MANAGED]
    assert ratios(kept(("A", "2026-03-31", "600.00", "F"), other, assignments=moved)) == [
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
