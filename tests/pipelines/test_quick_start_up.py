"""A command leaves out what only a development installation has."""

import subprocess
import sys

from pipelines.start_up import GENERATORS, without_generators

ASKED = """
import sys
from pipelines.start_up import GENERATORS, without_generators
with without_generators():
    import pandera.polars as pa
    from schemas.core.payout import Earning
    Earning.validate(Earning.empty_frame())
    print(sys.modules.get(GENERATORS))
import hypothesis
print(hypothesis.__name__)
"""


def test_pandera_validates_without_loading_generators_and_they_can_be_loaded_afterwards():
    said = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["None", GENERATORS]


def test_generators_that_are_loaded_stay():
    loaded = sys.modules[GENERATORS]
    with without_generators():
        assert sys.modules[GENERATORS] is loaded
    assert sys.modules[GENERATORS] is loaded
