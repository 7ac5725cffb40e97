"""Play cases: nights, closes and fixes in the order of the calendar, and everything that does not come out as it should.

All cases of one company are played together, as one year of it. A step that says ``night: 2026-P03`` happens while March is
open; a period closes once every case has had its nights in it.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from unittest import mock
from zipfile import ZipFile

import openpyxl
import polars as pl

import pipelines.closing.draft as draft_module
from pipelines.closing import close_draft, open_questions, prepare, write_draft
from pipelines.company_folder import load_company
from pipelines.intake import take_in
from pipelines.ledger import (
    Adjustment,
    Approval,
    Decision,
    Hold,
    Person,
    Release,
    entry_hash,
    ledger_address,
    open_ledger,
    verify,
)
from pipelines.store import Store
from tests.pipelines.closing.case_files import Exports, read_plans, rows_of, write_company, write_exports, write_plan

PREPARER, REVIEWER, APPROVER, CLOSER = (Person(name) for name in ("p.meyer", "k.ito", "c.roth", "d.hahn"))
LINE = {"payee": "payee_id", "of": "earning_period", "kind": "kind", "component": "component", "cause": "cause"}
BALANCE = {"payee": "payee_id", "period": "fiscal_period"}
CREDIT = {"payee": "payee_id", "date": "event_date", "kind": "motion", "new": "sub_motion", "by": "rule"}
DRIFT = {"table": "subject_table", "id": "subject_id", "period": "fiscal_period"}
OWED = ("earning", "correction", "guarantee")


@dataclass
class Played:
    """A company in the middle of its year."""

    root: object
    cases: list
    all_statements: bool = False
    faults: dict = field(default_factory=dict)
    sealed: dict = field(default_factory=dict)
    prepared: object = None

    def __post_init__(self):
        self.company, self.inbox, self.store = (
            self.root / "company",
            self.root / "exports",
            Store.at(self.root / "store"),
        )
        self.inbox.mkdir(parents=True)
        tables, named = ({one for case in self.cases for one in getattr(case, what)} for what in ("tables", "plans"))
        plans = {name: said for name, said in read_plans().items() if name in named}
        write_company(self.company, self.cases[0].given.get("company", {}), tables, plans)
        self.folder = load_company(self.company)
        self.store.prepare()
        self.ledger = open_ledger(ledger_address(self.store.root, {}))
        self.exports = {case.key: Exports(case) for case in self.cases}

    def play(self):
        """Every step of every case; the company as it is at the end."""
        for period, turns, closes in self._calendar():
            for number in range(turns):
                self._night(period, number)
            if closes:
                self.close(period)
        self._end()
        return self

    # The calendar

    def _calendar(self):
        """Periods in order, each with how many nights it has, and whether it closes."""
        nights, last, named = {}, "", set()
        for case in self.cases:
            mine = {}
            for step in case.steps:
                period = step.get("night") or step["close"]
                named.add(period)
                mine[period] = mine.get(period, 0) + ("night" in step)
                last = max(last, step.get("close", ""))
            for period, number in mine.items():
                nights[period] = max(nights.get(period, 0), number)
        first, end = min(named), max(named)
        for period in _between(first, end):
            yield period, nights.get(period, 0), period <= last

    def _steps(self, period, number=None):
        """The cases that have this night of the period, or (without a number) that have its close."""
        kind = "close" if number is None else "night"
        for case in self.cases:
            mine = [step for step in case.steps if step.get(kind) == period]
            if number is None and mine:
                yield case, mine[0]
            elif number is not None and number < len(mine):
                yield case, mine[number]

    # What happens

    def _night(self, period, number):
        steps = list(self._steps(period, number))
        for case, step in steps:
            self.exports[case.key].say(step)
            for name, said in step.get("plans", {}).items():
                write_plan(self.company, name, said)
                self.folder = load_company(self.company)
        self.write()
        if any("received" in step for _, step in steps):
            take_in(self.folder, self.inbox, snapshots=self.store.snapshots)
        for case, step in steps:
            self._act(case, step, period)
        self._approve(steps)
        if any(
            name in step for _, step in steps for name in ("proposes", "balances", "credits", "drift", "asks", "waits")
        ):
            self.prepared = self.prepare()
            for case, step in steps:
                self._compare(case, step, f"night of {period}")
        self.closed_stay("a night")

    def write(self):
        """The exports of tonight."""
        write_exports(self.inbox, self.exports.values())

    def prepare(self):
        """The open period as tonight's exports have it."""
        return prepare(self.folder, self.inbox, self.store, self.ledger, None)

    def close(self, period):
        prepared = self.prepared = self.prepare()
        if prepared.open.period != period:
            return  # nothing was earned yet
        day, asked = prepared.open.end, {case.key: step for case, step in self._steps(period)}
        draft = self._draft(prepared, day)
        self.ledger.calculated(draft.content, PREPARER)
        for case in self.cases:
            if "refused" in asked.get(case.key, {}):
                self._refused(case, asked[case.key]["refused"], draft)
        self.ledger.review(period, draft.content.hash, REVIEWER, draft.interested)
        self.ledger.approve(period, draft.content.hash, APPROVER, draft.interested)
        closing = close_draft(self.store, self.ledger, period, CLOSER, today=day)
        self.closed_stay(f"the close of {period}")
        assert verify(self.ledger, closing.anchor, self.store.root / "closed").faults == []
        for case in self.cases:
            if case.key in asked:
                self._compare(case, asked[case.key], f"close of {period}")

    def _draft(self, prepared, day):
        """The draft; without statements where no case reads them: fifty workbooks take longer than all the rest."""
        said = [one for case in self.cases for step in case.steps for one in step.get("statements", ())]
        if self.all_statements or prepared.open.period in {one["period"] for one in said}:
            return write_draft(prepared, self.store, day)
        with mock.patch.object(draft_module, "write_statements"):
            return write_draft(prepared, self.store, day)

    def _act(self, case, step, period):
        for one in step.get("decide", ()):
            code, _, subject = one.partition("/")
            finding = f"{code}/{case.own(subject)}"
            self.ledger.append(Decision(PREPARER, f"{period}/{finding}", period, finding, "accepted", "known"))
        for one in step.get("hold", ()):
            amount, line = (Decimal(one["amount"]) if "amount" in one else None), case.own(one.get("line"))
            name, payee = case.own(one["reference"]), case.own(one["payee"])
            self.ledger.append(Hold(PREPARER, name, period, payee, "EUR", one["reason"], amount, order_line_id=line))
        for one in step.get("release", ()):
            amount = Decimal(one["amount"]) if "amount" in one else None
            freed = Release(
                PREPARER, case.own(one["reference"]), case.own(one["hold"]), period, "EUR", one["reason"], amount
            )
            self.ledger.append(freed)
            self._sign("release", freed, one)
        for one in step.get("adjust", ()):
            line = case.own(one["line"]) if "line" in one else None
            entry = Adjustment(
                PREPARER, case.own(one["reference"]), one.get("period", period), case.own(one["payee"]), "EUR", Decimal(one["amount"]),
                "adjustment", case.own(one["reference"]), one["reason"], line,
            )  # fmt: skip
            self.ledger.append(entry)
            self._sign("adjustment", entry, one)

    def _sign(self, what, entry, said):
        if said.get("approved", "yes") == "yes":
            signed = Approval.of(what, entry.reference, entry_hash(entry), by=APPROVER, role="approver")
            self.ledger.append(signed)

    def _approve(self, steps):
        """Somebody approves, or not, what was decided behind closed periods and waits for it."""
        asked = {case: step["approve"] for case, step in steps if "approve" in step}
        questions = self.prepare().differences.rows(named=True) if asked else ()
        for case, said in asked.items():
            for row in questions:
                if case.bare(row["subject"]) == said["subject"]:
                    signed = Approval.of(
                        row["what"], row["subject"], row["content_hash"], by=APPROVER, role="approver", document=said["document"]
                    )  # fmt: skip
                    self.ledger.append(signed, row["interested"])

    def _refused(self, case, said, draft):
        """Somebody of the case tries to review the period, and is told why not."""
        try:
            self.ledger.review(draft.period, draft.content.hash, Person(case.own(said["reviewer"])), draft.interested)
        except RuntimeError as error:
            self._expect(case, "refused", said["says"] in str(error), (said["says"], str(error)))
        else:
            self._expect(case, "refused", is_right=False, sides=("a refusal", "was let through"))

    # What must hold always

    def closed_stay(self, what):
        for name, hashed in self.sealed.items():
            found = _sha256(self.store.root / name)
            assert found == hashed, f"{what} changed {name}"
        roots = [
            folder / one.period
            for one in self.ledger.closings()
            for folder in (self.store.root / "closed", self.store.statements)
        ]
        for root in roots:
            for path in root.rglob("*"):
                if path.is_file():
                    self.sealed.setdefault(path.relative_to(self.store.root).as_posix(), _sha256(path))

    def _end(self):
        """Proposed again on the same exports nothing changes, and posted and proposed make what is earned as known now."""
        if not self.sealed:
            return
        first, again = self.prepare(), self.prepare()
        assert first.lines.equals(again.lines)
        assert first.balances.equals(again.balances)
        periods = [one.period for one in self.ledger.closings()] + [first.open.period]
        posted = (
            self.ledger.postings().filter(pl.col("kind").is_in(OWED)).select("payee_id", "earning_period", "amount")
        )
        owed = pl.concat([posted, first.proposals.select(posted.columns)])
        tables = first.tables
        earned = pl.concat(
            tables[name].select(pl.col("payee_id", "fiscal_period").cast(pl.String), amount=column).rename({"fiscal_period": "earning_period"})
            for name, column in {"earnings": "earned", "bonuses": "amount"}.items()
        )  # fmt: skip
        assert _sums(owed, periods) == _sums(earned, periods)

    # What a case expects

    def _compare(self, case, step, where):
        for period, text in step.get("posts", {}).items():
            rows = self.ledger.postings(period).sort("posting_number")
            self._table(case, f"{where}: posts {period}", text, self._lines_of(case, rows))
        if "proposes" in step:
            self._table(case, f"{where}: proposes", step["proposes"], self._lines_of(case, self.prepared.proposals))
        if "balances" in step:
            self._table(case, f"{where}: balances", step["balances"], self._balances_of(case, step["balances"]))
        if "credits" in step:
            rows = self._of(case, self.prepared.tables["credits"]).sort("event_date", "order_line_id", "credit_number")
            self._table(case, f"{where}: credits", step["credits"], self._lines_of(case, rows, CREDIT))
        if "drift" in step:
            rows = self.prepared.drift.filter(pl.col("subject_id").str.starts_with(f"{case.key}-"))
            self._table(case, f"{where}: drift", step["drift"], self._lines_of(case, rows, DRIFT))
        if "waits" in step:
            rows = self._of(case, self.prepared.differences)
            self._table(case, f"{where}: waits", step["waits"], self._lines_of(case, rows))
        if "asks" in step:
            found = open_questions(self.prepared.tables["findings"], self.prepared.open.end, self.ledger)
            own = [one.key.replace(f"/{case.key}-", "/") for one in found if f"/{case.key}-" in one.key]
            self._expect(case, f"{where}: asks", own == step["asks"], (step["asks"], own))
        for statement in step.get("statements", ()):
            self._statement(case, statement, where)

    def _of(self, case, rows):
        return rows.filter(pl.col("payee_id").cast(pl.String).str.starts_with(f"{case.key}-"))

    def _lines_of(self, case, rows, names=LINE):
        own = rows if names is DRIFT else self._of(case, rows)
        for row in own.iter_rows(named=True):
            said = {short: _text(case, row.get(name)) for short, name in names.items()} | {
                name: _text(case, row[name]) for name in row
            }
            yield said | {"line": case.bare(row.get("return_id") or row.get("order_line_id"))}

    def _balances_of(self, case, text):
        """Of closed periods as they were sealed, of the open one as it is proposed."""
        periods = {row["period"] for row in rows_of(text)}
        sealed = [self.store.root / "closed" / period / "results/balances.parquet" for period in sorted(periods)]
        frames = [pl.read_parquet(path) for path in sealed if path.is_file()]
        open_ones = self.prepared.balances.filter(
            ~pl.col("fiscal_period").is_in([one.period for one in self.ledger.closings()])
        )
        whole = pl.concat([frame.cast(open_ones.schema) for frame in frames] + [open_ones])
        rows = whole.filter(pl.col("fiscal_period").is_in(sorted(periods))).sort(
            "payee_id", "currency", "fiscal_period"
        )
        return self._lines_of(case, rows, BALANCE)

    def _table(self, case, what, text, found):
        wanted, found = (rows_of(text) if text.strip() else []), list(found)
        names = list(wanted[0]) if wanted else ["payee", "line", "amount"]
        place = [name for name in names if name != "cause"]
        sides = [
            [
                tuple(row.get(name, "") for name in names)
                for row in sorted(rows, key=lambda row: [row.get(name, "") for name in place])
            ]
            for rows in (wanted, found)
        ]
        is_right = len(wanted) == len(found) and all(
            mine == theirs or (name == "cause" and mine in theirs)
            for pair in zip(*sides, strict=True)
            for name, mine, theirs in zip(names, *pair, strict=True)
        )
        self._expect(case, what, is_right, sides)

    def _expect(self, case, what, is_right, sides):
        if not is_right:
            wanted, found = sides
            self.faults.setdefault(case.key, []).append(f"{what}\n  wanted {wanted}\n  found  {found}")

    def _statement(self, case, said, where):
        period, payee = said["period"], case.own(said["payee"])
        manifest = pl.read_csv(self.store.statements / period / "MANIFEST.csv", infer_schema=False)
        (name,) = manifest.filter(pl.col("payee_id") == payee)["file"].to_list()
        book = openpyxl.load_workbook(self.store.statements / period / name, data_only=True)
        for figure, wanted in said.get("figures", {}).items():
            found = _named(book, f"stmt_{figure}")
            self._expect(case, f"{where}: statement {figure}", found == Decimal(wanted), (wanted, found))
        words = " ".join(
            str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
        )
        words = words.replace(f"{case.key}-", "")
        for text in (*said.get("shows", ()), *said.get("hides", ())):
            is_right = (text in words) == (text in said.get("shows", ()))
            self._expect(case, f"{where}: statement of {payee}, {text}", is_right, (text, words))

    def strangers(self):
        """Ids of other cases in the statements of each payee, in any part of the file, properties and hidden sheets included."""
        found = {}
        for path in self.store.root.glob("closed/*/statements/*_r*.xlsx"):
            if not path.name.startswith("close_"):
                with ZipFile(path) as parts:
                    texts = "".join(
                        parts.read(name).decode() for name in parts.namelist() if name.endswith((".xml", ".rels"))
                    )
                keys = set(re.findall(r"\b([a-z][0-9]{2})-[A-Z]", texts))
                found[path.name] = keys - {path.name.split("-")[0]}
        return found


def _between(first, end):
    """The periods from one to another; those that a calendar does not have are passed over by the company."""
    year, number = int(first[:4]), int(first[-2:])
    while (name := f"{year}-P{number:02}") <= end:
        yield name
        year, number = (year + 1, 1) if number == 12 else (year, number + 1)


def _sums(rows, periods):
    texts = rows.with_columns(pl.col("payee_id", "earning_period").cast(pl.String)).filter(
        pl.col("earning_period").is_in(periods)
    )
    sums = texts.group_by("payee_id", "earning_period").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    return sorted(sums.rows())


def _text(case, value):
    if isinstance(value, Decimal):
        exact = value.normalize()
        return f"{value:.2f}" if exact == round(value, 2) else f"{value:.3f}"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value).replace(f"{case.key}-", "")


def _named(book, name):
    sheet, cell = next(iter(book.defined_names[name].destinations))
    return round(Decimal(str(book[sheet][cell].value)), 3)


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
