"""The nearest name, for messages that say what was perhaps meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that is most like `name`; None where none is."""
    close = get_close_matches(name, list(dict.fromkeys(known)), n=1, cutoff=cutoff)
    return close[0] if close else None


def instead(name: str, known: Iterable[str], most: int = 8) -> str:
    """`; did you mean ...?`, else `; there are ...`, else nothing, to end a sentence with."""
    names = list(dict.fromkeys(known))
    close = nearest(name, names)
    if close is not None:
        return f"; did you mean `{close}`?"
    if not names:
        return ""
    more = len(names) - most
    listed = ", ".join(f"`{one}`" for one in names[:most]) + (f" and {more} more" if more > 0 else "")
    return f"; there {'is' if len(names) == 1 else 'are'} {listed}"
