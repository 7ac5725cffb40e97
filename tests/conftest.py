"""What tests share: where the team's knowledge and real exports lie, when they do."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None, print_blob=True)
settings.load_profile("untimed")

ROOT = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that run whole nights come first: few and long, they would leave one core idle at the end."""
    items.sort(key=lambda item: "pipelines" not in item.path.relative_to(ROOT).parts)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the project with the standard case and real exports; tests that need it say so when it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder 'shared' beside the project (standard case, real exports), which is not here")
    return folder


@pytest.fixture(scope="session")
def examples() -> Path:
    """The example companies that ship."""
    return ROOT / "examples"
