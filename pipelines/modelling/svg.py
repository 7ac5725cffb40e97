"""Charts as SVG, written by hand: sharp at every size, readable by a screen reader, and the same bytes every time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

from pipelines.workbooks.look import BLUE, GREY, HAIRLINE, NAVY, TEXT

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 84, 20, 20, 50
COLOURS = (f"#{BLUE}", "#C55A11", "#2E6B34", "#7030A0", "#7F6000")
DASHES = ("", "7 3", "2 3", "10 3 2 3", "4 4")
TICKS = 5


@dataclass(frozen=True)
class Series:
    """Straight lines in one colour: each from (x, y) to (x, y), left to right."""

    label: str
    lines: tuple[tuple[tuple[float, float], tuple[float, float]], ...]


@dataclass(frozen=True)
class Axes:
    """What the axes say; ``is_percent`` writes x as per cent."""

    x: str
    y: str
    is_percent: bool = False


@dataclass(frozen=True)
class _Frame:
    highest_x: float
    lowest_y: float
    highest_y: float

    def x(self, value: float) -> float:
        return LEFT + value / self.highest_x * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.lowest_y) / (self.highest_y - self.lowest_y)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def line_chart(title: str, description: str, series: Sequence[Series], axes: Axes, key: str) -> str:
    """A chart of lines; where a curve jumps, an open dot says that the bound itself is not in, a full one that it is.

    Args:
        title: Its name.
        description: What it shows, with the numbers in words, for whoever cannot see it.
        series: The lines; several get a legend, and differ in dashes as well as in colour.
        axes: What the axes say.
        key: Names its title and description apart from those of other charts on a page.
    """
    points = [point for each in series for line in each.lines for point in line]
    frame = _frame(points)
    legend = 16 * len(series) if len(series) > 1 else 0
    body = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + legend}" width="{WIDTH}" height="{HEIGHT + legend}" '
            f'role="img" aria-labelledby="{key}-title {key}-desc" font-family="Calibri, Carlito, Arial, sans-serif" font-size="12">'
        ),
        f'<title id="{key}-title">{escape(title)}</title>',
        f'<desc id="{key}-desc">{escape(description)}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT + legend}" fill="#FFFFFF"/>',
        *_axes(frame, axes),
    ]
    for number, each in enumerate(series):
        body += _drawn(each, frame, number)
        if legend:
            body += _legend(each.label, number)
    return "\n".join([*body, "</svg>"]) + "\n"


def _frame(points: Sequence[tuple[float, float]]) -> _Frame:
    highest_x = max((x for x, _ in points), default=1) or 1
    highest_y = max([y for _, y in points] + [0])
    lowest_y = min([y for _, y in points] + [0])
    step = nice_step((highest_y - lowest_y) or 1)
    return _Frame(
        highest_x,
        -(-lowest_y // step) * step if lowest_y >= 0 else (lowest_y // step) * step,
        -(-(highest_y or step) // step) * step,
    )


def nice_step(span: float) -> float:
    """A round step that cuts a span into about five."""
    rough = span / TICKS
    size = 10.0 ** floor(log10(rough))
    return next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough * 0.999)


def _axes(frame: _Frame, axes: Axes) -> Iterator[str]:
    step = nice_step(frame.highest_y - frame.lowest_y)
    for number in range(round((frame.highest_y - frame.lowest_y) / step) + 1):
        value = frame.lowest_y + number * step
        y = frame.y(value)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#{HAIRLINE}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#{GREY}">{_number(value)}</text>'
    step = nice_step(frame.highest_x)
    for number in range(int(frame.highest_x / step + 1e-9) + 1):
        value, x = number * step, frame.x(number * step)
        shown = f"{value * 100:g} %" if axes.is_percent else _number(value)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM + 5}" stroke="#{GREY}"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 19}" text-anchor="middle" fill="#{GREY}">{shown}</text>'
    zero = frame.y(0)
    yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="#{GREY}"/>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle:.1f}" y="{HEIGHT - 10}" text-anchor="middle" fill="#{TEXT}">{escape(axes.x)}</text>'
    up = (TOP + HEIGHT - BOTTOM) / 2
    yield (
        f'<text x="14" y="{up:.1f}" text-anchor="middle" fill="#{TEXT}" transform="rotate(-90 14 {up:.1f})">'
        f"{escape(axes.y)}</text>"
    )


def _drawn(series: Series, frame: _Frame, number: int) -> Iterator[str]:
    colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    for left, right in series.lines:
        ends = f'x1="{frame.x(left[0]):.1f}" y1="{frame.y(left[1]):.1f}" x2="{frame.x(right[0]):.1f}" y2="{frame.y(right[1]):.1f}"'
        yield f'<line {ends} stroke="{colour}" stroke-width="2.5" stroke-linecap="round"{dashed}/>'
    for (_, end), (start, _) in zip(series.lines, series.lines[1:], strict=False):
        if abs(frame.y(end[1]) - frame.y(start[1])) > 0.5:  # noqa: PLR2004 - half a pixel is no jump
            x = frame.x(end[0])
            yield (
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{frame.y(end[1]):.1f}" y2="{frame.y(start[1]):.1f}" '
                f'stroke="{colour}" stroke-dasharray="2 3"/>'
            )
            yield f'<circle cx="{x:.1f}" cy="{frame.y(end[1]):.1f}" r="4" fill="#FFFFFF" stroke="{colour}" stroke-width="1.5"/>'
            yield f'<circle cx="{x:.1f}" cy="{frame.y(start[1]):.1f}" r="4" fill="{colour}"/>'


def _legend(label: str, number: int) -> Iterator[str]:
    y, colour, dashes = HEIGHT + 16 * number + 4, COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    yield f'<line x1="{LEFT}" x2="{LEFT + 40}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2.5"{dashed}/>'
    yield f'<text x="{LEFT + 48}" y="{y + 4}" fill="#{TEXT}">{escape(label)}</text>'


def bar_chart(title: str, description: str, bars: Sequence[tuple[str, float]], key: str) -> str:
    """Bars to the right for gains and to the left for losses, each with its name and figure."""
    row, head = 22, 12
    height = head + row * max(len(bars), 1) + 8
    largest = max((abs(value) for _, value in bars), default=1) or 1
    middle, reach = 390, 150
    body = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
            f'aria-labelledby="{key}-title {key}-desc" font-family="Calibri, Carlito, Arial, sans-serif" font-size="12">'
        ),
        f'<title id="{key}-title">{escape(title)}</title>',
        f'<desc id="{key}-desc">{escape(description)}</desc>',
        f'<rect width="{WIDTH}" height="{height}" fill="#FFFFFF"/>',
    ]
    for number, (name, value) in enumerate(bars):
        y, size = head + number * row, abs(value) / largest * reach
        x, colour = (middle, f"#{BLUE}") if value >= 0 else (middle - size, "#C00000")
        at, anchor = (middle + size + 5, "start") if value >= 0 else (middle - size - 5, "end")
        body += [
            f'<text x="8" y="{y + 13}" fill="#{TEXT}">{escape(name)}</text>',
            f'<rect x="{x:.1f}" y="{y + 3}" width="{size:.1f}" height="13" fill="{colour}"/>',
            f'<text x="{at:.1f}" y="{y + 13}" text-anchor="{anchor}" fill="#{TEXT}">{value:+,.2f}</text>',
        ]
    line = f'<line x1="{middle}" x2="{middle}" y1="{head - 4}" y2="{height - 4}" stroke="#{NAVY}"/>'
    return "\n".join([*body, line, "</svg>"]) + "\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"
