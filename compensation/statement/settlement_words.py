"""How what is earned becomes what is paid, in words: release, currency of pay, holdback, draw, minimum payment."""

from collections.abc import Iterator
from datetime import timedelta

from compensation.statement.figure_words import amount_words, clause, percent_words
from schemas.rules.component import Release
from schemas.rules.plan import PaysIn
from schemas.rules.settlement import Draw, Holdback, Settlement


def release_sentences(release: Release) -> Iterator[str]:
    """What an earning waits for; nothing where the booking releases it."""
    waits = [
        f"{count} {name}{'s' if count > 1 else ''}"
        for count, name in ((release.guard_days, "day"), (release.guard_periods, "fiscal period"))
        if count
    ]
    after = f"{' and '.join(waits)} after" if waits else ""
    if release.on != "booking":
        late = f", {after} its date" if after else ""
        yield f"What is earned is held, and released in proportion to each {release.on}{late}."
    elif after:
        yield f"What is earned is held, and released {after} the booking."


def pays_in_sentence(pays_in: PaysIn) -> str:
    """The currency that is paid, and the day of its rate."""
    day = "the credit's own day" if pays_in.converted_on == "event" else "the last day of the fiscal period"
    return f"Pay is converted into {pays_in.currency} at the rate of {day}{clause(pays_in.source)}."


def settlement_sentence(settlement: Settlement, currency: str) -> str:
    """Holdback, draw and minimum payment, a short sentence for each that there is; ``currency`` is what the plan pays in."""
    return " ".join(_settlement(settlement, currency))


def _settlement(settlement: Settlement, currency: str) -> Iterator[str]:
    if settlement.holdback:
        yield _holdback(settlement.holdback)
    if settlement.draw:
        yield from _draw(settlement.draw, currency)
    if settlement.minimum_payment:
        yield f"Less than {amount_words(settlement.minimum_payment, currency)} is not paid out but carried forward, except to who leaves."
    if settlement.recovers_from_leavers:
        yield "What is owed is taken back after the last day of service too."
    elif settlement.draw and settlement.draw.recoverable:
        yield "Nothing is taken from leavers."
    if settlement.releases_to_leavers == "at_once":
        yield "What is still held is released at once to who leaves."
    if settlement.source:
        yield f"Source: {settlement.source}."


def _holdback(holdback: Holdback) -> str:
    if holdback.release_after is None:
        when = f"in proportion to each {holdback.release_on}"
    else:
        when = f"{holdback.release_after} fiscal period{'s' if holdback.release_after > 1 else ''} later"
    leavers = ", or at once to who leaves" if holdback.released_to_leavers else ", also to who leaves"
    return f"{percent_words(holdback.share)} of what each fiscal period earns is kept back and released {when}{leavers}{clause(holdback.source)}."


def _draw(draw: Draw, currency: str) -> Iterator[str]:
    amount = amount_words(draw.amount, currency) if draw.amount else "the draw assigned to the payee"
    days = f" from {draw.first}" if draw.first else ""
    days += f" until {draw.end - timedelta(days=1)}" if draw.end else ""
    measured = "payable after holds" if draw.measure == "payable" else "earned"
    if draw.kind == "advance":
        said = f"{amount} is paid at the start of each fiscal period{days}, ahead of what is {measured} in it"
    else:
        said = f"where less is {measured} than {amount}, pay is filled up to it at the end of each fiscal period{days}"
    yield f"{said[0].upper()}{said[1:]}{clause(draw.source)}."
    if not draw.recoverable:
        yield "What is drawn is never owed."
        return
    recovery = draw.recovery
    share = percent_words(recovery.share) if recovery else "100 %"
    most = f", at most {amount_words(recovery.cap, currency)} a fiscal period" if recovery and recovery.cap else ""
    start = f" from {recovery.starts} on" if recovery and recovery.starts else ""
    yield f"What is drawn is owed, and taken back{start} by {share} of what is earned above the draw{most}."
    if draw.forgiven_on:
        yield f"What is still owed on {draw.forgiven_on} is forgiven."
