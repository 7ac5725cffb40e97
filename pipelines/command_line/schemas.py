"""``creditdue schemas``: JSON Schemas of the rule files, so that an editor completes and checks them."""

import json
from pathlib import Path

import click

from pipelines.command_line.console import ends_well, out


@click.command(name="schemas")
@click.option(
    "--out", "target", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to."
)
@ends_well
def command(target: Path) -> None:
    """Write JSON Schemas of company.yaml, source files and plan files.

    \b
    Example:
      creditdue schemas --out .schemas
    Then put this first in a plan file, and editors with a YAML language server help while you write:
      # yaml-language-server: $schema=../../../.schemas/plan.json
    """
    from pipelines.editor_schemas import editor_schema  # noqa: PLC0415
    from schemas.rules.company import Company  # noqa: PLC0415
    from schemas.rules.plan import Plan  # noqa: PLC0415
    from schemas.rules.source import Source  # noqa: PLC0415

    target.mkdir(parents=True, exist_ok=True)
    for name, model in (("company", Company), ("source", Source), ("plan", Plan)):
        path = target / f"{name}.json"
        path.write_text(json.dumps(editor_schema(model), indent=1, sort_keys=True) + "\n")
        out.print(f"wrote {path}")
