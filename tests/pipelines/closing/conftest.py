"""A small company for the tests of the close."""

import pytest

from tests.pipelines.closing.closing_world import World


@pytest.fixture
def world(tmp_path):
    """A company on a flat plan of 10 %."""
    return World(tmp_path)
