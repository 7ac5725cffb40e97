"""What a return takes back of what its sale earned: where it counts, for how long, how much, and whether attainment falls."""

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from schemas.rules.values import Rule, ShareText, Sourced

Mode = Literal["as_corrected", "as_negative"]
SHARES = ("age_days", "age_months", "months_remaining")
Count = Annotated[int, Field(ge=0, le=36_500, strict=False)]

TAKES_NOTHING = ("none", "no", "false", "never")
"""What people write where nothing is ever taken back."""


class AgeBand(Rule):
    """Ages of a sale on the day of its return, half-open, and how much is taken back at them."""

    floor: Count = Field(alias="from")
    """The first age in it: 0 in the first band, the day of the sale."""
    ceiling: Count | None = Field(alias="to")
    """The first age no longer in it; `null` in the last."""
    share: ShareText
    """How much is taken back."""


class ShareByAge(Rule):
    """The share by the age of the sale: days, or whole calendar months, from the day of the sale to that of the return."""

    by: Literal["age_days", "age_months"]
    """What the bands count."""
    bands: tuple[AgeBand, ...]
    """Bands that touch, from 0 on, the last one open."""

    @model_validator(mode="after")
    def bands_cover_every_age(self) -> Self:
        """From 0, without a gap, to the end."""
        if not self.bands or self.bands[0].floor != 0 or self.bands[-1].ceiling is not None:
            raise ValueError(
                f"a share by {self.by} has bands for every age: [{{from: 0, to: 90, share: 100%}}, {{from: 90, to: null, share: 0%}}]"
            )
        for low, high in pairwise(self.bands):
            if low.ceiling != high.floor:
                raise ValueError(
                    f"a band ends at {low.ceiling} and the next starts at {high.floor}; give both the same figure"
                )
        for band in self.bands:
            if band.ceiling is not None and band.ceiling <= band.floor:
                raise ValueError(f"the band from {band.floor} ends at {band.ceiling}; its end must lie above its start")
        return self


class ShareOfTerm(Rule):
    """The share by what is left of the order line's service term: months not yet over ÷ months of the term.

    A month is over with its last day, the day of the return included: what a customer was served is not taken back.
    """

    by: Literal["months_remaining"]
    """Months of service that are left."""
    of_first: Annotated[int, Field(ge=1, le=1200, strict=False)] | None = None
    """Only so many months of the term, from its start, can be taken back; all of them where nothing is said."""
    without_term: ShareText = Decimal(1)
    """Share for lines without a service term of a month or more; all of it where nothing is said."""


def _known_share(value: Any) -> Any:
    """Refuse a share that does not say what it goes by, in words of its own."""
    if isinstance(value, str):
        raise ValueError(
            f"a share says what it goes by; the same share at every age is {{by: age_days, bands: [{{from: 0, to: null, share: {value}}}]}}"
        )
    if isinstance(value, dict) and value.get("by") not in SHARES:
        named = f"by {value['by']!r} is not known" if "by" in value else "'by' is missing"
        raise ValueError(f"{named}; a share goes by one of {', '.join(SHARES)}")
    return value


Share = Annotated[
    Annotated[ShareByAge | ShareOfTerm, Field(discriminator="by")],
    BeforeValidator(_known_share),
]
"""How much of a return is taken back."""


class Clawback(Sourced):
    """What a return takes back of what its sale earned.

    Left out, ``window_days`` has no end, ``share`` is all of it, and the return moves the position as far as it is taken back.
    """

    mode: Mode = "as_corrected"
    """Where a return counts: it lowers its sale's window, or is negative in its own."""
    window_days: Count | None = None
    """Returns later than so many days after the sale take nothing back."""
    share: Share | None = None
    """How much is taken back, by age or by what is left of the service term."""
    affects_attainment: Annotated[bool, Field(strict=False)] = True
    """`false`: the position stays where it is, and the line gives back the returned part of what it earned itself."""

    @model_validator(mode="after")
    def counts_somewhere_only_if_it_moves_something(self) -> Self:
        """A return that moves no position has no window of its own."""
        if not self.affects_attainment and self.mode == "as_negative":
            raise ValueError(
                "affects_attainment: false moves no position, so mode: as_negative has nothing to count in a window; remove mode "
                "(the line gives back what it earned), or remove affects_attainment"
            )
        return self

    @property
    def is_plain(self) -> bool:
        """Whether every return takes back all of what came back and moves the position."""
        return self.window_days is None and self.share is None and self.affects_attainment


def form_of_clawback(value: Any) -> str:
    """``word`` or ``rule``: how a clawback is written."""
    return "rule" if isinstance(value, dict | Clawback) else "word"


def _known_word(value: Any) -> Any:
    if isinstance(value, str) and value.strip().lower() in TAKES_NOTHING:
        raise ValueError(
            "where nothing is ever taken back write clawback: {share: {by: age_days, bands: [{from: 0, to: null, share: 0%}]}}; "
            "a return is then listed with the reason that it takes nothing back"
        )
    return value


ClawbackRule = Annotated[
    Annotated[Annotated[Mode, Tag("word")] | Annotated[Clawback, Tag("rule")], Discriminator(form_of_clawback)],
    BeforeValidator(_known_word),
]
"""One word, or a rule with window, share and attainment."""
