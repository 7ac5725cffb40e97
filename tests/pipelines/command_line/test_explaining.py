import polars as pl
import pytest
from click.testing import CliRunner

from pipelines.command_line import main


@pytest.fixture(scope="module")
def results(examples, tmp_path_factory):
    """The demo company's results."""
    demo = examples / "demo"
    folder = tmp_path_factory.mktemp("demo") / "tables"
    done = CliRunner().invoke(
        main, ["calculate", "--company", str(demo), "--exports", str(demo / "exports"), "--out", str(folder), "-q"]
    )
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def ask(examples, results):
    """Ask a command about them."""
    demo = examples / "demo"

    def asked(*arguments):
        return CliRunner().invoke(main, [*arguments, "--company", str(demo), "--results", str(results)])

    return asked


def _one_line(text):
    return " ".join(text.replace("│", " ").split())


def test_a_statement_is_walked_down_to_file_and_line(ask):
    done = ask("explain", "R101", "2026-P03")
    text = _one_line(done.output)
    assert done.exit_code == 0
    assert "Net payable: 5,600.00 EUR" in text
    assert "20,000.00 of revenue in the tier from 150 % of quota × 15 % = 3,000.00" in text
    assert "order 30502 line 10: erp_positions_2026.csv:66" in text


def test_a_clawback_shows_only_returns_and_names_their_line(ask):
    text = _one_line(ask("explain", "R101", "2026-P04", "--figure", "clawback").output)
    assert "-3,000.00 EUR for return G-604 of line 30502-10" in text
    assert "return: erp_credit_notes.csv:5" in text
    assert "for line " not in text


def test_one_figure_can_be_asked_for(ask):
    text = _one_line(ask("explain", "R101", "2026-P03", "--figure", "attainment:new_business_commission").output)
    assert "170.00 %" in text
    assert "a quota of 100,000.00 EUR in 2026-Q1" in text


def test_a_figure_of_nothing_says_that_nothing_came(ask):
    text = _one_line(ask("explain", "R101", "2026-P04", "--figure", "earned_on_sales").output)
    assert "0.00 EUR" in text
    assert "Nothing was credited or earned for it in this period." in text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            ("R101", "2026-3"),
            "R101 has no statement for '2026-3'; there are statements from 2025-P01 to 2026-P10 (write 2026-P03)",
        ),
        (
            ("R101", "2026-P12"),
            "there are statements from 2025-P01 to 2026-P10; what came goes up to 2026-P10, and bonuses, pools and guarantees",
        ),
        (("R1", "2026-P03"), "nobody called 'R1' has a statement; payees are e.g. M201"),
        (("R101", "2026-P03", "--figure", "pay"), "has no figure 'pay'; it has"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_can(ask, question, answer):
    done = ask("explain", *question)
    assert done.exit_code == 1
    assert answer in _one_line(done.output)


def test_why_follows_a_line_up_to_everyone_it_paid(ask):
    text = _one_line(ask("why", "30034-10").output)
    assert "Came from erp_positions_2026.csv:190" in text
    assert (
        "instruments moves from 190,000.00 EUR to 280,000.00 EUR this fiscal year, against 240,000.00 EUR last year"
        in text
    )
    assert "50,000.00 EUR of retention credited to M201 (Eva Hoffmann): is the account manager" in text
    assert "600.00 EUR in 2026-P08 for growth_commission" in text


def test_why_says_what_was_tried_before(ask, results):
    """Cascade's order of July names a deal of somebody who has left: it passes to whom order entry named."""
    credits = pl.read_parquet(results / "credits.parquet")
    line = credits.filter(pl.col("tried").cast(pl.String).str.contains("after_last_day", literal=True))[
        "order_line_id"
    ][0]
    assert "had left by that day" in _one_line(ask("why", line).output)


def test_why_says_that_a_refused_line_pays_nobody_and_what_held_it_back(ask):
    text = _one_line(ask("why", "30954-10").output)
    assert "was refused (partial_order): it books nothing and pays nobody" in text
    assert "Held back by erp_positions_2026.csv:176" in text


def test_why_of_an_order_names_its_lines(ask):
    done = ask("why", "30034")
    assert done.exit_code == 1
    assert "'30034' is an order; ask for one of its lines: 30034-10" in _one_line(done.output)


def test_why_of_nothing_says_so(ask):
    done = ask("why", "nowhere")
    assert done.exit_code == 1
    assert "no order line 'nowhere' came, neither accepted nor refused" in _one_line(done.output)


def test_without_results_or_exports_the_command_asks_for_them(examples):
    done = CliRunner().invoke(main, ["why", "30034-10", "--company", str(examples / "demo")])
    assert done.exit_code == 2
    assert "--results FOLDER" in done.output


def test_results_of_some_tables_only_are_refused(examples, tmp_path):
    demo = examples / "demo"
    arguments = [
        "calculate",
        "--company",
        str(demo),
        "--exports",
        str(demo / "exports"),
        "--out",
        str(tmp_path),
        "--tables",
        "credits",
    ]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    done = CliRunner().invoke(main, ["why", "30034-10", "--company", str(demo), "--results", str(tmp_path)])
    assert done.exit_code == 2
    assert "holds only some tables" in _one_line(done.output)
