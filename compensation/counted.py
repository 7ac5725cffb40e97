"""How messages count things: 1 payee, 2 payees."""


def counted(count: int, noun: str, of_one: str = "", of_many: str = "") -> str:
    """``1 payee``, ``2,000 payees``; with a verb ``1 payee lacks``, ``2 payees lack``.

    Args:
        count: How many there are.
        noun: What one of them is called; more than one have an ``s`` after it.
        of_one: What follows where there is one, such as ``lacks``.
        of_many: What follows otherwise, such as ``lack``.
    """
    words = f"{count:,} {noun}{'' if count == 1 else 's'}"
    return f"{words} {of_one if count == 1 else of_many}".rstrip()
