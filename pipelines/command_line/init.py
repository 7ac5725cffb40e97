"""``creditdue init``: a company folder to start from."""

import shutil
from pathlib import Path

import click

from pipelines.command_line.console import ends_well, fail, out
from pipelines.exit_codes import WRONG_USE

STARTERS = Path(__file__).parent.parent / "starters"


def starters() -> list[str]:
    """The starting points that ship."""
    return sorted(path.name for path in STARTERS.iterdir() if (path / "company.yaml").is_file())


@click.command(name="init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--from", "start", default="blank", show_default=True, help="A starting point, or the folder of another company."
)
@ends_well
def command(folder: Path, start: str) -> None:
    """Make a company in FOLDER to start from: company.yaml, sources/, plans/, each with comments that say what to fill in.

    \b
    Example:
      creditdue init companies/acme
      creditdue init companies/acme --from salesforce
      creditdue init companies/trial --from examples/demo
    """
    origin = STARTERS / start if start in starters() else Path(start)
    if not (origin / "company.yaml").is_file():
        fail(
            f"'{start}' is neither a starting point ({', '.join(starters())}) nor a folder with a company.yaml",
            WRONG_USE,
        )
    if (folder / "company.yaml").exists():
        fail(f"{folder} already holds a company; choose another folder, so that nothing is overwritten", WRONG_USE)
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("company.yaml", "README.md", "sources", "plans"):
        source = origin / part
        if source.is_dir():
            shutil.copytree(source, folder / part, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copyfile(source, folder / part)
    out.print(f"Made {folder} from {start}. Next: put exports in a folder, adapt sources/ (docs/sources.md), then")
    out.print(f"  creditdue check --company {folder} --exports EXPORTS")
