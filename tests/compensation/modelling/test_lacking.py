import re

import pytest

from compensation.calculate import attributed_step, calculate, periods_of
from compensation.modelling.lacking import FIGURES, any_line_lacks, lacking_lines, needs_figures
from compensation.payout.errors import MissingFigure
from compensation.rules import Rules
from tests.compensation.modelling.plan_world import component, plan, version
from tests.worlds import company, small_world

LACKS_ALL = {"net_amount": "1000", "family": "software"}
COMPLETE = {"cost_amount": "700", "list_amount": "1100", "service_start": "2026-01-01", "service_end": "2026-12-31"}


def world(**more):
    """One complete line of one order, one that lacks everything of another; both sold by R1, who reports to M."""
    orders = [
        {"id": "O1", "date": "2026-01-10", "sales_rep_id": "R1", "lines": [{**LACKS_ALL, **COMPLETE}]},
        {"id": "O2", "date": "2026-02-10", "sales_rep_id": "R1", "lines": [LACKS_ALL, {**LACKS_ALL, "family": "goods"}]},
    ]  # fmt: skip
    payees = [
        {"payee_id": "R1", "payee_name": "R1", "role": "sales_rep", "currency": "EUR", "manager_id": "M"},
        {"payee_id": "M", "payee_name": "M", "role": "manager", "currency": "EUR"},
    ]
    return small_world(orders, payees=payees, **more)


def found(facts, *plans):
    firm = company()
    periods = periods_of(facts, firm)
    credits = attributed_step(facts, Rules(firm, plans), periods).credits
    return lacking_lines(credits, facts, plans, periods)


def banded(by, **more):
    return {"credits": "new_business", "factors": [{"by": by, "counts": "pay", "bands": [{"from": None, "to": None, "factor": "1"}], **more}]}  # fmt: skip


MARGIN = {"credits": "new_business", "of": "margin", "below_cost": "mirrored"}
NEEDS = {
    "cost": (MARGIN, "measure of margin"),
    "target": ({**MARGIN, "of": "above_target"}, "measure of above_target"),
    "discount": (banded("discount"), "factor by discount"),
    "margin_share": (banded("margin_share"), "factor by margin_share"),
    "term_months": (banded("term_months"), "factor by term_months"),
}


def test_there_is_a_case_of_every_figure():
    assert NEEDS.keys() == FIGURES.keys()


@pytest.mark.parametrize(("figure", "measure", "reads"), [(name, *case) for name, case in NEEDS.items()])
def test_every_line_that_lacks_the_figure_is_named_with_file_and_line(figure, measure, reads):
    own = plan(version(component(measure=measure)))
    assert needs_figures([own])
    lost = found(world(), own).filter(figure=figure)
    lines = ["O1-1", "O2-1", "O2-2"] if figure == "target" else ["O2-1", "O2-2"]
    assert lost["order_line_id"].to_list() == lines
    assert set(lost.select("plan", "part", "reads", "source_file").rows()) == {("p", "c", reads, "order_lines.csv")}
    assert lost["source_line"].to_list() == [4 - len(lines) + place for place in range(1, len(lines) + 1)]


@pytest.mark.parametrize(("figure", "measure", "reads"), [(name, *case) for name, case in NEEDS.items()])
def test_what_is_named_is_what_a_calculation_stops_at(figure, measure, reads):
    """The line that the calculation names is among them; the complete line alone stops nothing."""
    own = plan(version(component(measure=measure)))
    with pytest.raises(MissingFigure) as stopped:
        calculate(world(), Rules(company(), (own,)))
    [first] = re.findall(r"order line (\S+?),", str(stopped.value))
    assert first in found(world(), own)["order_line_id"].to_list()
    sold = [{"id": "O1", "date": "2026-01-10", "sales_rep_id": "R1", "lines": [{**LACKS_ALL, **COMPLETE}]}]
    good = small_world(sold)
    products = good["products"].with_columns(target_price=good["order_lines"]["quantity"])
    good = {**good, "products": products}
    assert found(good, own).is_empty()
    calculate(good, Rules(company(), (own,)))


def test_what_no_component_takes_is_not_named():
    only = {**MARGIN, "only": {"product_family": "software"}}
    assert found(world(), plan(version(component(measure=only))))["order_line_id"].to_list() == ["O2-1"]
    ended = version(component(measure=MARGIN)), version(name="2", start="2026-02-01", ended=True)
    assert found(world(), plan(*ended)).is_empty()
    assert found(world(), plan(version(component(measure={**MARGIN, "credits": "growth"})))).is_empty()


def test_a_factor_that_says_what_other_lines_count_needs_nothing():
    own = plan(version(component(measure=banded("term_months", otherwise="1"))))
    assert not needs_figures([own])
    assert found(world(), own).is_empty()


def test_an_override_needs_it_of_the_lines_of_the_team():
    others = {**MARGIN, "whose": "direct_reports", "base": "credit"}
    above = plan(version(component(measure=others)), plan="managers", for_roles=["manager"])
    lost = found(world(), plan(version(component())), above)
    assert lost.select("plan", "order_line_id").rows() == [("managers", "O2-1"), ("managers", "O2-2")]


@pytest.mark.parametrize("whose", ["own", "team"])
def test_a_reading_of_margin_needs_the_cost_of_all_lines_that_it_counts(whose):
    reading = {"of": "margin_share", "credits": "new_business", "scope": "year", "whose": whose}
    who = {"own": "sales_rep", "team": "manager"}[whose]
    gated = component(gates=[{"reading": reading, "at_least": "30%"}])
    read = plan(version(gated), for_roles=[who])
    assert needs_figures([read])
    lost = found(world(), read)
    assert lost.select("figure", "order_line_id").rows() == [("cost", "O2-1"), ("cost", "O2-2")]
    assert lost["reads"].unique().to_list() == [f"reading margin share of new_business{'' if whose == 'own' else ' of the team'}, year"]  # fmt: skip


def test_lines_that_lack_nothing_are_not_looked_at_again():
    sold = [{"id": "O1", "date": "2026-01-10", "lines": [{**LACKS_ALL, **COMPLETE}]}]
    good = small_world(sold)
    assert any_line_lacks(good), "no product has a target price"
    assert any_line_lacks(world())
    priced = good["products"].with_columns(target_price=good["order_lines"]["quantity"])
    assert not any_line_lacks({**good, "products": priced})
