"""The life of a period as people run it: ``propose``, ``review``, ``approve``, ``adjust``, ``decide``, ``close``, and what they refuse."""

import shutil

import polars as pl
import pytest
from click.testing import CliRunner

from pipelines.command_line import main
from pipelines.ledger import ledger_address, open_ledger
from pipelines.store import Store
from tests.pipelines.closing.closing_world import QUOTA, World, euro

ORDERS = {"O1": ("2026-01-10", "120000.00"), "O2": ("2026-02-10", "1000.00")}
SUBJECT = "R1/sales/commission/2026-P01"


class Copied(World):
    """The company in a folder, as it lies there."""

    def __init__(self, root):
        self.company, self.exports, self.store = root / "company", root / "exports", Store.at(root / "store")
        self.ledger = open_ledger(ledger_address(self.store.root, {}))


class Office:
    """A store, and the people who work on it from the command line."""

    def __init__(self, world):
        self.world, self.store = world, world.store.root

    def ask(self, command, *arguments, who=None):
        """``(exit code, what it printed on one line)``."""
        given = [command, *map(str, arguments), "--store", str(self.store)]
        if command == "propose":
            given += ["--company", str(self.world.company), "--exports", str(self.world.exports)]
        done = CliRunner().invoke(main, given + (["--as", who] if who else []))
        return done.exit_code, " ".join(done.output.split())

    def do(self, command, *arguments, who=None):
        """What it printed; it must end well."""
        code, said = self.ask(command, *arguments, who=who)
        assert code == 0, said
        return said

    def refused(self, command, *arguments, who=None):
        """Why it was refused."""
        code, said = self.ask(command, *arguments, who=who)
        assert code != 0, said
        return said

    def sign(self, period):
        """Put aside, review and approve."""
        self.do("propose", period, "--submit", who="p.meyer")
        self.do("review", period, who="k.ito")
        return self.do("approve", period, who="c.roth")

    def close(self, period):
        """Sign and close."""
        self.sign(period)
        return self.do("close", period, "--as-of", "2027-06-01", who="d.hahn")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    monkeypatch.delenv("CREDITDUE_LEDGER", raising=False)


@pytest.fixture(scope="module")
def january(tmp_path_factory):
    """A folder with a company whose January is closed: 120,000.00 against a quota of 100,000.00."""
    root = tmp_path_factory.mktemp("january")
    world = World(root, QUOTA)
    world.export(ORDERS)
    world.close("2026-P01")
    return root


@pytest.fixture
def office(january, tmp_path):
    """A copy of it, to go on from."""
    shutil.copytree(january, tmp_path / "office", symlinks=True)
    return Office(Copied(tmp_path / "office"))


def test_a_period_goes_from_hand_to_hand_and_each_step_refuses_whom_it_must(tmp_path):
    world = World(tmp_path)
    world.export(ORDERS)
    office = Office(world)
    looked = office.do("propose")
    assert "2026-P01 posts" in looked
    assert "there is no ledger yet" not in looked
    assert not (office.store / "proposed").exists(), "looking records nothing"
    assert "no draft of 2026-P01 is put aside" in office.refused("review", "2026-P01", who="k.ito")
    submitted = office.do("propose", "2026-P01", "--submit", who="p.meyer")
    assert "prepared by p.meyer" in submitted
    assert "Next: somebody other than p.meyer, whom it does not pay, reviews it" in submitted
    assert "so it cannot become approved" in office.refused("approve", "2026-P01", who="c.roth")
    assert "P.Meyer prepared 2026-P01 and so cannot review it" in office.refused("review", "2026-P01", who="P.Meyer")
    assert "Seller R1 is paid by 2026-P01" in office.refused("review", "2026-P01", who="Seller R1")
    assert "is sent back without a reason" in office.refused("review", "2026-P01", "--send-back", who="k.ito")
    office.do("review", "2026-P01", who="k.ito")
    sent = office.do("review", "2026-P01", "--send-back", "--note", "split of O1 is open", who="k.ito")
    assert "2026-P01 goes back to p.meyer: split of O1 is open" in sent
    office.do("review", "2026-P01", who="k.ito")
    assert "k.ito reviewed 2026-P01 and so cannot approve it" in office.refused("approve", "2026-P01", who="k.ito")
    assert "R1 is paid by 2026-P01" in office.refused("approve", "2026-P01", who="R1")
    assert "2026-P01 is in review, so it cannot become closed" in office.refused("close", "2026-P01", "--as-of", "2026-02-01", who="d.hahn")  # fmt: skip
    assert "Next: close it" in office.do("approve", "2026-P01", "--note", "seen", who="c.roth")
    assert "it runs to 2026-02-01 (excluded), and today is 2026-01-31" in office.refused("close", "2026-P01", "--as-of", "2026-01-31", who="d.hahn")  # fmt: skip
    closed = office.do("close", "2026-P01", "--as-of", "2026-02-01", "--document", "Close 1/26", who="d.hahn")
    assert "2026-P01 is closed by d.hahn" in closed
    again = office.do("close", "2026-P01", "--as-of", "2026-02-01", who="k.ito")
    assert "2026-P01 was closed by d.hahn" in again
    assert again[again.index("Seal:") :] == closed[closed.index("Seal:") :]
    assert "2026-P01 was closed by d.hahn" in office.refused("review", "2026-P01", who="k.ito")
    assert "2026-P01 is closed and stays so" in office.refused("propose", "2026-P01")
    past = office.do("history", "2026-P01")
    for part in ("calculated p.meyer", "in_review k.ito", "split of O1 is open", "approved c.roth", "closed d.hahn", "Close 1/26"):  # fmt: skip
        assert part in past
    anchor = closed.split("Anchor: ")[1].split()[0]
    assert "Whole." in office.do("verify", "--anchor", anchor)


def test_a_quota_of_a_closed_period_waits_is_approved_with_a_document_and_is_then_posted(office):
    office.world.export(ORDERS, quota="200000.00")
    looked = office.do("propose")
    assert "(1 waiting, 0 declined, 0 approved)" in looked
    assert f"{SUBJECT} waiting -600.00 EUR" in looked
    assert "quota new_business 2026-Q1 100,000.00 EUR → 200,000.00 EUR" in looked
    assert "no draft is put aside, so no difference can be looked at" in office.refused("approve", SUBJECT, who="k.ito")
    office.do("propose", "--submit", who="p.meyer")
    proposed = office.store / "proposed" / "2026-P02"
    assert "-600" not in (proposed / "settlement" / "postings.csv").read_text()
    assert SUBJECT in (proposed / "settlement" / "waiting.csv").read_text()
    assert "p.meyer prepared the draft of 2026-P02 and so answers no difference" in office.refused("approve", SUBJECT, "--document", "L7", who="p.meyer")  # fmt: skip
    assert f"Seller R1 is paid by {SUBJECT}" in office.refused("approve", SUBJECT, "--document", "L7", who="Seller R1")
    assert "lowers pay of a closed period. Name the document that announces it: --document" in office.refused("approve", SUBJECT, who="k.ito")  # fmt: skip
    assert "fits no difference of the draft of 2026-P02 that waits for an approval. It has R1/sales/commission/2026-P01" in office.refused("approve", "R9/*", who="k.ito")  # fmt: skip
    office.do("review", "2026-P02", who="k.ito")
    office.do("approve", "2026-P02", who="c.roth")
    given = office.do("approve", "*/sales/*/2026-P01", "--document", "Letter 7", who="k.ito")
    assert "Put the draft aside anew, so that 2026-P02 posts it" in given
    stale = office.refused("close", "2026-P02", "--as-of", "2027-06-01", who="d.hahn")
    assert f"{SUBJECT} was approved since the draft was made. Put it aside anew" in stale
    assert "(0 waiting, 0 declined, 1 approved)" in office.close("2026-P02")
    assert office.world.posted("2026-P02") == [euro("-600.00"), euro("50.00")]
    assert office.world.prepared().differences.is_empty(), "what is posted waits no more"


def test_what_is_declined_is_not_posted_stays_visible_and_can_be_approved_later(office):
    office.world.export(ORDERS, quota="60000.00")
    office.do("propose", "--submit", who="p.meyer")
    assert "is declined without a reason. Say why: --note" in office.refused(
        "approve", SUBJECT, "--decline", who="k.ito"
    )
    assert "only differences are declined" in office.refused("approve", "2026-P02", "--decline", who="k.ito")
    office.do("approve", SUBJECT, "--decline", "--note", "agreed from April on", who="k.ito")
    assert "(0 waiting, 1 declined, 0 approved)" in office.close("2026-P02")
    assert office.world.posted("2026-P02") == [euro("80.00")]
    looked = office.do("propose", "--submit", who="p.meyer")
    assert f"{SUBJECT} declined 1,200.00 EUR" in looked
    assert "k.ito: agreed from April on" in looked
    office.do("approve", SUBJECT, who="c.roth")
    assert "is approved already and will be posted in 2026-P03" in office.refused("approve", SUBJECT, "--decline", "--note", "no", who="k.ito")  # fmt: skip
    assert office.world.prepared().differences["state"].to_list() == ["approved"]
    office.close("2026-P03")
    assert office.world.posted("2026-P03") == [euro("1200.00")]


def test_an_adjustment_is_paid_once_somebody_else_approves_it(office):
    record = ("2026-P02", "R1", "250.00", "EUR", "--reference", "ADJ-1", "--reason", "Helped to win O9")
    assert "'abc' is no amount" in office.refused("adjust", "2026-P02", "R1", "abc", "EUR", "--reference", "A", "--reason", "b", who="p.meyer")  # fmt: skip
    assert "ADJ-1 is recorded by p.meyer: 250.00 EUR for R1 in 2026-P02" in office.do("adjust", *record, who="p.meyer")
    office.do("adjust", *record, who="p.meyer")
    other = ("2026-P02", "R1", "99.00", *record[3:])
    assert "with another 'amount_minor'" in office.refused("adjust", *other, who="p.meyer")
    assert office.world.prepared().balances["adjusted"].sum() == 0, "nobody has approved it"
    assert "p.meyer recorded the adjustment 'ADJ-1'" in office.refused("approve", "ADJ-1", who="p.meyer")
    assert "R1 is paid by the adjustment 'ADJ-1'" in office.refused("approve", "ADJ-1", who="R1")
    assert "'ADJ-9' is neither a period" in office.refused("approve", "ADJ-9", who="k.ito")
    office.do("approve", "ADJ-1", "--document", "Mail 3", who="k.ito")
    assert "2026-P01 was closed" in office.refused(
        "adjust", "2026-P01", *record[1:5], "ADJ-2", *record[6:], who="p.meyer"
    )
    office.close("2026-P02")
    assert office.world.posted("2026-P02", "adjustment") == [euro("250.00")]


def test_a_warning_needs_a_decision_and_a_blocking_finding_is_mended(office):
    office.sign("2026-P02")
    path = office.store / "proposed" / "2026-P02" / "results" / "findings.parquet"
    found = pl.read_parquet(path)
    rows = [
        {"code": "house_revenue", "severity": "warning", "subject_table": "orders", "subject_id": "O9", "detail": "Nobody sold it."},
        {"code": "no_plan", "severity": "blocking", "subject_table": "payees", "subject_id": "R9", "detail": "R9 is on no plan."},
    ]  # fmt: skip
    extra = pl.DataFrame([{**dict.fromkeys(found.columns), **row} for row in rows], schema=found.schema)
    pl.concat([found, extra]).write_parquet(path)
    said = office.refused("close", "2026-P02", "--as-of", "2027-06-01", who="d.hahn")
    assert "blocking no_plan/R9: R9 is on no plan. Mend it and propose again." in said
    assert (
        "warning house_revenue/O9: Nobody sold it. Decide: `creditdue decide 2026-P02 house_revenue/O9 --reason …`"
        in said
    )
    decided = office.do("decide", "2026-P02", "house_revenue/O9", "--reason", "Web shop", who="p.meyer")
    assert decided == "house_revenue/O9: accepted by p.meyer. Web shop"
    office.do("decide", "2026-P02", "no_plan/R9", "--reason", "never mind", who="p.meyer")
    said = office.refused("close", "2026-P02", "--as-of", "2027-06-01", who="d.hahn")
    assert "house_revenue/O9" not in said
    assert "blocking no_plan/R9" in said
    assert open_ledger(ledger_address(office.store, {})).closing_of("2026-P02") is None
