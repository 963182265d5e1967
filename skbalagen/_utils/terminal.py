"""What the command line prints: no character of the data steers the terminal, and no encoding ends the program."""

from __future__ import annotations

import re
from typing import TextIO

__all__ = ["printable", "say"]

# Control characters, among them escape and the line feed; marks that turn the direction of writing; half characters.
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: object) -> str:
    r"""Return a text on one line, with a name such as \\x1b for each character that a terminal would act on.

    Parameters
    ----------
    text : object
        Anything that has a `str`, such as a label.

    Examples
    --------
    >>> print(printable("red\x1b[31m wine"), printable("two\nlines"), printable("déjà vu 👩‍💻"))
    red\x1b[31m wine two\nlines déjà vu 👩‍💻
    """
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))


def say(text: str, file: TextIO) -> None:
    """Print lines to a stream.

    Parameters
    ----------
    text : str
        One line or several; each is made :func:`printable`.
    file : text stream
        Characters that its encoding lacks are printed as escapes.
    """
    encoding = getattr(file, "encoding", None) or "utf-8"
    lines = "\n".join(map(printable, text.split("\n")))
    file.write(lines.encode(encoding, "backslashreplace").decode(encoding) + "\n")
