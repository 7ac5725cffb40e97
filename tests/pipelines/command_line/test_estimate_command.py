import pytest
from click.testing import CliRunner

from compensation.modelling.deal import Wished, deal_of
from pipelines.command_line import main
from pipelines.command_line.estimate import show
from tests.compensation.modelling.deal_world import LAST, deal_world, estimated
from tests.compensation.modelling.plan_world import component, plan, version


@pytest.fixture(scope="module")
def ask(examples):
    demo = examples / "demo"

    def asked(*arguments):
        given = ["estimate", *arguments, "--company", str(demo), "--exports", str(demo / "exports"), "-q"]
        return CliRunner().invoke(main, given)

    return asked


def _one_line(text):
    return " ".join(text.split())


def test_what_an_open_deal_would_pay_its_owner_as_it_stands(ask):
    """55,000.00 of growth with a customer that Anna keeps serving, at 2 %."""
    done = ask("D-2014")
    text = _one_line(done.output)
    assert done.exit_code == 0
    assert "D-2014, Voralpen Hydraulik GmbH: 55,000.00 EUR, Negotiation" in text
    assert "As if it were ordered on 2026-10-26." in text
    assert "55,000.00 EUR of growth to Anna Brandt (R101) (account representative)" in text
    assert "R101 Anna Brandt existing_business_commission 1,100.00 0.00 1,100.00 EUR" in text
    assert "Position of retention+growth in 2026-P10: 0.00 → 55,000.00." in text
    assert (
        "55,000.00 of revenue × 2 % = 1,100.00 (Sales Plan 2026, Account Executives, §2 and §3, version 2026.1)" in text
    )


def test_another_amount_and_day(ask):
    text = _one_line(
        ask("D-2014", "--amount", "80000.50", "--close-date", "2026-11-30", "--family", "instruments").output
    )
    assert "As if it were ordered on 2026-11-30." in text
    assert "the amount is yours; the CRM has 55,000.00 EUR" in text
    assert "existing_business_commission 1,600.01 0.00 1,600.01 EUR" in text


@pytest.mark.parametrize(
    ("arguments", "code", "answer"),
    [
        (("D-2012",), 1, "D-2012 (Closed Won) is won already: order 30702 of 2026-09-08 names it; `creditdue why 30702-10` says"),
        (("D-1010",), 1, "D-1010 is closed (Closed Lost, because of: Price)"),
        (("D-9",), 1, "no opportunity 'D-9' came (27 did; open are e.g. D-2014)"),
        (("D-2014", "--family", "boats"), 1, "no product is of family 'boats'; there are consumables, instruments"),
        (("D-2014", "--amount", "many"), 2, "write a plain decimal number"),
        (("D-2014", "--close-date", "30.11.2026"), 2, "'30.11.2026' is no date; write 2026-10-31"),
    ],
)  # fmt: skip
def test_what_cannot_be_estimated_says_why(ask, arguments, code, answer):
    done = ask(*arguments)
    assert done.exit_code == code
    assert answer in _one_line(done.output)


def test_what_else_would_move_is_said_in_words(capsys):
    world = deal_world()
    deal = deal_of(world, "D1", Wished(), LAST)
    show(estimated(world), deal, {"R1": "Ruth", "R2": "Rolf", "M": "Mia"}, {}, "EUR")
    text = _one_line(capsys.readouterr().out)
    assert "36,000.00 EUR of new business to Ruth (R1) (opportunity split)" in text
    assert "R1 Ruth extra 360.00 800.00 1,160.00 EUR" in text
    assert "Attainment: 80 % → 116 % of a quota of 100,000.00. The rate moves from 10 % to 20 %." in text
    assert "On everything else: +800.00 EUR." in text
    assert "Ruth (R1): gate 1 of extra, attainment of new business, quarter: 0.8 → 1.16, which opens it" in text
    assert (
        "Rolf (R2): gate 1 of extra, attainment of new business, quarter: not there yet → 0.24, which leaves it closed"
        in text
    )
    assert text.index("R1 Ruth extra") < text.index("R2 Rolf commission") < text.index("M Mia override")


def test_what_is_counted_in_pieces_is_told_in_pieces(capsys):
    """One order so far, at 5.00 for the first and 7.00 from the second on: the deal makes two."""
    tiers = [{"from": "0", "to": "1", "amount": "5.00"}, {"from": "1", "to": None, "amount": "7.00"}]
    counted = component(
        {"shape": "marginal", "of": "units", "tiers": tiers},
        "orders",
        measure={"credits": "new_business", "of": "orders"},
    )
    world = deal_world()
    deal = deal_of(world, "D1", Wished(), LAST)
    show(estimated(world, plans=(plan(version(counted)),)), deal, {}, {}, "EUR")
    text = _one_line(capsys.readouterr().out)
    assert "Position of new business in 2026-Q1: 1 → 2." in text
    assert "1 order in the tier from 1 × 7.00 = 7.00" in text
