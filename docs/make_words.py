"""Write docs/plans/words.md: every word with two meanings that plan files refuse, as ``schemas/rules/words.py`` has them.

Run ``python docs/make_words.py`` to write it.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from schemas.rules.words import AMBIGUOUS, Ambiguous  # noqa: E402

PAGE = HERE / "plans" / "words.md"

OPENING = """# Words with two meanings

Vendors and letters use the same word for different things. A [plan file](../plans.md) that uses one of these, as a key or
as a value, is refused with the line, the two meanings, and what to write for each. Names, labels, titles and the names of
product families are free: a component may be called `accelerator`.

| Word | Write | or |
| --- | --- | --- |
"""


def words_page() -> str:
    """The page."""
    return OPENING + "".join(_row(each) for each in AMBIGUOUS)


def _row(each: Ambiguous) -> str:
    words = ", ".join(f"`{each.only_as}: {word}`" if each.only_as else f"*{word}*" for word in each.words)
    return f"| {words} | {each.first} | {each.second} |\n"


if __name__ == "__main__":
    PAGE.write_text(words_page(), encoding="utf-8")
