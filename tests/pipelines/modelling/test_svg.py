from xml.etree import ElementTree

import pytest

from pipelines.modelling.svg import Axes, Series, bar_chart, line_chart, nice_step

SVG = "{http://www.w3.org/2000/svg}"
CLIFF = (((0.0, 0.0), (1.0, 5.0)), ((1.0, 8.0), (2.0, 16.0)))


def _parsed(text):
    return ElementTree.fromstring(text)  # noqa: S314 - our own picture


def test_a_picture_names_and_describes_itself_whatever_the_text_holds():
    root = _parsed(line_chart("A & B", "1 < 2", [Series("s", CLIFF)], Axes("x", "y"), "k"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "k-title k-desc"
    assert root.find(f"{SVG}title").text == "A & B"
    assert root.find(f"{SVG}desc").text == "1 < 2"


def test_at_a_jump_the_open_dot_is_below_and_the_full_one_above():
    open_dot, full_dot = _parsed(line_chart("t", "d", [Series("s", CLIFF)], Axes("x", "y"), "k")).iter(f"{SVG}circle")
    assert open_dot.get("fill") == "#FFFFFF"
    assert full_dot.get("fill") != "#FFFFFF"
    assert open_dot.get("cx") == full_dot.get("cx")
    assert float(open_dot.get("cy")) > float(full_dot.get("cy"))


def test_a_curve_that_meets_has_no_dots():
    meets = (((0.0, 0.0), (1.0, 5.0)), ((1.0, 5.0), (2.0, 16.0)))
    assert not list(_parsed(line_chart("t", "d", [Series("s", meets)], Axes("x", "y"), "k")).iter(f"{SVG}circle"))


def test_several_curves_differ_in_dashes_as_well_as_in_colour_and_have_a_legend():
    root = _parsed(line_chart("t", "d", [Series("one", CLIFF), Series("two", CLIFF)], Axes("x", "y"), "k"))
    curves = [line for line in root.iter(f"{SVG}line") if line.get("stroke-linecap")]
    assert len({(line.get("stroke"), line.get("stroke-dasharray")) for line in curves}) == 2
    assert {"one", "two"} <= {text.text for text in root.iter(f"{SVG}text")}


@pytest.mark.parametrize("lines", [(), (((0.0, 0.0), (0.0, 0.0)),), (((0.0, 0.0), (1.0, -5.0)),)])
def test_nothing_nothing_paid_and_losses_are_drawn_too(lines):
    assert _parsed(line_chart("t", "d", [Series("s", lines)], Axes("x", "y"), "k")) is not None


@pytest.mark.parametrize(("span", "step"), [(21500, 5000), (2, 0.5), (1, 0.2), (0.07, 0.02), (1000, 200)])
def test_steps_are_round(span, step):
    assert nice_step(span) == pytest.approx(step)


def test_gains_go_right_and_losses_left_with_their_figures():
    root = _parsed(bar_chart("t", "d", [("Ann", 10.0), ("Ben", -5.0)], "k"))
    gain, loss = list(root.iter(f"{SVG}rect"))[1:]
    assert float(gain.get("x")) == float(loss.get("x")) + float(loss.get("width"))
    assert float(gain.get("width")) == 2 * float(loss.get("width"))
    assert {"+10.00", "-5.00"} <= {text.text for text in root.iter(f"{SVG}text")}
