"""Differences of closed periods that somebody must approve before they are posted: rules changed, not facts."""

import hashlib
from collections.abc import Iterator, Mapping

import polars as pl

from compensation.settlement.difference import GROUP
from schemas.core.attribution import Finding
from schemas.dtypes import MONEY

DIFFERENCE, REDUCTION = "difference", "reduction"
WAITING, APPROVED, DECLINED = "waiting", "approved", "declined"
HASHED = ["order_line_id", "return_id", "credit_number", "amount", "due"]
TEXTS = ("subject", "what", "state", "content_hash", "rules", "cause", "answered_by", "answer")
NUMBERS: dict[str, pl.DataType] = {"amount": MONEY, "lines": pl.Int64()}
QUESTION = pl.Schema(
    {**{name: pl.String() for name in (*TEXTS, *GROUP)}, **NUMBERS, "interested": pl.List(pl.String())}
)
ANSWER = pl.Schema(dict.fromkeys(("what", "subject", "content_hash", "by", "document", "note"), pl.String()))
"""How an approval or a refusal comes out of the ledger; ``what`` of a refusal is ``declined``."""

Answers = Mapping[tuple[str, str, str], tuple[str, str | None]]


def needs_approval(proposals: pl.DataFrame, answers: pl.DataFrame, due: pl.DataFrame | None = None) -> pl.DataFrame:
    """What must be approved: differences behind which a plan, its assignment, a quota, a result or the policy changed.

    Args:
        proposals: Contract ``Proposal``.
        answers: Columns of ``ANSWER``: approvals as the ledger keeps them, and what was declined.
        due: Lines as ``due_lines`` gives them; with them ``interested`` names who else earns on the payee's order lines.

    Returns:
        One row per payee, currency, plan, component and earning period: ``subject`` (payee/plan/component/period), ``what``
        (``reduction`` where it lowers pay, which needs a document; else ``difference``), ``state`` (``waiting``, ``approved``
        or ``declined``), ``content_hash`` of its lines, ``rules``, the first ``cause``, ``amount``, ``lines``, who answered
        (``answered_by``, ``answer``) and ``interested``: payees who may not answer. An answer lapses when a line changes,
        since the hash does.

    Source:
        ``docs/close.md``: what flows when a named person approves.
    """
    asked = proposals.filter(pl.col("approval").is_not_null())
    whole = proposals.join(asked.select(GROUP).unique(), on=GROUP, how="semi", nulls_equal=True)
    given = _answers(answers)
    found = pl.DataFrame(list(_questions(whole, given)), schema=QUESTION)
    return found if due is None else _with_interested(found, due)


def _answers(answers: pl.DataFrame) -> Answers:
    """Who answered what: an approval stands, whoever declined the same before; a reduction needs its document."""
    if answers.is_empty():
        return {}
    rows = answers.select("what", "subject", "content_hash", "by", "note", "document").rows()
    return {
        (what, subject, content): (by, note or document)
        for what, subject, content, by, note, document in rows
        if what in (DIFFERENCE, DECLINED) or document
    }


def _questions(rows: pl.DataFrame, given: Answers) -> Iterator[dict[str, object]]:
    ordered = rows.sort(*GROUP, *HASHED, nulls_last=False)
    for key, lines in ordered.group_by(GROUP, maintain_order=True):
        payee, _, plan, component, period = key
        subject = f"{payee}/{plan}/{component}/{period}"
        content = hashlib.sha256(repr((key, lines.select(HASHED).rows())).encode()).hexdigest()
        amount = lines["amount"].sum()
        what = REDUCTION if amount < 0 else DIFFERENCE
        named = lines.filter(pl.col("approval").is_not_null())
        rules = dict.fromkeys(rule for text in named["approval"] for rule in text.split(", "))
        state, (by, answer) = _state(what, subject, content, given)
        yield {
            "subject": subject, "what": what, "state": state, "content_hash": content, "rules": ", ".join(rules),
            "cause": named["cause"][0], "answered_by": by, "answer": answer, "amount": amount, "lines": lines.height,
            **dict(zip(GROUP, key, strict=True)), "interested": [payee],
        }  # fmt: skip


def _state(what: str, subject: str, content: str, given: Answers) -> tuple[str, tuple[str | None, str | None]]:
    for state, key in ((APPROVED, what), (DECLINED, DECLINED)):
        if (key, subject, content) in given:
            return state, given[key, subject, content]
    return WAITING, (None, None)


def _with_interested(questions: pl.DataFrame, due: pl.DataFrame) -> pl.DataFrame:
    """Each question with everybody who earns on the order lines that its payee earns on in the period: an override counts."""
    lines = (
        due.filter(pl.col("order_line_id").is_not_null()).select("payee_id", "earning_period", "order_line_id").unique()
    )
    own = questions.select("payee_id", "earning_period").unique().join(lines, on=["payee_id", "earning_period"])
    others = own.join(lines.select("order_line_id", other="payee_id").unique(), on="order_line_id")
    people = others.group_by("payee_id", "earning_period").agg(interested=pl.col("other").unique().sort())
    found = questions.drop("interested").join(
        people, on=["payee_id", "earning_period"], how="left", maintain_order="left"
    )
    alone = pl.concat_list("payee_id")
    return found.with_columns(pl.col("interested").fill_null(alone)).select(QUESTION.names())


def ready(proposals: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """The proposals that may be posted: those that need no approval, and those that have it.

    Args:
        proposals: Contract ``Proposal``.
        questions: As ``needs_approval`` gives them.
    """
    open_ones = questions.filter(pl.col("state") != APPROVED)
    return proposals.join(open_ones.select(GROUP), on=GROUP, how="anti", nulls_equal=True, maintain_order="left")


def unanswered(questions: pl.DataFrame) -> pl.DataFrame:
    """A note for each difference that is not posted, because nobody answered it or somebody declined it (contract ``Finding``).

    Args:
        questions: As ``needs_approval`` gives them.
    """
    rows = []
    for row in questions.filter(pl.col("state") != APPROVED).rows(named=True):
        answer = (
            f"Declined by {row['answered_by']}: {row['answer']}"
            if row["state"] == DECLINED
            else f"Approve or decline it: `creditdue approve {row['subject']}`."
        )
        detail = f"{row['amount'].normalize():f} {row['currency']} are not posted ({row['cause']}). {answer}"
        found = {
            "code": f"difference_{row['state']}",
            "severity": "note",
            "subject_table": "proposals",
            "subject_id": row["subject"],
        }
        rows.append({**dict.fromkeys(Finding.columns()), **found, "detail": detail})
    return Finding.validate(pl.DataFrame(rows, schema=Finding.dtypes()))


def interested_in(
    due: pl.DataFrame, proposals: pl.DataFrame, postings: pl.DataFrame, open_period: str
) -> frozenset[str]:
    """Payees who sign nothing of a period: whom it pays or corrects, and who earn on it, be it 0.

    Args:
        due: Lines as ``due_lines`` gives them.
        proposals: Contract ``Proposal``; those that wait count too.
        postings: What the period would post.
        open_period: The period.
    """
    earn = due.filter(pl.col("earning_period") == open_period)
    return frozenset(
        name for frame in (earn, proposals, postings) for name in frame["payee_id"].cast(pl.String).unique()
    )
