"""Amounts as people give them on the command line."""

from decimal import Decimal, InvalidOperation

import click


def amount_given(_: click.Context, __: click.Parameter, value: str | None) -> Decimal | None:
    """The exact amount of an argument or option; nothing where it is left out.

    Raises:
        BadParameter: it is no amount.
    """
    if value is None:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise click.BadParameter(f"'{value}' is no amount; write 250.00, or -250.00 for a deduction")
    return amount
