"""A plan's page in the terminal's text, in Markdown, in HTML and as a picture."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from html import escape

from compensation.currency import minor_unit_digits
from compensation.modelling.drawn_curve import DrawnCurve, PayoutRow
from compensation.modelling.plan_page import PagePart, PlanPage
from compensation.statement.figure_words import amount_words, number_words, percent_words
from pipelines.modelling.braille import drawn_in_dots, with_axes
from pipelines.modelling.html_page import html_page, html_table
from pipelines.modelling.svg import Axes, Series, line_chart

NAMES = {"attainment": "Attainment", "amount": "Position", "units": "Number"}
KINDS = {"component": "Component", "bonus": "Bonus", "pool": "Pool", "guarantee": "Guarantee"}


def payout_table(curves: Sequence[DrawnCurve], currency: str) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of what a curve pays; several curves (a matrix) side by side."""
    over = curves[0].over
    pays = [f"Pays {currency}" if len(curves) == 1 else f"Pays at {curve.label}" for curve in curves]
    heads = [NAMES[over], *(["Position"] if over == "attainment" else []), *pays]
    if len(curves) == 1:
        heads.append("Of the position" if over != "units" else "For each")
    by_place: dict[tuple[Decimal, bool], list[str]] = {}
    for curve in curves:
        for row in curve.rows:
            by_place.setdefault((_decimal(row.at), not row.is_just_below), _place(row, over, currency)).append(
                amount_words(row.pays, currency)
            )
    rows = [cells for _, cells in sorted(by_place.items(), key=lambda item: item[0])]
    if len(curves) == 1:
        for cells, row in zip(rows, curves[0].rows, strict=True):
            cells.append(_average(row, over, currency))
    return heads, [cells for cells in rows if len(cells) == len(heads)]


def _place(row: PayoutRow, over: str, currency: str) -> list[str]:
    money = partial(amount_words, currency=currency)
    says: dict[str, Callable[[Decimal], str]] = {"attainment": percent_words, "amount": money, "units": number_words}
    words = says[over](_decimal(row.at))
    place = f"just below {words}" if row.is_just_below else words
    return [place, money(_decimal(row.position))] if over == "attainment" else [place]


def _average(row: PayoutRow, over: str, currency: str) -> str:
    if not row.position:
        return "–"
    each = Decimal(row.pays) / _decimal(row.position)
    return f"{each:,.{minor_unit_digits(currency)}f}" if over == "units" else f"{each * 100:.2f} %"


def _decimal(value: object) -> Decimal:
    numerator, denominator = value.numerator, value.denominator  # type: ignore[attr-defined]
    return round(Decimal(numerator) / Decimal(denominator), 6)


def chart_in_characters(curves: Sequence[DrawnCurve]) -> str:
    """The curve in Braille characters, the last of several, which pays most."""
    lines = _floats(curves[-1])
    most_x, most_y = max(x for line in lines for x, _ in line), max(y for line in lines for _, y in line)
    end = f"{most_x * 100:g} % of quota" if curves[-1].over == "attainment" else f"{most_x:,.0f}"
    return with_axes(drawn_in_dots([*lines, *_rises(lines)]), f"{most_y:,.0f}", end)


def _rises(
    lines: Sequence[tuple[tuple[float, float], tuple[float, float]]],
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The jumps between lines, which dots show better as a stroke."""
    for (_, end), (start, _) in itertools.pairwise(lines):
        if end != start:
            yield end, start


def _floats(curve: DrawnCurve) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return [
        ((float(a[0]), float(a[1])), (float(b[0]), float(b[1])))
        for a, b in ((line.left, line.right) for line in curve.lines)
    ]


def curve_svg(part: PagePart, currency: str) -> str:
    """The curve of a component as a picture that describes itself."""
    first = part.curves[0]
    series = [Series(curve.label or part.label, tuple(_floats(curve))) for curve in part.curves]
    x = {"attainment": "Attainment (position ÷ quota)", "amount": f"Position, {currency}", "units": "Number"}[
        first.over
    ]
    heads, rows = payout_table(part.curves, currency)
    told = "; ".join(
        ", ".join(f"{head} {cell}" for head, cell in zip(heads, row, strict=True))
        for row in rows[:: max(1, len(rows) // 8)]
    )
    return line_chart(
        f"{part.label}: what it pays", f"{part.words} {told}.", series,
        Axes(x, f"Pays, {currency}", is_percent=first.over == "attainment"), part.name,
    )  # fmt: skip


def svg_of_page(page: PlanPage) -> str:
    """The curves of all components in one picture, one below the other."""
    parts = [curve_svg(part, page.currency) for part in page.parts if part.curves]
    if len(parts) == 1:
        return parts[0]
    heights = [int(svg.split('height="')[1].split('"')[0]) for svg in parts]
    labels = [part.label for part in page.parts if part.curves]
    shown, top = [], 0
    for svg, height, label in zip(parts, heights, labels, strict=True):
        shown.append(
            f'<text x="84" y="{top + 20}" font-family="Calibri, Carlito, Arial, sans-serif" font-size="14" font-weight="bold" fill="#1F3864">{escape(label)}</text>'
        )
        shown.append(svg.replace("<svg ", f'<svg x="0" y="{top + 28}" ', 1).strip())
        top += height + 40
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {top}" width="640" height="{top}" role="img" aria-labelledby="page-title">'
        f'<title id="page-title">{escape(page.title)}: what each component pays</title><rect width="640" height="{top}" fill="#FFFFFF"/>'
    )
    return "\n".join([head, *shown, "</svg>"]) + "\n"


def markdown_of_page(page: PlanPage) -> str:
    """The page as Markdown, curves in Braille characters."""
    lines = [f"# {page.title}", "", "| | |", "| --- | --- |"]
    lines += [f"| {label} | {_cell(words)} |" for label, words in page.facts]
    for part in page.parts:
        lines += ["", f"## {KINDS[part.kind]} `{part.name}`: {part.label}", "", part.words]
        if part.curves:
            heads, rows = payout_table(part.curves, page.currency)
            lines += ["", "```", chart_in_characters(part.curves), "```", ""]
            lines += [part.assumed, ""] if part.assumed else []
            lines += [f"| {' | '.join(_cell(head) for head in heads)} |", f"|{' ---: |' * len(heads)}"]
            lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def html_of_page(page: PlanPage) -> str:
    """The page as one HTML file that needs nothing beside it."""
    facts = "".join(f"<dt>{escape(label)}</dt><dd>{escape(words)}</dd>" for label, words in page.facts)
    body = [f"<h1>{escape(page.title)}</h1><dl>{facts}</dl>"]
    for part in page.parts:
        body.append(
            f"<section><h2>{escape(part.label)}</h2><p class='name'>{KINDS[part.kind]} <code>{escape(part.name)}</code></p>"
        )
        body.append(f"<p>{escape(part.words)}</p>")
        if part.curves:
            heads, rows = payout_table(part.curves, page.currency)
            body.append(f"<figure>{curve_svg(part, page.currency)}</figure>")
            body.append(f"<p class='note'>{escape(part.assumed)}</p>" if part.assumed else "")
            body.append(html_table(f"{part.label}: what it pays", heads, rows, numbers=range(len(heads))))
        body.append("</section>")
    return html_page(page.title, "\n".join(body))
