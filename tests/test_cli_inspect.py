"""The command line: inspect."""

from __future__ import annotations

from skbalagen.cli import main
from tests.table_rows import write_rows


def test_inspect_describes_the_table(intents, capsys):
    intents.write_text(intents.read_text() + "10,SUNNY  day,drinks\n")
    assert main(["inspect", str(intents)]) == 0
    shown = capsys.readouterr().out
    assert "11 rows, 2 classes, largest to smallest 3 : 1" in shown
    assert "1 text repeats an earlier one (ignoring case and spaces); 1 text has several labels" in shown
    assert "1 class has fewer than 5 rows, too few to learn to write: drinks" in shown
    assert "      95      8                1            5" in shown


def test_inspect_names_the_row_of_a_text_that_is_none(tmp_path, capsys):
    path = tmp_path / "in.jsonl"
    write_rows(path, [{"text": "a", "label": "x"}, {"text": None, "label": "y"}])
    assert main(["inspect", str(path)]) == 2
    assert "got None (NoneType) in row 1" in capsys.readouterr().err
