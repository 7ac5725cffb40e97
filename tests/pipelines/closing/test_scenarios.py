"""A controller's scenarios, from exports over nights, closes and fixes to exact figures (scenarios A 1 to 13)."""

from tests.pipelines.closing.closing_world import QUOTA, World, euro


def test_1_a_credit_after_payment_is_taken_back_at_the_rate_that_was_paid(world):
    world.export({"O1": ("2026-01-10", "10000.00")})
    world.close("2026-P01", "2026-P02")
    assert world.posted("2026-P01") == [euro("1000.00")]
    before = world.bytes_of_closed()
    world.export({"O1": ("2026-01-10", "10000.00")}, [("C1", "O1", "2026-03-10", "4000.00")])
    assert world.lines() == [("2026-P03", "earning", "C1", euro("-400.00"))]
    (line,) = world.prepared().proposals["order_line_id"].to_list()
    assert line == "O1-1", "linked to the order that was paid"
    world.close("2026-P03")
    assert before.items() <= world.bytes_of_closed().items(), "January stays as it was"


def test_2_a_return_after_payment_recomputes_its_quarter(tmp_path):
    world = World(tmp_path, QUOTA)
    world.export({"O1": ("2026-01-10", "120000.00")})
    world.close("2026-P01", "2026-P02")
    assert sum(world.posted("2026-P01")) == euro("6600.00")
    world.export({"O1": ("2026-01-10", "120000.00")}, [("C1", "O1", "2026-03-10", "30000.00")])
    assert world.lines() == [("2026-P03", "earning", "C1", euro("-2100.00"))]


def test_4_a_date_moved_between_closed_months_posts_two_lines_that_offset(tmp_path):
    world = World(tmp_path, QUOTA)
    world.export({"O0": ("2026-01-05", "1000.00"), "O1": ("2026-01-31", "10000.00")})
    world.close("2026-P01", "2026-P02")
    before = world.bytes_of_closed()
    world.export({"O0": ("2026-01-05", "1000.00"), "O1": ("2026-02-01", "10000.00")})
    assert world.lines() == [
        ("2026-P01", "correction", "O1-1", euro("-500.00")),
        ("2026-P02", "correction", "O1-1", euro("500.00")),
    ]
    world.close("2026-P03")
    assert world.posted("2026-P03") == [euro("-500.00"), euro("500.00")]
    assert before.items() <= world.bytes_of_closed().items()


def test_5_a_date_moved_over_the_quarters_edge_is_posted_on_both_sides(tmp_path):
    world = World(tmp_path, QUOTA)
    first = {"O0": ("2026-01-05", "100000.00")}
    world.export({**first, "O1": ("2026-03-31", "20000.00")})
    world.close("2026-P01", "2026-P02", "2026-P03")
    world.export({**first, "O1": ("2026-04-01", "20000.00")})
    assert world.lines() == [
        ("2026-P03", "correction", "O1-1", euro("-1600.00")),
        ("2026-P04", "earning", "O1-1", euro("1000.00")),
    ]


def test_7_two_fixes_that_offset_are_both_visible_with_their_causes(world):
    world.export({"O1": ("2026-01-10", "5000.00"), "O2": ("2026-01-11", "5000.00")})
    world.close("2026-P01")
    world.export({"O1": ("2026-01-10", "5500.00"), "O2": ("2026-01-11", "4500.00")})
    lines = world.prepared().proposals
    assert lines["amount"].to_list() == [euro("50.00"), euro("-50.00")]
    causes = lines["cause"].to_list()
    assert "5,000.00 → 5,500.00" in causes[0]
    assert "5,000.00 → 4,500.00" in causes[1]


def test_8_a_fix_that_is_reverted_before_any_close_leaves_nothing(world):
    right = {"O1": ("2026-01-10", "5000.00"), "O2": ("2026-02-03", "700.00")}
    world.export(right)
    world.close("2026-P01")
    clean = world.prepared().proposals
    world.export({**right, "O1": ("2026-01-10", "9999.99")})
    assert not world.prepared().proposals.equals(clean)
    world.export(right)
    assert world.prepared().proposals.equals(clean)


def test_a_correction_of_a_correction_leaves_what_is_right(world):
    right = {"O1": ("2026-01-10", "5000.00")}
    world.export(right)
    world.close("2026-P01")
    world.export({"O1": ("2026-01-10", "8000.00")})
    world.close("2026-P02")
    world.export(right)
    assert world.lines() == [("2026-P01", "correction", "O1-1", euro("-300.00"))]
    world.close("2026-P03")
    assert sum(world.posted()) == euro("500.00")


def test_13_an_order_of_december_corrected_in_january_stays_in_the_old_years_quota(tmp_path):
    world = World(tmp_path, QUOTA)
    world.export({"D1": ("2025-12-10", "95000.00"), "J1": ("2026-01-20", "1000.00")})
    world.close("2025-P12")
    world.export({"D1": ("2025-12-10", "105000.00"), "J1": ("2026-01-20", "1000.00")})
    assert world.lines() == [
        ("2025-P12", "correction", "D1-1", euro("650.00")),
        ("2026-P01", "earning", "J1-1", euro("50.00")),
    ]
    world.close("2026-P01")
    assert world.posted("2026-P01") == [euro("650.00"), euro("50.00")]


def test_who_looked_after_a_closed_day_is_frozen_and_the_change_is_reported(world):
    world.export({"O1": ("2026-01-10", "5000.00"), "O2": ("2026-02-10", "700.00")})
    world.close("2026-P01")
    world.export({"O1": ("2026-01-10", "5000.00"), "O2": ("2026-02-10", "700.00")}, owner="R2")
    prepared = world.prepared()
    assert prepared.proposals.select("payee_id", "earning_period", "amount").rows() == [
        ("R2", "2026-P02", euro("70.00"))
    ]
    assert prepared.drift.select("subject_table", "subject_id", "fiscal_period").rows() == [
        ("assignments", "A", "2026-P01")
    ]
