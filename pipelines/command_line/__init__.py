"""The command line ``creditdue``, for people and for cron: each command in a file of its own, loaded when it is called."""

from importlib import import_module

import click

COMMANDS = {
    "init": "Make a company folder to start from.",
    "check": "Read exports and plans and say what is wrong, without computing.",
    "calculate": "Compute everything and write each table as Parquet, without Dagster.",
    "run": "Run the nightly job: validate, attribute, pay, issue statements.",
    "explain": "Show how a statement, or one figure of it, came about, down to file and line.",
    "why": "Show what became of one order line: whom it paid, or why it paid nobody.",
    "accounts": "Show key accounts against base, plan and agreement, and where they are at risk.",
    "plan": "Check plan files, or show a plan as a page with its curves drawn.",
    "compare": "Compute two sets of plans on the same facts: what each costs, who gains, who loses, why.",
    "estimate": "Say what an open opportunity would pay if it were won as it stands.",
    "propose": "Show what the open period would post and why, and put it aside for review.",
    "review": "Sign that a period's draft was reviewed.",
    "approve": "Approve a reviewed period, a difference that waits, or somebody else's adjustment.",
    "close": "Seal an approved period and post its lines, for good.",
    "adjust": "Record an award or a deduction outside the plans.",
    "hold": "Keep pay back until somebody releases it.",
    "release": "Give free what was held, once somebody else approves it.",
    "dispute": "Say what is wrong on a statement, answer it, or list what is open.",
    "decide": "Say what becomes of a warning, so that its period can close.",
    "history": "Show what became of a period: who did what, and what was posted.",
    "as-of": "Make a statement that was issued again from what was known then, and say what it would be today.",
    "verify": "Check that the ledger and sealed periods are what was written.",
    "ledger": "Copy the ledger to a file, or put a copy back.",
    "schemas": "Write JSON Schemas of the rule files, for editors.",
}


class Commands(click.Group):
    """Commands by name; a command's module is imported only when it is called, so that help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, or none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"pipelines.command_line.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Names and one line each, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="creditdue")
def main() -> None:
    """Creditdue: from CRM and order exports to commission statements that a controller can sign.

    \b
    Start with the example company:
      creditdue check --company examples/demo --exports examples/demo/exports
      creditdue run --company examples/demo --exports examples/demo/exports --store out/demo

    \b
    Exit codes:
      0  done                        2  wrong use, or a rule file cannot be used
      1  stopped by what came        3  a fault of the calculation: nothing was published
    """
