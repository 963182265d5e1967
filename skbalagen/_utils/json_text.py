"""Objects of JSON, read and written so that their numbers stay as they were spelled."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["parse_object", "to_json"]


def parse_object(line: str) -> dict[str, Any]:
    """Return a JSON object.

    Parameters
    ----------
    line : str

    Returns
    -------
    dict
        Numbers are int and float; those that Python would write in another way, such as 1.10, or could not hold,
        such as 1e400, are a float that :func:`to_json` writes as it was.

    Raises
    ------
    ValueError
        If the line is no JSON, no object, has a key twice, a constant such as NaN that JSON does not have, or half
        of a surrogate pair, which cannot be written as UTF-8.

    Examples
    --------
    >>> to_json(parse_object('{"price": 1.10, "tags": ["é", null]}'))
    '{"price": 1.10, "tags": ["é", null]}'
    """
    row = json.loads(
        line,
        object_pairs_hook=_unrepeated,
        parse_constant=_refuse_constant,
        parse_float=_number,
        parse_int=_number,
    )
    if not isinstance(row, dict):
        raise ValueError(f"a {type(row).__name__}")
    if "\\u" in line:
        to_json(row).encode()
    return row


def to_json(value: Any) -> str:
    """Return a value as JSON; those of numpy, of Arrow and dates are lists, numbers or str."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{to_json(_key(name))}: {to_json(inner)}" for name, inner in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(to_json, value)) + "]"
    if isinstance(value, _Number):
        return value.text
    if value is None or isinstance(value, str | int | float):
        return json.dumps(value, ensure_ascii=False)
    for method in ("tolist", "isoformat"):
        if hasattr(value, method):
            return to_json(getattr(value, method)())
    return to_json(str(value))


class _Number(float):
    """A number that remembers how it was spelled."""

    text: str

    def __new__(cls, text: str) -> _Number:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[type[_Number], tuple[str]]:
        return _Number, (self.text,)


def _number(text: str) -> int | float:
    number = float(text) if set(text) & set(".eE") else int(text)
    return number if repr(number) == text else _Number(text)


def _key(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(
            f"keys of JSON must be str, got {name!r} ({type(name).__name__}). Name them by texts."
        )
    return name


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, unless it has a key twice: one of the two would be lost."""
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} twice")
    return row


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name}, which JSON does not have (null is a missing value)")
