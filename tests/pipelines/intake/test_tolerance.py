"""How much may be refused, of what."""

import pytest

from pipelines.intake import IntakeStopped, take_in
from tests.pipelines.intake.exports import Exports


def mostly_left_out(select):
    """A thousand lines of test orders in the export, which the mapping leaves out, and one bad line of the others."""
    exports = Exports().edit("order_lines.csv", "10,1000.00", "10,oops")
    exports.files["order_lines.csv"] += "".join(f"T{n},TEST,{n},X1,1,9000.00,,\n" for n in range(1000))
    source = {"table": "order_lines", "from": {"files": "order_lines.csv"}}
    if select:
        exports.sources["order_lines"] = source | {"select": "SELECT * FROM order_lines WHERE order_id <> 'TEST'"}
    else:
        exports.sources["order_lines"] = source | {"where": {"column": "order_id", "not_equals": "TEST"}}
    return exports


@pytest.mark.parametrize("select", [True, False])
def test_records_left_out_do_not_dilute_the_share_of_rows(select, tmp_path):
    exports = mostly_left_out(select)
    exports.company["refusals"] = {"max_share_of_rows": "0.05", "max_share_of_money": "1"}
    with pytest.raises(IntakeStopped, match="Too much was refused: 5 of 41 rows"):
        take_in(exports.folder(), exports.write(tmp_path))


@pytest.mark.parametrize("select", [True, False])
def test_records_left_out_do_not_dilute_the_share_of_money(select, tmp_path):
    exports = mostly_left_out(select)
    exports.company["refusals"] = {"max_share_of_rows": "1", "max_share_of_money": "0.05"}
    with pytest.raises(IntakeStopped, match=r"500\.00 of 160\d\.\d\d USD in order lines"):
        take_in(exports.folder(), exports.write(tmp_path))
