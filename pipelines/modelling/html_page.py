"""HTML files that need nothing beside them: no script, no style sheet, no picture from elsewhere."""

from collections.abc import Collection, Sequence
from html import escape

STYLE = """
body{font:15px/1.5 Calibri,Carlito,Arial,sans-serif;color:#262626;max-width:820px;margin:2em auto;padding:0 1em}
h1{color:#1F3864;font-size:26px;border-bottom:2px solid #1F3864;padding-bottom:.2em}
h2{color:#1F3864;font-size:19px;margin:1.6em 0 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1.2em}
dt,.name,.note,caption{color:#595959}dd{margin:0}.name{margin:0}
figure{margin:1em 0}svg{max-width:100%;height:auto}
table{border-collapse:collapse;font-size:14px;margin:.5em 0 1em}caption{text-align:left;padding-bottom:.3em}
th{background:#1F3864;color:#fff;text-align:left;padding:.3em .8em;font-size:13px;vertical-align:bottom}
td{border-bottom:1px solid #C9D1DC;padding:.2em .8em}
.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}.minus{color:#C00000}
section{break-inside:avoid-page}
@media print{body{margin:0;max-width:none}thead{display:table-header-group}}
""".strip()


def html_page(title: str, body: str) -> str:
    """A whole page around its body."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"/><title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def html_table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int] = ()) -> str:
    """A table with its caption; columns in ``numbers`` are set to the right, and negative ones are red as well."""

    def cell(tag: str, number: int, text: str) -> str:
        minus = " minus" if tag == "td" and text.startswith(("-", "−")) else ""
        kind = f' class="n{minus}"' if number in numbers else ""
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{scope}{kind}>{escape(text)}</{tag}>"

    head = "".join(cell("th", number, text) for number, text in enumerate(heads))
    lines = ["<tr>" + "".join(cell("td", number, text) for number, text in enumerate(row)) + "</tr>" for row in rows]
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>\n"
        + "\n".join(lines)
        + "</tbody></table>"
    )
