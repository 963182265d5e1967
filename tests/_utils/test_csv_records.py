"""Records of CSV and their lines, encodings, and what the messages say."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skbalagen._utils.csv_records import decode_text, split_records

cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.text('a",\r\n\t ', max_size=6)
tables = st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=6)


def split(content, sep=",", **options):
    return list(split_records(content, sep, "in.csv", **options))


def test_records_have_the_line_that_they_begin_in():
    content = 'a,b\r\n\r\n"x\ny",1\n\n2,3'
    assert split(content) == [(1, ["a", "b"]), (3, ["x\ny", "1"]), (6, ["2", "3"])]


def test_no_content_has_no_records():
    assert split("") == split("\n\n") == []


@given(tables, st.sampled_from(",\t;|"), st.sampled_from(["\n", "\r\n"]))
def test_records_are_what_the_csv_module_wrote(rows, sep, end):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=sep, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [fields for _, fields in split(file.getvalue(), sep)] == rows


def test_quotes_inside_an_unquoted_field_stand_for_themselves():
    assert split('a,b\n5" screen,x\n')[1] == (2, ['5" screen', "x"])


def test_fields_longer_than_the_limit_of_the_csv_module_pass_and_the_limit_stays():
    limit = csv.field_size_limit()
    long = "x" * (limit + 1)
    assert split(f"a,b\n{long},1\n")[1] == (2, [long, "1"])
    with pytest.raises(ValueError, match=r"in.csv, line 2"):
        split('a,b\n"x,1\n')
    assert csv.field_size_limit() == limit


def test_the_header_comes_before_the_rows_are_checked():
    records = split_records("a;b\n1,2;3\n", ",", "in.csv", advice=", or pass sep=")
    assert next(records) == (1, ["a;b"])
    with pytest.raises(ValueError, match=r"in.csv, line 2: .* got 2. Put fields .* quotes, or pass sep=\."):
        next(records)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n1,2,3\n", "line 3: expected 2 fields as in the header, got 3. Put fields that hold ','"),
        ("a,b\n1\n", "line 2: expected 2 fields as in the header, got 1"),
        ('a,b\n"x\ny",1\n2\n', "line 4: expected 2 fields"),
        (
            'a,b\n"x,1\n2,3\n',
            "line 2: expected fields with balanced double quotes, got unexpected end of data",
        ),
        ('a,b\n"x"y,1\n', "line 2: expected fields with balanced double quotes, got .* Double each quote"),
    ],
)
def test_a_record_that_does_not_fit_is_named_with_its_line(content, message):
    with pytest.raises(ValueError, match=f"in.csv, {message}"):
        split(content)


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_decode_text_takes_any_encoding_of_python(encoding):
    assert decode_text("é,b".encode(encoding), "in.csv", encoding) == "é,b"


def test_decode_text_removes_one_byte_order_mark():
    assert decode_text("\ufeffa".encode(), "in.csv") == "a"
    assert decode_text("a\ufeff".encode(), "in.csv") == "a\ufeff"


def test_decode_text_names_the_line_of_other_bytes_and_what_to_do():
    with pytest.raises(
        ValueError, match=r"in.csv must be encoded as 'utf-8', got other bytes in line 3 \(.*\). Mend"
    ):
        decode_text(b"a\nb\ncaf\xe9\n", "in.csv", advice="Mend it.")
    with pytest.raises(ValueError, match=r"Save it as UTF-8\.$"):
        decode_text(b"\xff", "in.csv")


def test_decode_text_refuses_an_encoding_that_python_does_not_know():
    with pytest.raises(ValueError, match="encoding must be one that Python knows, got 'utf-9'"):
        decode_text(b"", "in.csv", "utf-9")
