"""Risks in the relationship: nobody in charge, silence, a buying group that we do not know, actions that are overdue."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import polars as pl

from compensation.accounts.known import Known, Row, found
from compensation.accounts.rhythm import rhythm_of
from compensation.counted import counted


def no_account_manager(known: Known) -> Iterator[Row]:
    """Key accounts that nobody looks after as their account manager."""
    for customer_id in known.customers.customers.filter(~pl.col("has_manager"))["customer_id"]:
        yield found(customer_id, "no_account_manager", "A key account without an account manager: assign one.")


def quiet(known: Known) -> Iterator[Row]:
    """Customers who have been silent for longer than their rhythm of ordering explains."""
    watch = known.company.accounts
    silent = (pl.lit(known.on) - pl.col("last_order")).dt.total_days()
    rhythm = rhythm_of(known.trade, watch.quiet_orders).with_columns(silent=silent)
    for row in rhythm.filter(pl.col("silent") > pl.col("gap") * watch.quiet_gaps).rows(named=True):
        detail = f"No order for {counted(row['silent'], 'day')}; usually one every {counted(row['gap'], 'day')}."
        yield found(row["customer_id"], "quiet", detail, since=row["last_order"])


def thin_coverage(known: Known) -> Iterator[Row]:
    """Customers in whose buying group a role is filled by nobody to whom we have spoken of late.

    Where the exports know no contact at all, nothing is said.
    """
    contacts = known.customers.of(known.facts["contacts"])
    if known.facts["contacts"].is_empty():
        return
    spoken = contacts.group_by("customer_id", "buying_role").agg(pl.col("last_contact_date").max())
    last = {(customer_id, role): day for customer_id, role, day in spoken.rows()}
    for customer_id in known.customers.customers["customer_id"]:
        gaps = list(_gaps(customer_id, last, known))
        if gaps:
            yield found(customer_id, "thin_coverage", f"{'; '.join(gaps)}.".capitalize())


def overdue(known: Known) -> Iterator[Row]:
    """Actions of account plans that were due before the day and are not closed."""
    actions = known.customers.of(known.facts["account_actions"])
    is_open = ~pl.col("state").is_in(known.company.accounts.closed_states)
    for row in actions.filter(is_open, pl.col("due_date") < known.on).sort("action_id").rows(named=True):
        detail = f"'{row['what']}' of {row['owner_id']} was due on {row['due_date']}; its state is {row['state']}."
        yield found(row["customer_id"], "action_overdue", detail, subject=row["action_id"], since=row["due_date"])


def _gaps(customer_id: str, last: Mapping[tuple[str, str], date | None], known: Known) -> Iterator[str]:
    oldest = known.on - timedelta(days=known.company.accounts.contact_days)
    for role in known.company.accounts.buying_roles:
        if (customer_id, role) not in last:
            yield f"nobody is known as {role}"
        elif (day := last[customer_id, role]) is None:
            yield f"the {role} has never been spoken to"
        elif day < oldest:
            yield f"the {role} was last spoken to on {day}"
