"""Words that mean two things in the trade: a plan file that uses one is told which two, and what to write instead."""

from typing import Any

AMBIGUOUS = {
    "cumulative": (
        "'cumulative' means two different things in the trade; write 'marginal' (each rate pays only the part inside "
        "its tier) or 'retroactive' (the rate of the tier reached pays everything from 0)"
    ),
}
"""Each word, and the sentence that refuses it."""


def clear_words(value: Any) -> Any:
    """Refuse a mapping that uses an ambiguous word as a key or as a value.

    Raises:
        ValueError: says which two things the word can mean, and what to write for each.
    """
    if isinstance(value, dict):
        for word in (str(word) for pair in value.items() for word in pair if isinstance(word, str)):
            for known, sentence in AMBIGUOUS.items():
                if known in word.lower().replace("-", "_").split("_"):
                    raise ValueError(sentence)
    return value
