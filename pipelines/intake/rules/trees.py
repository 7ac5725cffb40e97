"""Trees: accounts under accounts, people under managers. A loop makes the whole file useless."""

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch
from pipelines.intake.raw import FileRefused, blanked
from pipelines.intake.rules.references import follow, reason_of
from pipelines.intake.rules.world import World


def settle_accounts(world: World) -> None:
    """Refuse loops as a file, unknown parents as a row, and accounts below a refused one with it.

    Raises:
        FileRefused: ``hierarchy_cycle``, with the path round the loop.
    """
    accounts = world.tables["accounts"]
    if accounts.frame["parent_account_id"].null_count() < accounts.height:
        parents = world.linked("accounts", "parent_account_id", "accounts", "account_id")
        require_no_loop(accounts, parents, "account_id")
        values = accounts.frame["parent_account_id"]
        unknown = (parents.is_null() & values.is_not_null()).arg_true()
        sentence = pl.format(
            "parent_account_id '{}' is not in accounts; add the parent, or clear the field", pl.col("parent_account_id")
        )
        accounts.refuse(
            unknown, reason_of("accounts", "parent_account_id", "accounts"), sentence, column="parent_account_id"
        )
        _follow_up_the_tree(accounts, parents)


def _follow_up_the_tree(accounts: Batch, parents: pl.Series) -> None:
    """Hold back each account whose parent is refused, level by level."""
    before = -1
    while accounts.faults and before != len(accounts.faults):
        before = len(accounts.faults)
        held = (~accounts.is_alive()).gather(parents).fill_null(value=False) & accounts.is_alive()
        visible = pl.select(pl.when(held).then(parents)).to_series()
        follow(accounts, visible, accounts, column="parent_account_id", reason="accounts_refused")


def require_no_loop(batch: Batch, parents: pl.Series, key: str) -> None:
    """Refuse the file in which following parents never ends.

    Raises:
        FileRefused: ``hierarchy_cycle``, naming each id on the way round.
    """
    above = dict(zip(range(batch.height), parents.to_list(), strict=True))
    ids = batch.frame[key].to_list()
    done: set[int] = set()
    for start in range(batch.height):
        path: list[int] = []
        seen: set[int] = set()
        row: int | None = start
        while row is not None and row not in done and row not in seen:
            path.append(row)
            seen.add(row)
            row = above[row]
        if row is not None and row in seen:
            loop = path[path.index(row) :]
            names = " → ".join(str(ids[at]) for at in [*loop, loop[0]])
            place = batch.frame.row(min(loop), named=True)
            detail = f"{key} stands above itself: {names}; correct the parent of one of them"
            raise FileRefused(str(place[FILE]), "hierarchy_cycle", detail, line=place[SOURCE_LINE], table=batch.table)
        done.update(path)


def settle_payees(world: World) -> None:
    """Managers, employment dates and people listed twice.

    Raises:
        FileRefused: ``validity_inverted``, ``duplicate_person``, ``hierarchy_cycle``.
    """
    payees = world.tables["payees"]
    frame = payees.frame.with_row_index("row")
    inverted = frame.filter(pl.col("termination_date") < pl.col("hire_date"))
    if inverted.height:
        first = inverted.row(0, named=True)
        detail = f"payee {first['payee_id']!r} left on {first['termination_date']}, before the hire date {first['hire_date']}; correct one of them"
        raise FileRefused(str(first[FILE]), "validity_inverted", detail, line=first[SOURCE_LINE], table="payees")
    _require_one_person_an_address(frame)
    _settle_managers(world, payees)


def _require_one_person_an_address(frame: pl.DataFrame) -> None:
    addresses = frame.filter(pl.col("email").is_not_null()).with_columns(
        pl.col("email").str.to_lowercase().alias("_address")
    )
    twice = addresses.filter(pl.col("payee_id").n_unique().over("_address") > 1).sort("row")
    if twice.height:
        first = twice.row(0, named=True)
        same = twice.filter(pl.col("_address") == first["_address"])["payee_id"].unique(maintain_order=True).to_list()
        detail = f"payees {' and '.join(map(repr, same))} have the same e-mail address; one person has one payee_id: correct the list"
        raise FileRefused(str(first[FILE]), "duplicate_person", detail, line=first[SOURCE_LINE], table="payees")


def _settle_managers(world: World, payees: Batch) -> None:
    if payees.frame["manager_id"].null_count() == payees.height:
        return
    managers = world.linked("payees", "manager_id", "payees", "payee_id")
    values = payees.frame["manager_id"]
    unknown = (managers.is_null() & values.is_not_null()).arg_true()
    payees.note("unknown_manager", "manager_id is not in payees and was left empty", unknown)
    if unknown.len():
        payees.frame = payees.frame.with_columns(blanked(values, unknown).alias("manager_id"))
    if not payees.frame["payee_id"].is_duplicated().any():
        require_no_loop(payees, managers, "payee_id")
        return
    _require_no_loop_on_any_day(payees)


def _require_no_loop_on_any_day(payees: Batch) -> None:
    """Where managers are dated, the chain of each day on which one changes is followed."""
    rows = payees.frame.with_columns(pl.col("valid_from").fill_null(pl.date(1, 1, 1)).alias("_from"))
    for day in rows["_from"].unique().sort():
        known = (
            rows.with_row_index("row")
            .filter(pl.col("_from") <= day)
            .sort("_from", "row")
            .unique("payee_id", keep="last", maintain_order=True)
        )
        numbered = known.select("payee_id").with_row_index("_parent")
        parents = known.join(
            numbered, left_on="manager_id", right_on="payee_id", how="left", validate="m:1", maintain_order="left"
        )["_parent"]
        require_no_loop(Batch("payees", known), parents, "payee_id")
