"""A small chart in characters: each is two dots wide and four high, as Braille has them."""

from collections.abc import Sequence

BLANK = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))

Points = tuple[tuple[float, float], tuple[float, float]]


def drawn_in_dots(lines: Sequence[Points], columns: int = 56, rows: int = 10) -> list[str]:
    """Straight lines from 0 on as rows of characters, the highest first.

    Args:
        lines: From (x, y) to (x, y), left to right; nothing below 0 is drawn.
        columns: Characters across.
        rows: Characters up.
    """
    wide, high = columns * 2 - 1, rows * 4 - 1
    most_x = max((x for line in lines for x, _ in line), default=0) or 1
    most_y = max((y for line in lines for _, y in line if y > 0), default=1)
    cells = [[0] * columns for _ in range(rows)]
    for left, right in lines:
        ends = [(x / most_x * wide, y / most_y * high) for x, y in (left, right)]
        steps = int(max(abs(ends[1][0] - ends[0][0]), abs(ends[1][1] - ends[0][1]))) + 1
        for step in range(steps + 1):
            x, y = (a + (b - a) * step / steps for a, b in zip(*ends, strict=True))
            if y >= 0:
                column, row = round(x), high - round(y)
                cells[row // 4][column // 2] |= DOTS[row % 4][column % 2]
    return ["".join(chr(BLANK + dots) for dots in row).rstrip(chr(BLANK)) for row in cells]


def with_axes(dots: Sequence[str], highest: str, end: str, columns: int = 56) -> str:
    """The chart with its axes: what the top and the right end are."""
    width = len(highest)
    shown = [f"{highest if number == 0 else '':>{width}} ┤{row}" for number, row in enumerate(dots)]
    foot = f"{'0':>{width}} └{'─' * columns}"
    return "\n".join([*shown, foot, f"{'':>{width}}  0{end:>{columns - 1}}"])
