"""What is printed cannot steer the terminal, and can be printed anywhere."""

from __future__ import annotations

import io
import sys
import unicodedata

import pytest

from skbalagen._utils.terminal import printable, say


def test_no_control_character_of_unicode_is_printed():
    controls = [
        chr(i) for i in range(sys.maxunicode + 1) if unicodedata.category(chr(i)) in ("Cc", "Cs", "Zl", "Zp")
    ]
    assert len(controls) == 65 + 2048 + 2
    for character in controls:
        shown = printable(f"a{character}b")
        assert shown.isascii()
        assert shown.isprintable()


@pytest.mark.parametrize("mark", "\u202e\u202d\u2066\u2069\u200f\u061c")
def test_marks_that_turn_the_direction_of_writing_are_named(mark):
    assert printable(mark + "gnp.exe") == f"\\u{ord(mark):04x}gnp.exe"


@pytest.mark.parametrize("text", ["déjà vu", "退款", "שלום", "👩‍💻", "non\u00a0breaking", "back\\slash", ""])
def test_text_stays_as_it_is(text):
    assert printable(text) == text


def test_anything_that_is_no_str_is_shown_as_one():
    assert printable(7) == "7"


def test_say_keeps_the_lines_of_a_table_and_no_others():
    out = io.StringIO()
    say("one\x1b[2J\rtwo\n  three\u2028four", out)
    assert out.getvalue() == "one\\x1b[2J\\rtwo\n  three\\u2028four\n"


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", r"caf\xe9 \u9000"), ("latin-1", r"café \u9000"), ("utf-8", "café 退")]
)
def test_say_prints_in_any_encoding(encoding, shown):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    say("café 退", out)
    out.flush()
    assert raw.getvalue().decode(encoding) == shown + "\n"
