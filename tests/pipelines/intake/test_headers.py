"""Columns of an export that no mapping reads are named, once a file."""

import pytest

from pipelines.intake import take_in
from tests.pipelines.intake.exports import Exports


def noted(exports, folder):
    intake = take_in(exports.folder(), exports.write(folder))
    return intake.notes.filter(code="unknown_columns").select("table", "source_file", "detail").rows()


def wider(exports, file, *names):
    header, *rows = exports.files[file].splitlines()
    exports.files[file] = "\n".join([",".join([header, *names]), *[row + ",x" * len(names) for row in rows]]) + "\n"
    return exports


def test_columns_that_nobody_reads_are_named(tmp_path):
    exports = wider(Exports(), "orders.csv", "discount_code", "channel")
    assert noted(exports, tmp_path) == [
        ("orders", "orders.csv", "no mapping reads 'discount_code', 'channel'; map what matters in sources/")
    ]


READING = {
    "columns": {
        "columns": {
            "payee_id": "payee_id", "payee_name": {"join": ["payee_name", "nickname"]}, "role": "role",
            "currency": {"constant": "USD"}, "manager_id": "manager_id", "email": "email", "hire_date": "hire_date",
            "termination_date": "termination_date",
        },
        "where": {"column": "currency", "equals": "USD"},
    },
    "an alias": {"rename": {"nickname": "title"}},
}  # fmt: skip


@pytest.mark.parametrize("name", READING)
def test_a_column_is_read_where_the_mapping_names_it(name, tmp_path):
    exports = wider(Exports(), "payees.csv", "nickname")
    exports.sources["payees"] |= READING[name]
    assert noted(exports, tmp_path) == []


def test_a_file_of_several_tables_is_noted_once_and_only_for_what_none_of_them_reads(tmp_path):
    exports = wider(Exports(), "products.csv", "family_code", "colour")
    exports.sources["products"]["columns"] = {
        "product_id": "product_id", "product_name": "product_name", "product_family": "family_code",
    }  # fmt: skip
    exports.more_sources.append(
        {
            "table": "accounts",
            "from": {"files": "products.csv"},
            "columns": {
                "account_id": {"column": "product_id", "prefix": "p:"},
                "account_name": "product_family",
            },
        }
    )
    assert noted(exports, tmp_path) == [
        ("accounts", "products.csv", "no mapping reads 'colour'; map what matters in sources/")
    ]


def test_what_a_select_leaves_is_left_on_purpose(tmp_path):
    exports = wider(Exports(), "products.csv", "colour")
    exports.sources["products"] = {
        "table": "products",
        "from": {"files": {"p": "products.csv"}},
        "select": "SELECT product_id, product_name, product_family FROM p",
    }
    assert noted(exports, tmp_path) == []
