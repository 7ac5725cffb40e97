"""What the ledger keeps and what it refuses, on both databases."""

from decimal import Decimal

import polars as pl
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipelines.ledger import (
    Adjustment,
    AlreadyClosed,
    AlreadyRecorded,
    Approval,
    Decision,
    Dispute,
    Hold,
    NewerLedger,
    PeriodContent,
    Person,
    Release,
    TransitionRefused,
    WrongEntry,
    WrongLedgerAddress,
    entry_hash,
    open_ledger,
)
from pipelines.ledger.connection import writing
from pipelines.ledger.tables import CHAIN, CHAINED, key_of
from schemas.core.settlement import Posting
from tests.pipelines.ledger.lives import ANN, BOB, CYD, DAN, adjustment, approved, close, content, fill, lines


def test_postings_come_back_exactly_as_they_were_closed(ledger):
    closing = close(ledger, "10.50", "-3.25", "0.01")
    posted = ledger.postings()
    assert dict(posted.schema) == Posting.dtypes()
    assert posted["amount"].to_list() == [Decimal("10.50"), Decimal("-3.25"), Decimal("0.01")]
    assert posted["posting_number"].to_list() == [1, 2, 3]
    assert posted["posting_period"].unique().to_list() == ["2026-P01"]
    assert posted["cause"][0] == "new order"
    assert (closing.postings, closing.by, closing.seal) == (3, "dan", "5ea1" * 16)
    assert ledger.closing_of("2026-P01") == closing
    assert ledger.closings() == [closing]


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "4611686018427387904"), ("KWD", "1.234"), ("USD", "-0.01")])
def test_money_is_exact_in_every_currency(ledger, currency, amount):
    made = PeriodContent("2026-P01", "c", "s", "p", lines(amount, currency=currency))
    ledger.calculated(made, ANN)
    ledger.review("2026-P01", made.hash, BOB)
    ledger.approve("2026-P01", made.hash, CYD)
    ledger.close(made, "seal", ANN)
    assert ledger.postings()["amount"].to_list() == [Decimal(amount)]


def test_an_amount_finer_than_its_currency_is_refused_and_nothing_is_closed(ledger):
    made = approved(ledger, "10.005")
    with pytest.raises(WrongEntry, match=r"10\.005 EUR has more decimals than the currency \(2\)"):
        ledger.close(made, "seal", ANN)
    assert ledger.state_of("2026-P01").state == "approved"
    assert ledger.postings().is_empty()


def test_a_period_without_postings_can_be_closed(ledger):
    assert close(ledger).postings == 0
    assert ledger.postings("2026-P01").is_empty()


def test_a_second_close_gets_the_first_ones_seal_and_posts_nothing(ledger):
    closing = close(ledger, "10.50")
    with pytest.raises(
        AlreadyClosed, match=r"2026-P01 was closed by dan at .* with 1 postings .* nothing is left"
    ) as same:
        ledger.close(content("10.50"), "another seal", BOB)
    assert (same.value.closing, same.value.is_same) == (closing, True)
    with pytest.raises(AlreadyClosed, match="posted in the open period") as other:
        ledger.close(content("99.00"), "another seal", BOB)
    assert (other.value.closing, other.value.is_same) == (closing, False)
    assert ledger.postings().height == 1


def test_a_thousand_repeated_closes_and_calculations_add_nothing(ledger):
    close(ledger, "10.50")
    again, following = content("10.50"), content("3.00", period="2026-P02")
    ledger.calculated(following, ANN)
    before = ledger.anchor()
    for _ in range(500):
        with pytest.raises(AlreadyClosed):
            ledger.close(again, "seal", ANN)
        ledger.calculated(following, BOB)
    assert ledger.anchor() == before
    assert ledger.state_of("2026-P02").preparer == ANN


def test_an_earlier_period_is_not_closed_after_a_later_one(ledger):
    close(ledger, "1.00", period="2026-P02")
    with pytest.raises(TransitionRefused, match="2026-P01 cannot be closed, because 2026-P02 is closed already"):
        ledger.close(approved(ledger, "1.00"), "seal", DAN)


def test_a_line_is_posted_once_on_a_period():
    twice = lines("1.00", "2.00").with_columns(order_line_id=pl.lit("line-1"))
    with pytest.raises(WrongEntry, match=r"2 rows are for the same line as another. First: .*order_line_id=line-1"):
        _ = PeriodContent("2026-P01", "c", "s", "p", twice).hash


def test_the_content_does_not_depend_on_the_order_of_rows_and_on_nothing_else_than_it_names():
    made = content("1.00", "2.00")
    turned = PeriodContent("2026-P01", "calculation-1", "snapshot-1", "plans-1", made.postings.reverse())
    assert made.hash == turned.hash
    assert len({made.hash, content("1.00", "2.01").hash, content("1.00", "2.00", calculation="x").hash}) == 3


def test_postings_in_another_type_are_refused():
    floats = lines("1.00").with_columns(amount=1.0)
    with pytest.raises(WrongEntry, match="column 'amount' is Float64, expected Decimal"):
        _ = PeriodContent("2026-P01", "c", "s", "p", floats).hash


def test_the_periods_and_their_people(ledger):
    close(ledger, "1.00")
    ledger.calculated(content("2.00", period="2026-P02"), DAN)
    first, second = ledger.periods().rows(named=True)
    assert [first[name] for name in ("state", "preparer", "reviewer", "approver", "closed_by")] == [
        "closed", "ann", "bob", "cyd", "dan",
    ]  # fmt: skip
    assert (second["state"], second["preparer"], second["seal"]) == ("calculated", "dan", None)
    assert ledger.history("2026-P01")["state"].to_list() == ["calculated", "in_review", "approved", "closed"]
    assert ledger.state_of("2026-P09").state == "open"
    assert ledger.entries(Approval)["role"].to_list() == ["reviewer", "approver"]


def test_what_is_sent_back_is_reviewed_and_approved_again(ledger):
    made = approved(ledger, "1.00")
    with pytest.raises(WrongEntry, match="sent back without a reason"):
        ledger.send_back("2026-P01", CYD, " ")
    state = ledger.send_back("2026-P01", CYD, "line 1 is disputed")
    assert (state.state, state.preparer, state.reviewer) == ("calculated", ANN, None)
    with pytest.raises(TransitionRefused, match="only a reviewed or approved period"):
        ledger.send_back("2026-P01", CYD, "again")
    ledger.review("2026-P01", made.hash, BOB)
    assert ledger.approve("2026-P01", made.hash, CYD).state == "approved"


# Entries


def test_an_entry_is_recorded_once(ledger):
    assert ledger.append(adjustment()) == ledger.append(adjustment()) == 1
    with pytest.raises(
        AlreadyRecorded, match=r"'ADJ-1' is in 'adjustments' already, recorded by ann .* 'amount_minor'"
    ):
        ledger.append(adjustment("250.01"))
    assert ledger.entries(Adjustment)["amount"].to_list() == [Decimal("250.00")]


def test_an_adjustment_is_approved_by_somebody_else_as_it_stands(ledger):
    ledger.append(adjustment())
    hashed = entry_hash(adjustment())
    with pytest.raises(TransitionRefused, match=r"Ann +recorded the adjustment 'ADJ-1' and so cannot approve it"):
        ledger.append(Approval.of("adjustment", "ADJ-1", hashed, by=Person("Ann "), role="approver"))
    with pytest.raises(TransitionRefused, match="eve is paid by the adjustment 'ADJ-1'"):
        ledger.append(Approval.of("adjustment", "ADJ-1", hashed, by=Person("eve", "E-1"), role="approver"))
    other = entry_hash(adjustment("999.00"))
    with pytest.raises(TransitionRefused, match="is not the adjustment 'ADJ-1' as it is recorded"):
        ledger.append(Approval.of("adjustment", "ADJ-1", other, by=BOB, role="approver"))
    assert not ledger.is_approved("adjustment", "ADJ-1", hashed)
    ledger.append(Approval.of("adjustment", "ADJ-1", hashed, by=BOB, role="approver"))
    assert ledger.is_approved("adjustment", "ADJ-1", hashed)


def test_a_reduction_needs_its_document(ledger):
    with pytest.raises(WrongEntry, match=r"lowers pay of a closed period. Name the document"):
        ledger.append(Approval.of("reduction", "plan x", "hash", by=BOB, role="approver"))
    ledger.append(Approval.of("reduction", "plan x", "hash", by=BOB, role="approver", document="letter of 2026-02-01"))
    assert ledger.is_approved("reduction", "plan x", "hash")


def test_a_period_is_not_approved_past_its_steps(ledger):
    with pytest.raises(WrongEntry, match="reviewed and approved by `creditdue review`"):
        ledger.append(Approval.of("period", "2026-P01", "hash", by=BOB, role="approver"))


def test_nothing_is_put_on_a_closed_period_but_a_dispute(ledger):
    close(ledger, "1.00")
    for entry in (
        Hold(ANN, "HOLD-1", "2026-P01", "E-1", "EUR", "unpaid"),
        Decision(DAN, "DEC-1", "2026-P01", "finding", "accepted", "fine"),
    ):
        with pytest.raises(AlreadyClosed, match=r"2026-P01 was closed at .* Name the open period"):
            ledger.append(entry)
    ledger.append(Dispute(ANN, "DIS-1", "2026-P01", "E-1", "net_payable", "too low"))
    assert ledger.entries(Dispute)["claim"].to_list() == ["too low"]


def test_what_an_entry_refers_to_is_there_and_in_its_currency(ledger):
    with pytest.raises(WrongEntry, match="Release 'R' refers to 'HOLD-9', which is not in 'holds'"):
        ledger.append(Release(ANN, "R", "HOLD-9", "2026-P02", "EUR", "paid"))
    ledger.append(Hold(ANN, "HOLD-9", "2026-P02", "E-1", "EUR", "unpaid"))
    with pytest.raises(WrongEntry, match="Release 'R' is in USD, its hold in EUR"):
        ledger.append(Release(ANN, "R", "HOLD-9", "2026-P02", "USD", "paid"))


def test_an_entry_says_what_it_lacks(ledger):
    with pytest.raises(WrongEntry, match="Dispute 'D': 'claim' is empty"):
        ledger.append(Dispute(ANN, "D", "2026-P02", "E-1", "net_payable", " "))
    with pytest.raises(WrongEntry, match="Adjustment 'ADJ-1': its amount is 0"):
        ledger.append(adjustment("0.00"))


# The tables


@pytest.mark.parametrize("table", [*CHAINED.values(), CHAIN], ids=lambda table: table.name)
def test_no_row_is_changed_or_deleted(ledger, table):
    fill(ledger)
    key, name = key_of(table), table.name
    changes = [f"UPDATE {name} SET {key} = {key} + 1000", f"DELETE FROM {name}"]  # noqa: S608
    if ledger.engine.dialect.name == "sqlite":
        changes.append(f"INSERT OR REPLACE INTO {name} SELECT * FROM {name}")  # noqa: S608
    else:
        changes.append(f"TRUNCATE {name} CASCADE")
    for change in changes:
        with (
            pytest.raises(DBAPIError, match=r"append-only: nothing in the ledger is changed or deleted. Record a"),
            writing(ledger.engine) as connection,
        ):
            connection.execute(text(change))


def test_two_ledgers_begin_differently(ledger, tmp_path):
    assert ledger.anchor().length == 1
    assert ledger.anchor() != open_ledger(f"sqlite:///{tmp_path / 'other.db'}").anchor()


def test_a_newer_ledger_is_refused(ledger, address):
    with writing(ledger.engine) as connection:
        connection.execute(text("UPDATE ledger_version SET version_num = '0099'"))
    with pytest.raises(NewerLedger, match="this ledger has version '0099'; this program knows versions up to 0002"):
        open_ledger(address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [("ledger.db", "it is no URL"), ("mysql://host/x", "'mysql' is no database"), ("sqlite://", "names no file")],
)
def test_an_address_that_names_no_ledger(address, reason):
    with pytest.raises(WrongLedgerAddress, match=reason):
        open_ledger(address)
