"""Table files: what is read comes out byte for byte, in four formats, and faults are named before any work."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import sys
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skbalagen._utils.table_files import (
    check_table,
    read_table,
    table_format,
    write_table,
)

# Every kind of cell that a reader with type guessing, or a careless writer, changes.
CELLS = [
    "007",
    "1e3",
    "1000",
    "1000.0",
    "TRUE",
    "2024-05-01",
    "NA",
    "nan",
    "null",
    "",
    " padded ",
    "a, b",
    "tab\there",
    'he said "yes"',
    '"',
    "two\nlines",
    "carriage\rreturn",
    "both\r\n",
    "déjà vu 🎈",
    "line\u2028separator",
    "nul\x00",
    "-",
    "'=1+1",
]
TEXT_FORMATS = ["csv", "tsv"]
FORMATS = [*TEXT_FORMATS, "jsonl", "parquet"]

cells = st.one_of(st.sampled_from(CELLS), st.text(st.characters(exclude_categories=["Cs"])))
tables = st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=6)


def frame(rows, columns=("text", "label")):
    return pd.DataFrame(rows, columns=list(columns), dtype=object)


def rows_of(table):
    return [list(row) for row in table.itertuples(index=False, name=None)]


# Round trips


@pytest.mark.parametrize("ending", FORMATS)
def test_every_kind_of_cell_comes_back(tmp_path, ending):
    path = str(tmp_path / f"table.{ending}")
    rows = [[cell, other] for cell, other in zip(CELLS, reversed(CELLS), strict=True)]
    write_table(frame(rows), path)
    assert rows_of(read_table(path)) == rows


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tables, ending=st.sampled_from(FORMATS))
def test_any_table_comes_back(tmp_path, rows, ending):
    path = str(tmp_path / f"any.{ending}")
    write_table(frame(rows), path)
    assert rows_of(read_table(path)) == rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tables, ending=st.sampled_from(TEXT_FORMATS))
def test_separated_files_are_what_the_csv_module_reads_and_writes(tmp_path, rows, ending):
    sep = "," if ending == "csv" else "\t"
    path = tmp_path / f"ours.{ending}"
    write_table(frame(rows), str(path))
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file, delimiter=sep, strict=True)) == [["text", "label"], *rows]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=sep, quoting=csv.QUOTE_ALL).writerows([["text", "label"], *rows])
    assert rows_of(read_table(str(path))) == rows


def test_a_file_that_needs_no_change_is_written_byte_for_byte(tmp_path):
    content = b'id,text,label\n007,"a, b",x\n1e3,"say ""hi""",\n,"two\nlines",TRUE\n'
    source, copy = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(content)
    write_table(read_table(str(source)), str(copy))
    assert copy.read_bytes() == content


json_cells = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | cells,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=3,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.fixed_dictionaries({"text": json_cells}, optional={"label": json_cells, "id": json_cells}),
        max_size=5,
    )
)
def test_json_lines_keep_types_nulls_and_absent_keys(tmp_path, objects):
    source, copy = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(json.dumps(o) + "\n" for o in objects), encoding="utf-8")
    write_table(read_table(str(source)), str(copy))
    back = [json.loads(line) for line in copy.read_text(encoding="utf-8").split("\n") if line]
    assert json.dumps(back, sort_keys=True) == json.dumps(objects, sort_keys=True)


def test_json_lines_keep_what_only_looks_like_another_type(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": "007", "day": "2024-05-01", "n": 9007199254740993, "x": 1.0, "yes": true}\n')
    assert rows_of(read_table(str(path))) == [["007", "2024-05-01", 9007199254740993, 1.0, True]]
    assert type(read_table(str(path))["x"][0]) is float


ARROW = pa.table(
    {
        "text": ["one", "two", "drei ü"],
        "label": pa.array(["x", "y", "x"]).dictionary_encode(),
        "small": pa.array([1, None, 3], pa.int32()),
        "large": [2**53 + 1, 2**53 + 3, 0],
        "flag": [True, None, False],
        "when": pa.array([datetime(2024, 5, 1, 12, 30)] * 3, pa.timestamp("us", tz="Europe/Berlin")),
        "tags": [["a"], [], None],
        "nested": [{"a": 1}, {"a": 2}, None],
    }
)


def test_parquet_keeps_the_types_of_columns(tmp_path):
    source, copy = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(ARROW, source)
    write_table(read_table(str(source)), str(copy))
    assert pq.read_table(copy).replace_schema_metadata().equals(ARROW)


def test_parquet_tells_nan_from_null(tmp_path):
    source, copy = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"x": pa.array([float("nan"), None, 1.0])}), source)
    write_table(read_table(str(source)), str(copy))
    assert [str(value) for value in pq.read_table(copy)["x"].to_pylist()] == ["nan", "None", "1.0"]


def test_parquet_index_of_pandas_becomes_a_column(tmp_path):
    path = tmp_path / "in.parquet"
    pd.DataFrame({"text": ["a", "b"]}, index=pd.Index([7, 9], name="id")).to_parquet(path)
    assert read_table(str(path)).to_dict("list") == {"text": ["a", "b"], "id": [7, 9]}


@pytest.mark.parametrize("ending", FORMATS)
def test_parquet_can_be_turned_into_each_format(tmp_path, ending):
    source, copy = tmp_path / "in.parquet", tmp_path / f"out.{ending}"
    pq.write_table(ARROW, source)
    write_table(read_table(str(source)), str(copy))
    back = read_table(str(copy))
    assert list(back.columns) == ARROW.column_names
    assert [str(n) for n in back["large"]] == [str(n) for n in ARROW["large"].to_pylist()]
    assert back["label"].tolist() == ["x", "y", "x"]


def test_missing_cells_are_empty_in_csv_and_null_or_left_out_in_json_lines(tmp_path):
    table = pd.DataFrame(
        {
            "object": pd.Series(["a", None, float("nan")], dtype=object),
            "integer": pd.array([1, None, None], dtype="Int64"),
            "real": [0.5, float("nan"), float("nan")],
        }
    )
    write_table(table, str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text() == "object,integer,real\na,1,0.5\n,,\n,,\n"
    write_table(table, str(tmp_path / "out.jsonl"))
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert lines == [
        '{"object": "a", "integer": 1, "real": 0.5}',
        '{"object": null, "integer": null}',
        '{"integer": null}',
    ]


def test_lists_and_objects_are_json_in_csv(tmp_path):
    table = pd.DataFrame({"tags": [["é", 1]], "more": [{"a": None}]})
    write_table(table, str(tmp_path / "out.csv"))
    assert rows_of(read_table(str(tmp_path / "out.csv"))) == [['["é", 1]', '{"a": null}']]


# Reading


def test_csv_starts_with_a_byte_order_mark_or_not(tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes('"text",label\nä,b\n'.encode("utf-8-sig"))
    assert read_table(str(path)).to_dict("list") == {"text": ["ä"], "label": ["b"]}


def test_csv_skips_blank_lines_and_keeps_empty_names(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text(",text\n\n0,a\n\n1,b\n\n")
    assert read_table(str(path)).to_dict("list") == {"": ["0", "1"], "text": ["a", "b"]}


def test_csv_of_a_header_alone_has_columns_and_no_rows(tmp_path):
    path = tmp_path / "in.tsv"
    path.write_text("text\tlabel\n")
    table = read_table(str(path))
    assert (list(table.columns), len(table)) == (["text", "label"], 0)


def test_csv_takes_texts_longer_than_the_limit_of_the_csv_module(tmp_path):
    path, limit = tmp_path / "in.csv", csv.field_size_limit()
    text = "word " * (limit // 4)
    path.write_text(f"text,label\n{text},a\n")
    assert read_table(str(path))["text"][0] == text
    assert csv.field_size_limit() == limit


def test_reads_csv_from_standard_input_as_utf8(monkeypatch):
    raw = io.BytesIO("text,label\nä,007\n".encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw, encoding="ascii"))
    assert rows_of(read_table("-")) == [["ä", "007"]]


def test_writes_csv_to_standard_output_as_utf8_and_leaves_it_open(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    sys.stdout.write("before\n")
    write_table(frame([["ä\r", "007"]]), "-")
    sys.stdout.write("after\n")
    sys.stdout.flush()
    assert raw.getvalue() == 'before\ntext,label\n"ä\r","007"\nafter\n'.encode()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.csv", "", "in.csv: expected a header line with the names of the columns, got an empty file."),
        (
            "in.csv",
            "text,label\na,x\nb,c,x\n",
            "line 3: expected 2 fields as in the header, got 3. Put fields",
        ),
        ("in.csv", 'text,label\n"a\nb",x\nc\n', "line 4: expected 2 fields as in the header, got 1"),
        ("in.csv", 'text,label\na,x\n"b,x\n', "line 3: expected fields with balanced double quotes"),
        ("in.csv", "a,b,a\n1,2,3\n", "expected columns of different names, got 'a' 2 times. Rename"),
        (
            "in.csv",
            b"text,label\na,x\ncaf\xe9,x\n",
            "as 'utf-8', got other bytes in line 3 .* --encoding cp1252, or save it as UTF-8",
        ),
        ("in.jsonl", '{"text": "a"}\n{text}\n', "line 2: expected one JSON object per line, got Expecting"),
        ("in.jsonl", '{"a": 1}\n\n[1]\n', "line 3: expected one JSON object per line, got a list. Mend"),
        ("in.jsonl", '{"a": 1, "a": 2}\n', "line 1: expected .*, got the key 'a' twice"),
        ("in.jsonl", '{"a": {"b": 1, "c": 2, "b": 2}}\n', "line 1: expected .*, got the key 'b' twice"),
        ("in.jsonl", '{"a": NaN}\n', "line 1: expected .*, got NaN, which JSON does not have"),
        ("in.jsonl", '{"a": "\\ud83c"}\n', "line 1: expected .*surrogates not allowed"),
        ("in.parquet", "text", "in.parquet could not be read as Parquet, got: "),
        ("in.txt", "text", r"in.txt: expected a name that ends in .csv, .tsv, .jsonl, .parquet, got '.txt'"),
        ("in", "text", "in: expected a name that ends in .*, got 'none'"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path, monkeypatch, name, content, message):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        read_table(name)


def test_escaped_pairs_of_surrogates_are_one_character(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "\\ud83c\\udf88"}\n')
    assert read_table(str(path))["text"][0] == "🎈"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.csv: no such file. Check the name, or pass -"):
        read_table(str(tmp_path / "none.csv"))


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "in.parquet"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        ImportError, match=r"in.parquet: Parquet files need pyarrow, .* Run pip install pyarrow"
    ):
        read_table(str(path))
    with pytest.raises(ImportError, match=r"out.parquet: Parquet files need pyarrow"):
        check_table(frame([["a", "b"]]), str(tmp_path / "out.parquet"))


def test_parquet_is_written_without_the_metadata_of_pandas(tmp_path):
    write_table(frame([["a", "b"]]), str(tmp_path / "out.parquet"))
    assert pq.read_schema(tmp_path / "out.parquet").metadata is None


@pytest.mark.parametrize(("path", "ending"), [("a.CSV", ".csv"), ("x/y.b.jsonl", ".jsonl"), ("-", ".csv")])
def test_table_format_goes_by_the_ending(path, ending):
    assert table_format(path) == ending


# Writing, all or nothing


def test_an_error_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    with pytest.raises(TypeError):
        write_table(pd.DataFrame({"a": [{("not", "a key"): 1}]}), str(path))
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("ending", FORMATS)
def test_a_table_is_on_the_disk_before_it_has_its_name(tmp_path, disk_calls, ending):
    write_table(frame([["a", "b"]]), str(tmp_path / f"out.{ending}"))
    assert disk_calls[:2] == ["fsync", "replace"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_permissions_are_those_of_the_old_file_or_of_the_umask(tmp_path):
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("")
    old.chmod(0o640)
    mask = os.umask(0o027)
    try:
        write_table(frame([["a", "b"]]), str(old))
        write_table(frame([["a", "b"]]), str(new))
    finally:
        os.umask(mask)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="Windows needs a privilege for links")
def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    write_table(frame([["a", "b"]]), str(link))
    assert link.is_symlink()
    assert target.read_text() == "text,label\na,b\n"


def test_check_table_accepts_what_can_be_written(tmp_path):
    for name in ("new.csv", "new.parquet", "new.jsonl"):
        check_table(frame([["a", "b"]]), str(tmp_path / name))
    check_table(frame([["a", "b"]]), "-", sep=";", neutralise_formulas=True)
    assert list(tmp_path.iterdir()) == []


def test_check_table_names_a_table_that_parquet_cannot_hold(tmp_path):
    table = pd.DataFrame({"id": pd.Series([1, "a"], dtype=object)})
    with pytest.raises(ValueError, match=r"out.parquet cannot hold this table, got: .* write .jsonl or .csv"):
        check_table(table, str(tmp_path / "out.parquet"))
    check_table(table, str(tmp_path / "out.jsonl"))
