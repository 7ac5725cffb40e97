"""Ways to break an export that text alone cannot say."""

import gzip
import io
from collections.abc import Callable

import openpyxl
from openpyxl.workbook.workbook import Workbook

from pipelines.intake import files
from tests.pipelines.intake.exports import Exports


def header_only(exports: Exports) -> None:
    exports.files["orders.csv"] = exports.files["orders.csv"].splitlines()[0] + "\n"


def nothing(exports: Exports) -> None:
    exports.files["orders.csv"] = ""


def cut_last_line(exports: Exports) -> None:
    exports.files["orders.csv"] = exports.files["orders.csv"].removesuffix("D,confirmed,1,700.00\n")


def with_bom(exports: Exports) -> None:
    exports.files["orders.csv"] = b"\xef\xbb\xbf" + exports.files["orders.csv"].encode()


def in_cp1252(exports: Exports) -> None:
    exports.files["accounts.csv"] = exports.files["accounts.csv"].encode("cp1252")


def mixed_line_ends(exports: Exports) -> None:
    lines = exports.files["orders.csv"].splitlines()
    exports.files["orders.csv"] = "".join(line + ("\r\n" if place % 2 else "\n") for place, line in enumerate(lines))


def semicolons(exports: Exports) -> None:
    exports.files["orders.csv"] = exports.files["orders.csv"].replace(",", ";")


def tabs(exports: Exports) -> None:
    exports.files["orders.csv"] = exports.files["orders.csv"].replace(",", "\t")


def columns_reversed(exports: Exports) -> None:
    rows = [line.split(",") for line in exports.files["orders.csv"].splitlines()]
    exports.files["orders.csv"] = "".join(",".join(reversed(row)) + "\n" for row in rows)


def header_again(exports: Exports) -> None:
    lines = exports.files["orders.csv"].splitlines(keepends=True)
    exports.files["orders.csv"] = "".join([*lines[:3], lines[0], *lines[3:]])


def cut_archive(exports: Exports) -> None:
    packed = gzip.compress(exports.files.pop("orders.csv").encode(), mtime=0)
    exports.files["orders.csv.gz"] = packed[: len(packed) * 8 // 10]


def long_id(exports: Exports) -> None:
    exports.edit("orders.csv", "O2,A2", "O" * 10_000 + ",A2")


def second_system(exports: Exports) -> None:
    exports.files["shop_orders.csv"] = (
        exports.files["orders.csv"].splitlines()[0] + "\nO1,A3,,2025-06-01,EUR,confirmed,1,\n"
    )
    names = exports.files["orders.csv"].splitlines()[0].split(",")
    columns = {name: name for name in names} | {"order_id": {"column": "order_id", "prefix": "shop:"}}
    exports.more_sources.append({"table": "orders", "from": {"files": "shop_orders.csv"}, "columns": columns})


def early_invoice(exports: Exports) -> None:
    exports.files["invoices.csv"] = "invoice_id,order_id,date,amount\nI1,O1,2025-01-09,1500.00\n"
    exports.more_sources.append({"table": "invoices", "from": {"files": "invoices.csv"}})


def fewer_payees(exports: Exports) -> None:
    """Half of ten people are gone; the clean list before had them all."""
    lines = exports.files["payees.csv"].splitlines(keepends=True)
    exports.files["payees.csv"] = "".join(lines[:5])


def before_fewer_payees(exports: Exports) -> None:
    exports.files["payees.csv"] += "".join(
        f"Q{n},Extra {n},q{n}@example.com,other,P3,USD,2022-01-01,\n" for n in range(4)
    )


def before_cents_for_units(exports: Exports) -> None:
    """Thirty more lines, so that there is something to compare."""
    exports.files["orders.csv"] += "O8,A1,,2025-06-01,USD,confirmed,1,\n"
    exports.files["order_lines.csv"] += "".join(f"M{n},O8,{n},X1,1,{50 + n}.00,,\n" for n in range(1, 31))


def cents_for_units(exports: Exports) -> None:
    before_cents_for_units(exports)
    for n in range(1, 16):
        exports.edit("order_lines.csv", f"M{n},O8,{n},X1,1,{50 + n}.00", f"M{n},O8,{n},X1,1,{50 + n}00")


def outlier(exports: Exports) -> None:
    for n in range(5):
        exports.files["orders.csv"] += f"N{n},A4,,2025-06-0{n + 1},USD,confirmed,1,\n"
        exports.files["order_lines.csv"] += f"N{n}-1,N{n},1,X1,1,10.00,,\n"
    exports.files["orders.csv"] += "N9,A4,,2025-07-01,USD,confirmed,1,\n"
    exports.files["order_lines.csv"] += "N9-1,N9,1,X1,1,100000.00,,\n"


def changing_file(exports: Exports) -> None:
    exports.company["_changing"] = True


def _workbook(exports: Exports) -> Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Orders"
    for line in exports.files.pop("orders.csv").splitlines():
        sheet.append([cell or None for cell in line.split(",")])
    return book


def _saved(exports: Exports, book: Workbook) -> None:
    stream = io.BytesIO()
    book.save(stream)
    exports.files["orders.xlsx"] = stream.getvalue()


def protected_workbook(exports: Exports) -> None:
    del exports.files["orders.csv"]
    exports.files["orders.xlsx"] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000


def formula_workbook(exports: Exports) -> None:
    book = _workbook(exports)
    book.active["H2"] = "=1000+500"
    _saved(exports, book)


def hidden_workbook(exports: Exports) -> None:
    book = _workbook(exports)
    book.active.row_dimensions[3].hidden = True
    _saved(exports, book)


def merged_workbook(exports: Exports) -> None:
    book = _workbook(exports)
    book.active.merge_cells("A2:A3")
    _saved(exports, book)


def two_sheets(exports: Exports) -> None:
    book = _workbook(exports)
    book.create_sheet("Old")["A1"] = "something"
    _saved(exports, book)


def replaced_while_read(monkeypatch, name: str) -> None:
    """Another content lies on disk once the bytes have been read."""
    hashed = files.sha256_of
    monkeypatch.setattr(files, "sha256_of", lambda path: "0" * 64 if path.name == name else hashed(path))


BREAKING: dict[str, Callable[[Exports], None]] = {
    name: function
    for name, function in list(globals().items())
    if callable(function) and getattr(function, "__module__", "") == __name__
}
