"""Words that mean two things in the trade: a plan file that uses one is told which two, and what to write instead."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from schemas.rules.values import Rule

Place = tuple[str | int, ...]


class Ambiguous(NamedTuple):
    """Words with the same two meanings, and what to write for each.

    A word is found alone and as a part of a longer one (``net`` in ``net_margin``). ``only_as`` narrows it to being the
    value of one key; ``whole`` to standing alone, where longer words that hold it are clear.
    """

    words: tuple[str, ...]
    first: str
    second: str
    only_as: str | None = None
    whole: bool = False

    def refusal(self, word: str) -> str:
        """The sentence for the plan author."""
        return f"'{word}' means two different things in the trade; write {self.first} or {self.second}"


_TIERS = (
    "'marginal' (each rate pays only the part inside its tier)",
    "'retroactive' (the rate of the tier reached pays everything from 0)",
)
_NOTHING_BELOW = (
    "a first tier with rate 0 (what lies below is never paid)",
    "gates: [{reading: …, at_least: …}] (once reached, everything is paid from 0)",
)
_PLACED = (
    "event: booking, invoice or payment (which day places the credit, hence its window and tier)",
    "release: {on: invoice or payment} (what is earned is held until then, and paid in proportion)",
)
_TO_DATE = (
    "window: quarter (pay is what the quarter to date has earned less what earlier months had)",
    "window: month with tier_window: quarter (only this month's credits, at the rate that the quarter has reached)",
)
_MORE_ABOVE = (
    "a higher tier of a marginal curve (it pays only what lies above its bound)",
    "multipliers: [{reading: …, payout: …}] (it changes the money of the whole window)",
)
_YEARLY = (
    "window: year (the position runs through the fiscal year)",
    "a row for the year in 'quotas' under a shorter window (the quota is spread; quota: {weights: […]} says how)",
)

AMBIGUOUS = (
    Ambiguous(
        ("prorated", "pro_rata", "partial"),
        "clawback: {share: {by: age_days, bands: […]}} (by how long the sale has stood)",
        "clawback: {share: {by: months_remaining}} (what is left of the line's service term)",
        only_as="clawback",
    ),
    Ambiguous(("cumulative", "accumulated", "accumulating"), *_TIERS),
    Ambiguous(("progressive", "graduated", "sliding", "tiered", "banded", "bracketed", "slab", "slabs"), *_TIERS),
    Ambiguous(
        ("incremental",),
        "'marginal' (each rate pays only the part inside its tier)",
        "credits: growth (what a customer buys beyond last year)",
    ),
    Ambiguous(
        ("retro",),
        "shape: retroactive (the tier reached pays everything from 0)",
        "a new version with an earlier valid_from and a later decided_on (the past is calculated again)",
    ),
    Ambiguous(
        ("linear",),
        "shape: flat (the same rate on everything)",
        "shape: interpolated (straight lines between points, which need not start at 0)",
    ),
    Ambiguous(
        ("profit", "profits", "markup", "contribution"),
        "of: margin (price less cost, so that a share of it is a share of the *price* kept: 25 of a price of 125 is 20 %)",
        "of: above_target with a target price in 'products' (what lies above cost plus a markup: 25 on a cost of 100 is 25 %)",
    ),
    Ambiguous(
        ("margin_percent", "margin_rate", "margin_pct"),
        "margin_share (margin ÷ *price*: 25 of 125 is 20 %)",
        "that share worked out from a markup on *cost* (25 on 100 is 25 %, and a margin_share of 20 %)",
    ),
    Ambiguous(
        ("net",),
        "of: revenue (net of discount and tax, as the order line has it, less returns)",
        "of: margin (net of cost)",
    ),
    Ambiguous(
        ("gross",),
        "of: revenue (returns are always taken back; whose prices are before discount, map list_amount)",
        "of: margin (gross margin: price less cost)",
    ),
    Ambiguous(
        ("override", "overrides", "overriding"),
        "whose: team with base: credit (a share of what the team sold)",
        "whose: team with base: commission (a share of what the team earned)",
    ),
    Ambiguous(
        ("draw", "draws"),
        "settlement: {draw: {kind: advance, recoverable: …}} in the version (an 'advance', paid at the start of the period)",
        "settlement: {draw: {kind: top_up, recoverable: …}} in the version (a 'top_up', paid at its end, where less is earned)",
    ),
    Ambiguous(
        ("recoverable", "unrecoverable"),
        "recoverable: true in settlement: {draw: {…}} (what is drawn is owed, and later earnings pay it back)",
        "recoverable: false there (it is kept), or guarantee: {incentive: …} in the version (it is kept, and counts as earned)",
    ),
    Ambiguous(("accelerator", "accelerated", "decelerator", "kicker", "booster", "escalator"), *_MORE_ABOVE),
    Ambiguous(
        ("uplift",),
        "a factor with counts: quota (it changes what moves the position)",
        "a factor with counts: pay (it changes what is paid on)",
    ),
    Ambiguous(("threshold", "thresholds", "hurdle", "cliff", "qualifier"), *_NOTHING_BELOW),
    Ambiguous(
        ("minimum", "min"),
        "guarantee: {incentive: …} (at least this much pay)",
        "gates: [{reading: …, at_least: …}] (at least this result, before anything is paid)",
    ),
    Ambiguous(
        ("maximum", "max", "limit", "limits", "ceiling"),
        "caps: [{per: month, amount: …}] (the most that one payee is paid)",
        "budget: {amount: …} (the most that everybody together is paid)",
    ),
    Ambiguous(("annual", "annually", "yearly"), *_YEARLY),
    Ambiguous(
        ("biannual", "biennial", "semiannual"),
        "half_year (twice a year)",
        "a version for every second year (once in two years)",
    ),
    Ambiguous(("qtd", "ytd", "mtd", "true_up"), *_TO_DATE),
    Ambiguous(
        ("rolling", "trailing"),
        "scope: year_to_date (from the first day of the fiscal year)",
        "scope: year (the whole fiscal year, as far as it is known); the last twelve months are no scope here",
    ),
    Ambiguous(
        ("proration", "prorated", "pro_rata", "prorata"),
        "prorate: days_actual (days on the plan ÷ days of the window)",
        "prorate: months or 30_360 (months, or months of 30 days)",
    ),
    Ambiguous(
        ("true", "yes", "daily", "days"),
        "prorate: days_actual (days on the plan ÷ days of the window)",
        "prorate: 30_360 (every month has 30 days)",
        only_as="prorate",
    ),
    Ambiguous(
        ("bookings", "booked"),
        "event: booking (the order places the credit, on its date)",
        "of: revenue (the amount ordered is counted)",
    ),
    Ambiguous(
        ("billings", "billed", "invoiced"),
        "event: invoice (the invoice places the credit, by its amount)",
        "event: booking (what is ordered counts at once, however it is billed)",
    ),
    Ambiguous(
        ("cash", "collected", "collections", "paid_on", "payable_on", "pay_on", "trigger"),
        *_PLACED,
    ),
    Ambiguous(
        ("sales",),
        "of: revenue (money)",
        "of: orders or units (how many)",
        whole=True,
    ),
    Ambiguous(
        ("deals", "transactions"),
        "of: orders (each counts 1)",
        "window: transaction (each order runs through the curve on its own)",
        whole=True,
    ),
    Ambiguous(
        ("new", "new_customer", "new_customers", "acquisition"),
        "new_logo (all that a customer who never bought before orders in the first months; with only: {first_order: true} the first order alone)",
        "new_business (the same, and customers won back)",
        whole=True,
    ),
    Ambiguous(
        ("existing", "renewal", "renewals", "recurring"),
        "retention (what a customer buys again, up to last year's base)",
        "[retention, growth] (everything that an existing customer buys)",
    ),
    Ambiguous(
        ("expansion",),
        "growth (all that exceeds last year's base)",
        "upsell (more of a family bought before) apart from cross_sell (a new family)",
    ),
    Ambiguous(
        ("split", "splits"),
        "shape: marginal (an amount is split at a tier's bound)",
        "a table opportunity_splits (a deal is split between people)",
    ),
    Ambiguous(
        ("chargeback", "recoup", "reversal"),
        "clawback: as_corrected (in the window of the sale, as if it had been smaller)",
        "clawback: as_negative (a negative credit in the window of the return)",
    ),
    Ambiguous(
        ("true", "yes", "full"),
        "clawback: as_corrected (in the window of the sale, as if it had been smaller)",
        "clawback: as_negative (a negative credit in the window of the return)",
        only_as="clawback",
    ),
    Ambiguous(
        ("spiff", "spif", "spiv", "bounty"),
        "shape: per_event (an amount for each order or customer)",
        "shape: per_unit (an amount for each unit sold)",
    ),
    Ambiguous(
        ("ote",),
        "incentive: {assigned: 100%} (the variable part, target_incentive in 'plan_assignments')",
        "nothing here for the salary (on-target earnings hold both, and a plan pays only the variable part)",
    ),
    Ambiguous(
        ("acv", "tcv", "arr"),
        "of: revenue (the order line's whole amount)",
        "of: revenue with a factor by term_months (so much of it as a contract of that length should count)",
    ),
    Ambiguous(
        ("effective",),
        "valid_from (the day from which it applies)",
        "decided_on (the day on which it was decided)",
    ),
    Ambiguous(
        ("until", "through", "end_date", "valid_to"),
        "to: (the first day, or bound, that no longer counts)",
        "a later day for to: where the last day should still count (dates: {from: 2026-01-01, to: 2026-04-01} holds 31 March)",
    ),
)
"""Every ambiguous word that plan files are known to use."""

_FREE_TEXT = frozenset(
    [
        "plan",
        "version",
        "label",
        "title",
        "href",
        "source",
        "entered_by",
        "approved_by",
        "component",
        "bonus",
        "pool",
        "objective",
        "kpi",
        "currency",
    ]
)
"""Keys whose text is the author's own."""

_MOST_WORDS = 3
"""A longer text is a sentence, not a word that somebody chose for a rule."""


def clear_words(value: Any) -> Any:
    """Refuse every ambiguous word that stands as a key or as a value anywhere inside; names and labels are free.

    Raises:
        ValidationError: at each place, which two things the word can mean and what to write for each.
    """
    faults = [
        InitErrorDetails(type=PydanticCustomError("ambiguous_word", "{said}", {"said": said}), loc=place, input=word)
        for place, word, said in _ambiguous(value, ())
    ]
    if faults:
        raise ValidationError.from_exception_data("words", faults)
    return value


class Worded(Rule):
    """Base of the parts of a plan file that may stand alone: an ambiguous word anywhere inside is refused where it stands."""

    @model_validator(mode="before")
    @classmethod
    def words_are_clear(cls, value: Any) -> Any:
        """No word that means two things."""
        return clear_words(value)


@lru_cache(maxsize=10_000)
def said_of(word: str, key: str | None = None) -> str | None:
    """The sentence that refuses a word, as the value of a key or (``key`` empty) as a key; nothing where it is clear."""
    plain = re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")
    if plain.count("_") >= _MOST_WORDS:
        return None
    for each in AMBIGUOUS:
        if each.only_as in (None, key):
            for known in each.words:
                if plain == known or (not each.whole and not each.only_as and f"_{known}_" in f"_{plain}_"):
                    return each.refusal(known)
    return None


def _ambiguous(value: Any, place: Place) -> Iterator[tuple[Place, str, str]]:
    """Place, word and sentence of each ambiguous word inside a value."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from _of_pair(str(key), inside, value, (*place, str(key)))
    elif isinstance(value, list | tuple):
        for number, inside in enumerate(value):
            yield from _of_value(inside, place, (*place, number))


def _of_pair(key: str, inside: Any, around: dict[Any, Any], place: Place) -> Iterator[tuple[Place, str, str]]:
    said = said_of(key)
    if said and not _is_free_key(key, around, place):
        yield place, key, said
    elif not _is_free(key, inside, around):
        yield from _of_value(inside, place, place)


def _of_value(inside: Any, named: Place, place: Place) -> Iterator[tuple[Place, str, str]]:
    if isinstance(inside, str):
        key = next((str(part) for part in reversed(named) if isinstance(part, str)), None)
        said = said_of(inside, key)
        if said:
            yield place, inside, said
    else:
        yield from _ambiguous(inside, place)


def _is_free_key(key: str, around: dict[Any, Any], place: Place) -> bool:
    """A name of the company's own (``of`` and ``product_family`` map them), or a word that its place makes clear.

    These are an objective's threshold, and the keys of a settlement, which states kind, debt and limits apart.
    """
    if key == "threshold" and "objective" in around:
        return True
    if "settlement" in place[:-1]:
        return True
    return len(place) > 1 and place[-2] in ("of", "product_family")


def _is_free(key: str, inside: Any, around: dict[Any, Any]) -> bool:
    """Text that the author chooses: names, labels, the names of quotas, and what a measure is narrowed to."""
    is_quota_name = key in ("measure", "quota") and isinstance(inside, str) and "component" not in around
    return key in _FREE_TEXT or key == "only" or is_quota_name
