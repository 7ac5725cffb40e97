"""Write ``docs/contract.md`` and ``docs/results.md`` from the contracts in ``schemas/``, so that they cannot go stale.

Run ``python docs/make_contract.py`` to write both, or with ``--check`` to end with 1 where a page is not what would be
written.
"""

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import yaml  # noqa: E402

from schemas.contract import CONTRACT, INTAKE_ONLY, REQUIRED_TABLES  # noqa: E402
from schemas.core import RESULTS  # noqa: E402
from schemas.rules.source import CORRECTION_COLUMNS  # noqa: E402
from schemas.table import Table  # noqa: E402

MADE = "<!-- Made by docs/make_contract.py from the contracts in schemas/. Change those, or docs/meanings.yaml, and run it again. -->"
HEADING = "| Column | Kind | Required | Refers to, or values | Meaning |\n| --- | --- | --- | --- | --- |"

KINDS = {
    "id": "id",
    "text": "text",
    "money": "money",
    "rate": "rate",
    "fx_rate": "exchange rate",
    "percent": "per cent",
    "quantity": "quantity",
    "integer": "whole number",
    "boolean": "yes or no",
    "date": "date",
    "currency": "currency",
}

CONTRACT_INTRO = """# The contract

These tables enter the calculation. The files in `sources/` map your exports to them ([docs/sources.md](sources.md)); nothing
after that knows your exports. A file whose columns already have these names needs no mapping at all.

Five tables must be there: {required}. Every other one may be absent.

## How to read this page

| Kind | What it holds |
| --- | --- |
| id | Text, compared character by character (by Unicode code point). Leading zeros and case matter. Where several systems use the same numbers, put the system's name in front: `erp2:1001`. |
| money | An exact amount with at most three decimals, and never more than its currency has. |
| exchange rate | Units of company currency for one unit of the other currency, at most twelve decimals. |
| per cent | `33.34` is a good third; at most six decimals. |
| quantity | A number with at most six decimals. |
| date | A business date in the company's time zone. An instant is converted when it is read. |
| currency | A code of ISO 4217, such as EUR. |

- **Key.** Columns in bold name one row. Rows with the same key and different content are refused; an exact copy is set aside.
- **Intervals** are half-open: `valid_from` is the first day, `valid_to` the first day *after*. A source whose ends are included says
  `inclusive_ends: true`, and a day is added. `valid_to = valid_from` is accepted and never applies; an end before its start is refused.
- **Required** "yes" means that a row without a value is refused; "no" means that the cell may be empty.
- Every table ends with `source_file` and `source_line`: the file and physical line that the row came from. They are filled for you.
- What is refused, and why: [docs/reason_codes.md](reason_codes.md).
- Tables marked **taken in, not used yet** are read and checked like the others, and written by `creditdue calculate`, but no rule of the
  calculation reads them today. You may leave them out.
"""

NOT_USED_YET: tuple[str, ...] = ()
"""Contract tables that no rule of the calculation reads today; a test compares this with the code."""

CORRECTION_WORDS = {
    "correction_id": "The correction.",
    "table": "Contract table that it changes.",
    "key": "Key of the record, as the contract writes it; parts of a longer key are joined by `|`.",
    "column": "Column that it changes; no column of the key.",
    "value": "The right value, as the contract writes it; empty = no value.",
    "reason": "Why, in words.",
    "entered_by": "Who entered it.",
}

CHECKED_WORDS = {
    "version": "Which version of the record; the highest is taken.",
    "total_amount": "What the order says its lines add up to; a difference refuses the order.",
}

RESULTS_INTRO = """# The results

`creditdue calculate` writes each of these tables as Parquet, one file a table, and the contract tables as they were taken in under
`contract/`. `calculation.json`, written last, says which files and rules the tables were made from. The nightly run
keeps the same tables in its store, and those of settlement besides, which the ledger decides too; without a ledger they are empty.

Columns in bold are the key. Money has three decimals at rest; a note names its currency where it is not in the column `currency`.
Signs: a return is negative. Every row is checked against its contract before anything is written.

| Made by | Tables |
| --- | --- |
{groups}
"""

GROUPS = {
    "accounts": "key accounts",
    "attribution": "attribution",
    "carers": "attribution",
    "intake": "intake",
    "payout": "payout",
    "statement": "statements",
    "settlement": "settlement",
}


def main() -> None:
    """Write the pages, or check them."""
    pages = {HERE / "contract.md": contract_page(), HERE / "results.md": results_page()}
    if "--check" not in sys.argv[1:]:
        for path, text in pages.items():
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path.relative_to(HERE.parent)}\n")
        return
    stale = [path.name for path, text in pages.items() if path.read_text(encoding="utf-8") != text]
    if stale:
        sys.exit(f"docs/{stale[0]} is not what the contracts say; run python docs/make_contract.py")


def contract_page() -> str:
    """The text of ``docs/contract.md``.

    Raises:
        ValueError: a column has no words, or words have no column.
    """
    words = Meanings()
    required = ", ".join(f"`{name}`" for name in REQUIRED_TABLES)
    sections = [section(name, model, words, extra=_checked_rows(name)) for name, model in CONTRACT.items()]
    words.require_known({**CONTRACT, **RESULTS})
    corrections = "\n".join(
        f"| {'**correction_id**' if name == 'correction_id' else name} | text | {'no' if name == 'value' else 'yes'} |  | {CORRECTION_WORDS[name]} |"
        for name in CORRECTION_COLUMNS
    )
    last = f"## corrections\n\nOne fix by operations, for when the source cannot be fixed: it is laid over what came, and shown.\n\n{HEADING}\n{corrections}\n"
    return "\n".join(
        [MADE, "", CONTRACT_INTRO.format(required=required), _index(CONTRACT, "corrections"), *sections, last]
    )


def results_page() -> str:
    """The text of ``docs/results.md``.

    Raises:
        ValueError: a column has no words.
    """
    words = Meanings()
    made: dict[str, list[str]] = {}
    for name, model in RESULTS.items():
        made.setdefault(GROUPS[model.__module__.rsplit(".", 1)[-1]], []).append(f"[{name}](#{name})")
    groups = "\n".join(f"| {maker} | {', '.join(tables)} |" for maker, tables in made.items())
    sections = [section(name, model, words) for name, model in RESULTS.items()]
    return "\n".join([MADE, "", RESULTS_INTRO.format(groups=groups), *sections])


def _index(tables: dict[str, type[Table]], *more: str) -> str:
    return "Tables: " + ", ".join(f"[{name}](#{name})" for name in (*tables, *more)) + ".\n"


def section(name: str, model: type[Table], words: "Meanings", extra: tuple[str, ...] = ()) -> str:
    """One table: its grain, its columns, and columns that are checked and then dropped."""
    fields = model.fields()
    rows = [_row(name, model, column, fields[column], words) for column in fields if not _is_provenance(name, column)]
    grain = " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())
    further = [" ".join(part.split()).replace("``", "`") for part in (model.__doc__ or "").strip().split("\n\n")[1:]]
    idle = ["**Taken in, not used yet.**", ""] if name in NOT_USED_YET else []
    return "\n".join(
        [f"## {name}", "", grain, "", *idle, *(f"{text}\n" for text in further), HEADING, *rows, *extra, ""]
    )


def _is_provenance(table: str, column: str) -> bool:
    return table in CONTRACT and column in ("source_file", "source_line")


def _row(table: str, model: type[Table], column: str, field: dict[str, Any], words: "Meanings") -> str:
    shown = f"**{column}**" if column in model.key() else column
    required = "yes" if field["required"] else "no"
    kind = KINDS[field["kind"]] + (", may be negative" if field.get("signed") else "")
    return f"| {shown} | {kind} | {required} | {_allowed(field)} | {words.of(table, column, model)} |"


def _allowed(field: dict[str, Any]) -> str:
    if "refers_to" in field:
        return f"`{field['refers_to']}`"
    if "values" in field:
        return ", ".join(f"`{value}`" for value in field["values"])
    if field["kind"] == "money" and field.get("currency", "currency") != "currency":
        return f"in `{field['currency']}`"
    return ""


def _checked_rows(table: str) -> tuple[str, ...]:
    return tuple(
        f"| {name} | {KINDS[str(field['kind'])]} | no |  | {CHECKED_WORDS[name]} Checked, then dropped. |"
        for name, field in INTAKE_ONLY.get(table, {}).items()
    )


class Meanings:
    """What each column means: the contract's own description, else ``meanings.yaml`` for the table, else for every table."""

    def __init__(self) -> None:
        self.known: dict[str, str] = yaml.safe_load((HERE / "meanings.yaml").read_text(encoding="utf-8"))

    def of(self, table: str, column: str, model: type[Table]) -> str:
        """The words for a column.

        Raises:
            ValueError: there are none; names the column.
        """
        own = model.to_schema().columns[column].description
        found = own or self.known.get(f"{table}.{column}") or self.known.get(f"*.{column}")
        if not found:
            raise ValueError(
                f"{table}.{column} has no words: give its contract a description, or add it to docs/meanings.yaml"
            )
        return " ".join(str(found).split()).replace("|", "\\|")

    def require_known(self, tables: dict[str, type[Table]]) -> None:
        """Refuse words for columns that are gone.

        Raises:
            ValueError: words that no column uses; names the first.
        """
        used = {f"{table}.{column}" for table, model in tables.items() for column in model.columns()}
        used |= {f"*.{name.split('.', 1)[1]}" for name in set(used)}
        lost = [name for name in self.known if name not in used]
        if lost:
            raise ValueError(f"docs/meanings.yaml has words for {lost[0]!r}, which no table has; remove them")


if __name__ == "__main__":
    main()
