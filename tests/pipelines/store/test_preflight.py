"""Switches that disable checks stop the program before it starts."""

import os
import subprocess
import sys

import pytest

from pipelines.store import UnsafeEnvironment, require_checks_on


@pytest.mark.parametrize("value", ["False", "0", "no", "off", "f"])
def test_validation_switched_off_is_refused(value):
    with pytest.raises(
        UnsafeEnvironment, match=r"PANDERA_VALIDATION_ENABLED switches the checks of every table off.*unset it"
    ):
        require_checks_on({"PANDERA_VALIDATION_ENABLED": value}, 0)


@pytest.mark.parametrize("value", ["SCHEMA_ONLY", "DATA_ONLY", "schema_only"])
def test_validation_of_names_only_is_refused(value):
    with pytest.raises(UnsafeEnvironment, match="leaves values unchecked"):
        require_checks_on({"PANDERA_VALIDATION_DEPTH": value}, 0)


def test_asserts_removed_are_refused():
    with pytest.raises(UnsafeEnvironment, match="python -O"):
        require_checks_on({}, 1)
    with pytest.raises(UnsafeEnvironment, match="python -O"):
        require_checks_on({"PYTHONOPTIMIZE": "1"}, 0)


def test_every_fault_is_named_at_once():
    with pytest.raises(UnsafeEnvironment, match=r"ENABLED.*DEPTH.*PYTHONOPTIMIZE"):
        require_checks_on({"PANDERA_VALIDATION_ENABLED": "0", "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"}, 2)


@pytest.mark.parametrize(
    "environment", [{}, {"PANDERA_VALIDATION_ENABLED": "True", "PANDERA_VALIDATION_DEPTH": "SCHEMA_AND_DATA"}]
)
def test_an_environment_with_all_checks_on_passes(environment):
    require_checks_on(environment, 0)


def test_python_dash_o_stops_a_real_start():
    code = "from pipelines.store import require_checks_on; require_checks_on()"
    ended = subprocess.run(
        [sys.executable, "-O", "-c", code], env=os.environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "UnsafeEnvironment" in ended.stderr
