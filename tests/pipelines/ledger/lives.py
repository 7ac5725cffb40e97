"""Postings and lives of periods for the tests of the ledger."""

from decimal import Decimal

import polars as pl

from pipelines.ledger import (
    Adjustment,
    Answer,
    Approval,
    Decision,
    Dispute,
    Hold,
    PeriodContent,
    Person,
    Release,
    entry_hash,
)
from schemas.core.settlement import Proposal

ANN, BOB, CYD, DAN = (Person(name) for name in ("ann", "bob", "cyd", "dan"))


def lines(*amounts, currency="EUR", period="2026-P01"):
    """Proposals of one payee, an order line each."""
    rows = [
        {
            "payee_id": "E-1", "currency": currency, "plan": "sales", "component": "commission", "kind": "earning",
            "earning_period": period, "order_line_id": f"line-{number}", "return_id": None, "credit_number": 1,
            "amount": Decimal(amount), "due": Decimal(amount), "posted": Decimal(0), "cause": "new order",
            "basis": '{"credited": "100.00"}',
        }
        for number, amount in enumerate(amounts, start=1)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=Proposal.dtypes())


def content(*amounts, period="2026-P01", calculation="calculation-1"):
    """What a period would be closed with."""
    return PeriodContent(period, calculation, "snapshot-1", "plans-1", lines(*amounts, period=period))


def approved(ledger, *amounts, period="2026-P01"):
    """A content that Ann prepared, Bob reviewed and Cyd approved."""
    made = content(*amounts, period=period)
    ledger.calculated(made, ANN)
    ledger.review(period, made.hash, BOB)
    ledger.approve(period, made.hash, CYD)
    return made


def close(ledger, *amounts, period="2026-P01"):
    """Close a period through all its steps."""
    return ledger.close(approved(ledger, *amounts, period=period), "5ea1" * 16, DAN)


def adjustment(amount="250.00", by=ANN, reference="ADJ-1"):
    return Adjustment(
        by, reference, "2026-P02", "E-1", "EUR", Decimal(amount), "sales", "award", "helped to win a deal"
    )


def fill(ledger):
    """At least one row in every table."""
    close(ledger, "10.50", "-3.25", "7.00")
    given = adjustment()
    ledger.append(given)
    ledger.append(Approval.of("adjustment", "ADJ-1", entry_hash(given), by=BOB, role="approver"))
    ledger.append(Hold(ANN, "HOLD-1", "2026-P02", "E-1", "EUR", "invoice unpaid", Decimal("100.00")))
    ledger.append(Release(ANN, "REL-1", "HOLD-1", "2026-P02", "EUR", "invoice paid", Decimal("40.00")))
    ledger.append(Dispute(Person("eve", "E-1"), "DIS-1", "2026-P01", "E-1", "component_earned", "line 2 was mine"))
    ledger.append(Answer(BOB, "ANS-1", "DIS-1", "rejected", "the opportunity had another owner"))
    ledger.append(Decision(DAN, "DEC-1", "2026-P02", "quota missing", "accepted", "new hire"))
