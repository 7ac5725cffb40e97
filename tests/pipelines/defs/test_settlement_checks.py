"""The checks of settlement bite: each finds a cent that is missing, and says nothing of what somebody is paid."""

from decimal import Decimal

import polars as pl
import pytest

from pipelines.defs.charts import paid_chart, paid_shown
from pipelines.defs.settlement_checks import balances_are_postings, proposed_is_due_less_posted
from pipelines.defs.shown import balance_totals, drift_totals, posting_totals
from schemas.core.settlement import Balance, Drift, PeriodPosting, Proposal

CENT = Decimal("0.01")


def rows_of(contract, *rows):
    """A frame of a contract; what a row does not say is empty, and 0 for money that must be there."""
    fields = contract.fields()
    empty = {
        name: Decimal(0) if field["kind"] == "money" and field["required"] else None for name, field in fields.items()
    }
    return contract.validate(pl.DataFrame([empty | row for row in rows], schema=contract.dtypes()))


def posting(number, period, kind, amount, payee="R1"):
    return {
        "posting_number": number, "posting_period": period, "payee_id": payee, "currency": "EUR", "plan": "sales",
        "component": "net" if kind == "payment" else "commission", "kind": kind, "earning_period": period, "cause": "…",
        "amount": Decimal(amount),
    }  # fmt: skip


def balance(period, payee="R1", **amounts):
    said = {name: Decimal(amount) for name, amount in amounts.items()}
    return {"payee_id": payee, "fiscal_period": period, "currency": "EUR", **said}


POSTINGS = rows_of(
    PeriodPosting,
    posting(1, "2026-P01", "earning", "100"),
    posting(2, "2026-P01", "hold", "-30"),
    posting(3, "2026-P01", "payment", "-60"),
    posting(None, "2026-P02", "correction", "-25"),
    posting(None, "2026-P02", "release", "30"),
)
JANUARY = balance("2026-P01", earned="100", held="30", paid="60", carried_forward="10")
FEBRUARY = balance("2026-P02", opening="10", corrected="-25", released="30", carried_forward="15")


def test_balances_that_are_their_postings_pass():
    found = balances_are_postings(rows_of(Balance, JANUARY, FEBRUARY), POSTINGS)
    assert found.passed
    assert {name: value.value for name, value in found.metadata.items()} == {"accounts": 2, "periods": 2}


@pytest.mark.parametrize(
    "february",
    [
        FEBRUARY | {"corrected": Decimal("-25") + CENT, "carried_forward": Decimal(15) + CENT},
        FEBRUARY | {"opening": Decimal(10) + CENT, "carried_forward": Decimal(15) + CENT},
        FEBRUARY | {"carried_forward": Decimal(15) + CENT},
        FEBRUARY | {"held": CENT, "released": Decimal(30) + CENT},
        FEBRUARY | {"payee_id": "R2"},
    ],
    ids=["column", "opening", "identity", "two that make up for each other", "another payee"],
)
def test_a_cent_in_a_balance_is_found_and_not_told(february):
    found = balances_are_postings(rows_of(Balance, JANUARY, february), POSTINGS)
    assert not found.passed
    assert "The two sides differ; the amounts are pay, so they are not shown here." in found.description


def proposal(**more):
    row = posting(None, "2026-P02", "correction", "-25") | {"earning_period": "2026-P01", "due": 75, "posted": 100}
    del row["posting_number"], row["posting_period"]
    return row | more


def test_what_would_be_posted_is_what_is_proposed_and_what_waits_is_counted():
    opens = rows_of(
        PeriodPosting, posting(None, "2026-P02", "correction", "-25") | {"earning_period": "2026-P01"}
    )  # fmt: skip
    waits = proposal(payee_id="R2", approval="quota")
    found = proposed_is_due_less_posted(rows_of(Proposal, proposal(), waits), opens)
    assert found.passed
    assert found.metadata["wait"].value == 1
    assert not proposed_is_due_less_posted(rows_of(Proposal, proposal(due=76)), opens).passed
    assert not proposed_is_due_less_posted(rows_of(Proposal, proposal(due=76, amount=Decimal(-24))), opens).passed
    assert not proposed_is_due_less_posted(rows_of(Proposal, waits), opens).passed


@pytest.mark.parametrize(("people", "shown"), [(4, []), (5, [Decimal(500)])])
def test_what_fewer_than_five_are_paid_is_on_no_page(people, shown):
    paid = rows_of(
        Balance,
        *(balance("2026-P01", f"R{number}", earned="100", paid="100") for number in range(people)),
        balance("2026-P02", "R1", earned="77", paid="77"),
    )
    assert paid_shown(paid)["paid"].to_list() == shown
    assert (paid_chart(paid) is None) == (not shown)
    assert "77" not in str(balance_totals(paid))
    told = posting_totals(rows_of(PeriodPosting, posting(1, "2026-P01", "earning", "77")))
    assert told["in the ledger"] == 1
    assert "77" not in str(told)


def test_drift_of_people_is_counted_and_not_quoted():
    row = {"fiscal_period": "2026-P01", "on": None, "was": "role sales_rep", "now": "role director"}
    found = drift_totals(
        pl.DataFrame([row | {"subject_table": "payees", "subject_id": "R1"}], schema=Drift.dtypes())
    )  # fmt: skip
    assert "director" not in str(found)
    assert "payees" in str(found["by period and table"])
