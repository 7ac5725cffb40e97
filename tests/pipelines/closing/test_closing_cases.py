"""A controller's scenarios: exports in, nights, fixes and closes, exact figures out (``cases/*.yaml``)."""

import pytest

from tests.pipelines.closing.case_files import read_cases
from tests.pipelines.closing.case_play import Played

CASES = read_cases()
PARAMETERS = [
    pytest.param(
        case, id=f"{case.key}: {case.rule}",
        marks=[pytest.mark.xfail(strict=True, reason=case.given["fault"])] if "fault" in case.given else [],
    )
    for case in CASES
]  # fmt: skip
EACH = pytest.mark.parametrize("case", PARAMETERS)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Each company, played once with all its cases."""
    known = {}

    def of(case):
        if case.firm not in known:
            together = [one for one in CASES if one.firm == case.firm]
            known[case.firm] = Played(tmp_path_factory.mktemp("company"), together).play()
        return known[case.firm]

    return of


@EACH
def test_a_case_comes_out_to_the_cent(case, played):
    faults = played(case).faults.get(case.key, [])
    assert not faults, f"{case.rule}\n" + "\n".join(faults)


def test_no_statement_of_the_whole_company_names_anybody_elses_business(played):
    strangers = played(CASES[0]).strangers()
    assert len(strangers) > len(CASES)
    assert {name: keys for name, keys in strangers.items() if keys} == {}


@pytest.mark.slow
@EACH
def test_a_case_comes_out_the_same_without_its_neighbours(case, tmp_path):
    faults = Played(tmp_path, [case], all_statements=True).play().faults.get(case.key, [])
    assert not faults, f"{case.rule}\n" + "\n".join(faults)
