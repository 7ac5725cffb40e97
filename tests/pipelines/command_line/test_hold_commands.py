"""``hold``, ``release`` and ``dispute`` as people call them: what they record, whom they refuse, how they end."""

import io

import polars as pl
import pytest
from click.testing import CliRunner

from pipelines.command_line import main
from pipelines.ledger import Answer, Dispute, Hold, Release, close_sealed, open_ledger
from tests.pipelines.ledger.lives import DAN, approved

PEOPLE = [("E-1", "Eve Seller"), ("M-1", "Mia Manager"), ("X-1", "Xaver Other")]
EARNED = [("E-1", "line-1"), ("E-1", "line-2"), ("M-1", "line-1"), ("X-1", "line-9")]
RAISE = (
    "raise",
    "2026-P01",
    "E-1",
    "--reference",
    "DIS-1",
    "--claim",
    "Line 1 was mine alone",
    "--order-line",
    "line-1",
)
HOLD = ("2026-P02", "E-1", "eur", "--reference", "HOLD-1", "--reason", "Disputed", "--order-line", "line-1")
RELEASE = ("HOLD-1", "2026-P02", "--reference", "FREE-1", "--reason", "Agreed")


def _parquet(columns, rows):
    held = io.BytesIO()
    pl.DataFrame(rows, schema=columns, orient="row").write_parquet(held)
    return held.getvalue()


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    monkeypatch.delenv("CREDITDUE_LEDGER", raising=False)


@pytest.fixture
def store(tmp_path):
    """A store whose January is closed: a manager earns an override on the seller's first line."""
    folder = tmp_path / "store"
    folder.mkdir()
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.db'}")
    files = {
        "facts/payees.parquet": _parquet(["payee_id", "payee_name"], PEOPLE),
        "results/earnings.parquet": _parquet(["payee_id", "order_line_id"], EARNED),
    }
    close_sealed(ledger, approved(ledger, "100.00", "70.00"), folder / "closed", files, DAN)
    return folder


def ask(store, *arguments, who="p.meyer"):
    done = CliRunner().invoke(main, [*arguments, "--store", str(store), "--as", who])
    return done.exit_code, " ".join(done.output.split())


def entries(store, kind):
    return open_ledger(f"sqlite:///{store / 'ledger.db'}").entries(kind)


def test_a_hold_is_recorded_once_and_released_by_two_people(store):
    code, said = ask(store, "hold", *HOLD)
    assert (code, said.split(". ")[0]) == (
        0,
        "HOLD-1 is recorded by p.meyer: everything of order line line-1 is held for E-1, EUR, from 2026-P02 on",
    )
    assert ask(store, "hold", *HOLD)[0] == 0
    assert entries(store, Hold).height == 1
    assert "not E-1, approves it (`creditdue approve FREE-1`)" in ask(store, "release", *RELEASE)[1]
    code, said = ask(store, "approve", "FREE-1")
    assert (code, said) == (1, "p.meyer recorded the release 'FREE-1' and so cannot approve it. Somebody else has to.")
    code, said = ask(store, "approve", "FREE-1", who="k.ito")
    assert (code, said) == (
        0,
        "FREE-1 is approved by k.ito: all that is left for E-1 in 2026-P02. It is in the next draft of 2026-P02.",
    )
    assert entries(store, Release)["reason"].to_list() == ["Agreed"]


@pytest.mark.parametrize("who", ["Eve Seller", "eve  seller", "E-1", "Mia Manager", "M-1"])
def test_34_whoever_is_paid_or_earns_an_override_on_the_line_approves_and_answers_nothing(store, who):
    """Scenario 34: the payee disputes, and the approver is the manager who earns an override on it."""
    ask(store, "hold", *HOLD)
    ask(store, "release", *RELEASE)
    code, said = ask(store, "approve", "FREE-1", who=who)
    assert code == 1
    assert said.startswith(f"{' '.join(who.split())} is paid by the release 'FREE-1', or earns an override on it")
    assert ask(store, "dispute", *RAISE, who="eve")[0] == 0
    code, said = ask(store, "dispute", "answer", "DIS-1", "rejected", "--text", "No", who=who)
    assert code == 1
    assert "is an interested party and cannot answer it. Somebody else has to." in said.replace("and so is", "is")
    assert entries(store, Answer).is_empty()
    assert ask(store, "dispute", "answer", "DIS-1", "rejected", "--text", "M-1 led the deal", who="Xaver Other")[0] == 0


def test_an_adjustment_on_a_line_is_not_approved_by_who_earns_on_it(store):
    given = (
        "adjust",
        "2026-P02",
        "E-1",
        "50.00",
        "EUR",
        "--reference",
        "ADJ-1",
        "--reason",
        "Award",
        "--order-line",
        "line-1",
    )
    assert ask(store, *given, "--counts-to", "new_business")[0] == 0
    assert "or earns an override on it" in ask(store, "approve", "ADJ-1", who="Mia Manager")[1]
    assert ask(store, "approve", "ADJ-1", who="Xaver Other")[0] == 0


def test_a_dispute_is_raised_once_answered_once_and_listed(store):
    code, said = ask(store, "dispute", *RAISE, who="eve")
    assert (code, "It stands on the next statement of E-1." in said) == (0, True)
    assert ask(store, "dispute", *RAISE, who="eve")[0] == 0
    assert entries(store, Dispute).height == 1
    assert "raised the dispute 'DIS-1' and so cannot answer it" in ask(store, "dispute", "answer", "DIS-1", "upheld", "--text", "Yes", who="Eve")[1]  # fmt: skip
    listed = CliRunner().invoke(main, ["dispute", "list", "--store", str(store)]).output
    assert "Line 1 was mine alone" in listed
    code, said = ask(store, "dispute", "answer", "DIS-1", "upheld", "--text", "Right", who="k.ito")
    assert (code, "Upheld pays nothing yet: mend the source, or `creditdue adjust`." in said) == (0, True)
    code, said = ask(store, "dispute", "answer", "DIS-1", "rejected", "--text", "No", who="c.roth")
    assert code == 1
    assert "Dispute 'DIS-1' was answered by k.ito at" in said
    assert "Disputes (0)" in CliRunner().invoke(main, ["dispute", "list", "--store", str(store)]).output
    assert "Right (k.ito)" in CliRunner().invoke(main, ["dispute", "list", "--all", "--store", str(store)]).output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("hold", "2026-P01", *HOLD[1:]), "2026-P01 was closed at"),
        (("hold", *HOLD, "--amount", "0"), "its amount is 0. Give one above 0, or none for everything."),
        (("hold", *HOLD, "--amount", "many"), "'many' is no amount; write 250.00"),
        (("hold", "2026-P02", "E-9", *HOLD[2:]), "'E-9' is no payee of this company; ids are such as E-1, M-1, X-1."),
        (("release", *RELEASE), "'HOLD-1' is no hold in the ledger."),
        (("approve", "FREE-9"), "'FREE-9' is neither a period"),
        (("dispute", *RAISE[:-1], "line-9"), "E-1 earns nothing on order line 'line-9', so no statement has it. Lines of E-1: line-1, line-2."),
        (("dispute", *RAISE[:-2]), "'DIS-1' says not what it is about. Give --order-line, or --figure"),
        (("dispute", "answer", "DIS-9", "upheld", "--text", "x"), "'DIS-9' is no dispute in the ledger."),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_says_why(store, arguments, says):
    code, said = ask(store, *arguments)
    assert code in (1, 2), said
    assert says in said
