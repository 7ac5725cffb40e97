"""Where a period stands when its statements are written: it decides what they say of settlement."""

from enum import StrEnum


class Standing(StrEnum):
    """Where a period stands; the value is what a statement prints beside its revision."""

    NO_LEDGER = "period not closed"
    """The company has no ledger: what is earned is what is payable."""
    OPEN = "open: figures can still change"
    """The period that closes next."""
    FINAL = "final with the close of the period"
    """The same, as it is put aside for review, sealed and issued."""
    WAITS = "settled once the periods before it are closed"
    """A later one: it earns, and nothing of it is payable yet."""

    @property
    def is_settled(self) -> bool:
        """Whether there are balances."""
        return self in (Standing.OPEN, Standing.FINAL)
