"""Failures in the runner of examples show the figures that differ."""

import pytest

pytest.register_assert_rewrite("example_pages")
