"""What must hold for every clawback with a window, a share or kept attainment, whatever the plan and the course of business."""

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise

from hypothesis import strategies as st
from payout_world import line_facts, line_id, pay_world, plan, version
from property_worlds import KPIS, QUOTAS, SHAPES, cents, holds, parts, pay_parts, sales, shares

ON_REVENUE = tuple(shape for shape in SHAPES if shape not in ("per_unit", "per_event"))
IN_PARTS = tuple(shape for shape in SHAPES if shape != "per_event")
FEW = 3
SERVICE = st.sampled_from(
    [None, ("2024-03-15", "2025-03-14"), ("2025-01-31", "2027-01-30"), ("2026-02-01", "2026-02-10")]
)


def said(share):
    return f"{Decimal(share).scaleb(-2):f}"


@st.composite
def shares_said(draw):
    """By age or by term, in any way a plan can say it."""
    by = draw(st.sampled_from(["age_days", "age_months", "months_remaining"]))
    if by == "months_remaining":
        first = draw(st.sampled_from([{}, {"of_first": "6"}]))
        return {"by": by, **first, "without_term": said(draw(st.integers(0, 100)))}
    ends = draw(st.lists(st.integers(1, 400), unique=True, max_size=3).map(sorted))
    bounds = ["0", *(str(end) for end in ends), None]
    return {
        "by": by,
        "bands": [
            {"from": low, "to": high, "share": said(draw(st.integers(0, 100)))} for low, high in pairwise(bounds)
        ],
    }


@st.composite
def rules(draw, **fixed):
    """A clawback that says something."""
    rule = {"window_days": str(draw(st.integers(0, 400)))} if draw(st.booleans()) else {}
    rule |= {"share": draw(shares_said())} if draw(st.booleans()) or not rule else {}
    return {**rule, **fixed}


def under(components, rule):
    """The same components under one clawback, where they can have it."""
    return [{**each, "clawback": rule} for each in components]


def served(rows, services):
    """The rows, sales with a service term, in turn."""
    return [
        row if "of" in row or services[n % len(services)] is None else {**row, "service": services[n % len(services)]}
        for n, row in enumerate(rows)
    ]


terms = st.lists(SERVICE, min_size=1, max_size=4)


@holds(parts(IN_PARTS, limited=True), sales(), terms, st.sampled_from(["as_corrected", "as_negative"]), examples=FEW)
def test_a_share_of_all_of_it_is_the_plain_clawback(components, rows, services, mode):
    whole = {"mode": mode, "share": {"by": "age_days", "bands": [{"from": "0", "to": None, "share": "100%"}]}}
    _, plain = pay_parts(served(rows, services), under(components, mode))
    _, shared = pay_parts(served(rows, services), under(components, {**whole, "window_days": "10000"}))
    assert shared.earnings.equals(plain.earnings)
    assert shared.attainment.equals(plain.attainment)
    assert plain.clawbacks.is_empty()


@holds(parts(IN_PARTS, limited=True), sales(), st.sampled_from(["as_corrected", "as_negative"]), examples=FEW)
def test_a_share_of_nothing_is_as_if_nothing_had_come_back(components, rows, mode):
    nothing = {"mode": mode, "share": {"by": "age_months", "bands": [{"from": "0", "to": None, "share": "0%"}]}}
    _, kept = pay_parts(rows, under(components, nothing))
    _, sold = pay_parts([row for row in rows if "of" not in row], under(components, mode))
    assert shares(kept) == shares(sold)


@holds(parts(IN_PARTS, limited=True), sales(amount=cents), terms, rules(affects_attainment="false"), examples=FEW)
def test_a_line_never_gives_back_more_than_it_earned_and_its_position_stays(components, rows, services, rule):
    rows = served(rows, services)
    _, kept = pay_parts(rows, under(components, rule))
    _, sold = pay_parts([row for row in rows if "of" not in row], components)
    by_line = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for (component, line, back), earned in shares(kept).items():
        by_line[component, line][back is not None] += earned
    for earned, back in by_line.values():
        assert min(earned, Decimal(0)) <= earned + back <= max(earned, Decimal(0))
    assert {key: earned for key, earned in shares(kept).items() if key[2] is None} == shares(sold)


@holds(parts(IN_PARTS, limited=True), sales(returned=False, most=5), st.booleans(), examples=FEW)
def test_what_comes_back_in_full_inside_its_window_leaves_nothing_of_its_own_line(components, rows, in_parts):
    rule = {"affects_attainment": "false", "window_days": "400"}
    pieces = [(row["amount"] / 3).quantize(Decimal("0.01")) if in_parts else Decimal(0) for row in rows]
    backs = [
        {"on": day, "amount": -amount, "of": number}
        for number, (row, piece) in enumerate(zip(rows, pieces, strict=True), start=1)
        for day, amount in ((row["on"], piece), ("2026-12-31", row["amount"] - piece))
        if amount
    ]
    late = [row for row in backs if row["on"] == "2026-12-31"]
    early = {number for number, row in enumerate(rows, start=1) if row["on"] < "2025-11-27"}
    _, paid = pay_parts([*rows, *backs], under(components, rule))
    for number in {row["of"] for row in late} - early:
        assert sum(earned for key, earned in shares(paid).items() if key[1] == line_id(number)) == 0


@holds(
    parts(IN_PARTS, limited=True),
    sales(),
    terms,
    rules(),
    st.booleans(),
    st.randoms(use_true_random=False),
    examples=FEW,
)
def test_the_order_of_rows_changes_nothing_under_a_clawback(components, rows, services, rule, keeps, random):
    rows = served(rows, services)
    components = under(components, {**rule, **({"affects_attainment": "false"} if keeps else {})})
    credits, one = pay_parts(rows, components)
    places = list(range(credits.height))
    random.shuffle(places)
    tables = {name: table[::-1] for name, table in line_facts(rows).items()}
    other = pay_world(credits[places], plan(version(*components)), **tables, quotas=QUOTAS, kpi_results=KPIS)
    for name in ("earnings", "earning_changes", "clawbacks", "attainment"):
        assert getattr(one, name).equals(getattr(other, name)), name


@holds(parts(ON_REVENUE), sales(amount=cents), terms, rules(), examples=FEW)
def test_several_returns_of_a_line_take_back_no_more_than_their_share(components, rows, services, rule):
    """Position by position: what stays of a line is its credit less the shares of what came back, to half a cent."""
    rows = served(rows, services)
    _, paid = pay_parts(rows, under(components, rule))
    known = {key: Decimal(part) / whole for key, part, whole in _said(paid)}
    moved = defaultdict(Decimal)
    for *key, credited in paid.earnings.select("component", "order_line_id", "return_id", "credited").rows():
        moved[tuple(key)] += credited
    for (component, line, back), credited in moved.items():
        if back is not None:
            amount = rows[int(back.removeprefix("return-")) - 1]["amount"]
            assert abs(credited - amount * known[component, line, back]) < Decimal("0.01")


def _said(paid):
    rows = paid.clawbacks.select("component", "order_line_id", "return_id", "share_part", "share_whole").rows()
    return [((c, line, back), part, whole) for c, line, back, part, whole in rows]
