from pipelines.modelling.braille import drawn_in_dots, with_axes


def test_a_rising_line_fills_the_diagonal():
    rows = drawn_in_dots([((0, 0), (1, 1))], columns=4, rows=2)
    assert rows == ["⠀⠀⡠⠊", "⡠⠊"]


def test_a_flat_line_lies_on_top_and_nothing_on_the_ground():
    assert drawn_in_dots([((0, 5), (1, 5))], columns=2, rows=1) == ["⠉⠉"]
    assert drawn_in_dots([((0, 0), (1, 0))], columns=2, rows=1) == ["⣀⣀"]


def test_what_lies_below_zero_is_not_drawn():
    assert drawn_in_dots([((0, -1), (1, -1))], columns=2, rows=1) == [""]


def test_axes_say_what_the_top_and_the_right_end_are():
    assert with_axes(["⠉", "⣀"], "500", "20", columns=4).splitlines() == [
        "500 ┤⠉",
        "    ┤⣀",
        "  0 └────",
        "     0 20",
    ]
