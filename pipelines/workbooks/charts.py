"""The two charts of a statement, drawn from the sheet ``Last 12 months``, with the numbers in words beside them."""

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties, RegularTextRun
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.workbooks.look import BLUE, CHART_BAR, GREY, HAIRLINE, NAVY

SIZE_LEFT, SIZE_RIGHT = (11.4, 5.6), (8.9, 5.6)


def bars(
    title: str, sheet: Worksheet, *, column: int, rows: tuple[int, int], size: tuple[float, float], colour: str
) -> BarChart:
    """One bar per period from a column of the sheet whose first column names the periods."""
    chart = BarChart()
    chart.type, chart.gapWidth, chart.style = "col", 45, None
    chart.title = _title(title)
    chart.width, chart.height = size  # type: ignore[assignment]
    chart.add_data(Reference(sheet, min_col=column, min_row=rows[0] - 1, max_row=rows[1]), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=rows[0], max_row=rows[1]))
    chart.series[0].graphicalProperties = GraphicalProperties(solidFill=colour)
    chart.series[0].graphicalProperties.line.noFill = True
    chart.legend = None
    _plain_axes(chart)
    chart.graphical_properties = GraphicalProperties(ln=LineProperties(solidFill=HAIRLINE, w=6350))
    return chart


def with_line(chart: BarChart, sheet: Worksheet, *, column: int, rows: tuple[int, int]) -> BarChart:
    """The same chart with a dashed line, such as a quota."""
    line = LineChart()
    line.add_data(Reference(sheet, min_col=column, min_row=rows[0] - 1, max_row=rows[1]), titles_from_data=True)
    line.series[0].graphicalProperties = GraphicalProperties(
        ln=LineProperties(solidFill=NAVY, w=15875, prstDash="sysDash")
    )
    line.series[0].marker.symbol = "none"
    line.series[0].smooth = False
    chart += line
    chart.legend = Legend()
    chart.legend.position, chart.legend.overlay = "b", False
    chart.legend.txPr = _text(800, GREY)
    return chart


def position_chart(sheet: Worksheet, title: str, rows: tuple[int, int], *, has_quota: bool) -> BarChart:
    """Position at the end of each period against the quota; revenue of each period where there is no quota."""
    chart = bars(title, sheet, column=4 if has_quota else 2, rows=rows, size=SIZE_LEFT, colour=CHART_BAR)
    return with_line(chart, sheet, column=5, rows=rows) if has_quota else chart


def commission_chart(sheet: Worksheet, title: str, rows: tuple[int, int]) -> BarChart:
    """Commission earned in each period."""
    return bars(title, sheet, column=3, rows=rows, size=SIZE_RIGHT, colour=BLUE)


def _plain_axes(chart: BarChart) -> None:
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False
        axis.title = None
        axis.txPr = _text(800, GREY)
        axis.majorTickMark = axis.minorTickMark = "none"
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=GREY, w=6350))
    chart.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.y_axis.number_format, chart.y_axis.numFmt.sourceLinked = "#,##0", False
    chart.y_axis.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=LineProperties(solidFill="E4E8EE", w=6350)))


def _text(size: int, colour: str, *, bold: bool = False) -> RichText:
    properties = CharacterProperties(sz=size, b=bold, solidFill=colour, latin=Font(typeface="Calibri"))
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=properties), endParaRPr=properties)])


def _title(words: str) -> Title:
    properties = CharacterProperties(sz=1000, b=True, solidFill=NAVY, latin=Font(typeface="Calibri"))
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=properties), r=[RegularTextRun(rPr=properties, t=words)])
    return Title(tx=Text(rich=RichText(p=[paragraph])), overlay=False)
