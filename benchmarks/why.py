"""How long ``why`` takes on results of a million order lines, as a ratio to reading the ids of credits and earnings once.

    python benchmarks/why.py --company examples/standard_case --results out/tables --questions 50

A question needs a few columns of a few tables at one id; a plain look for that id in the two largest is the least that it
can cost. Medians of processor and wall time are shown, without start-up, and each as a ratio to that look.
"""

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import polars as pl

from compensation.explanation.account import account_on
from compensation.explanation.line import why
from compensation.explanation.node import Tables
from compensation.explanation.payee import whose
from pipelines.company_folder import load_company
from pipelines.results_read import read_results

Question = Callable[[str], object]


def main() -> None:
    """Ask random questions and show what they cost."""
    given = _arguments()
    folder, tables = load_company(given.company), read_results(given.results)
    lines = tables["order_lines"].select("order_line_id").collect()["order_line_id"]
    payees = tables["payees"].select(pl.col("payee_id").unique().sort()).collect()["payee_id"]
    orders = tables["orders"].select("account_id", "order_date").collect()
    choose = random.Random(given.seed)  # noqa: S311 - a sample, no secret
    asked = [lines[choose.randrange(lines.len())] for _ in range(given.questions)]

    def of_account(_: str) -> object:
        account, day = orders.row(choose.randrange(orders.height))
        return account_on(account, day, tables, folder.company)

    questions: dict[str, Question] = {
        "look for the id": lambda line: _look(line, tables),
        "why LINE": lambda line: why(line, tables, folder.company, folder.plans),
        "why LINE --payee": lambda line: whose(
            line, payees[choose.randrange(payees.len())], tables, folder.company, folder.plans
        ),
        "why --account": of_account,
    }
    _show(lines.len(), {name: _times(question, asked) for name, question in questions.items()})


def _look(line: str, tables: Tables) -> object:
    wanted = [tables[name].filter(pl.col("order_line_id") == line) for name in ("credits", "earnings")]
    return pl.collect_all(wanted)


def _times(question: Question, asked: list[str]) -> tuple[float, float]:
    """Median wall and processor seconds of a question, after one that warms up."""
    question(asked[0])
    walls, cpus = [], []
    for line in asked:
        wall, cpu = time.perf_counter(), time.process_time()
        question(line)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return median(walls), median(cpus)


def _show(lines: int, times: dict[str, tuple[float, float]]) -> None:
    print(f"{lines:,} order lines")
    print(f"{'':<20}{'wall s':>9}{'ratio':>8}{'CPU s':>9}{'ratio':>8}")
    least = next(iter(times.values()))
    for name, (wall, cpu) in times.items():
        print(f"{name:<20}{wall:>9.3f}{wall / least[0]:>8.1f}{cpu:>9.3f}{cpu / least[1]:>8.1f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--company", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True, help="what `creditdue calculate` wrote of it")
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
