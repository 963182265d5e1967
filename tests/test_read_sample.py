"""tools/read_sample.py: what a reader is shown, what is hidden, and the figures of the judgements."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from skbalagen.benchmark import load_split

TOOL = Path(__file__).parents[1] / "tools" / "read_sample.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("read_sample", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def item(number, letters, *, real=False, reason="", margin=0.5, unfiltered=True):
    answers = dict(zip(("fluent", "right", "new"), (letter == "y" for letter in letters), strict=True))
    hidden = {"real": real, "reason": reason, "margin": margin, "unfiltered": unfiltered}
    return {"number": number, "text": "t", "label": "l", "nearest": "n", "hidden": hidden, "judged": answers}


def test_wilson_interval_by_hand(tool):
    # 8 of 10, z = 2: centre (0.8 + 0.2) / 1.4, half width 2 * sqrt(0.016 + 0.01) / 1.4
    assert tool.wilson(8, 10, z=2) == pytest.approx((0.4839355, 0.9446359), abs=1e-6)
    assert tool.wilson(0, 10)[0] == 0
    assert tool.wilson(10, 10)[1] == 1
    assert tool.wilson(0, 0) == (0, 1)


def test_answers_are_read_with_comments(tool):
    answers = tool.read_answers(["12 yny  # doubtful", "", "# all"])
    assert answers == {12: {"fluent": True, "right": False, "new": True}}


@pytest.mark.parametrize("line", ["yyy", "3 yy", "3 yyx", "three yyy"])
def test_another_form_of_answer_is_refused(tool, line):
    with pytest.raises(ValueError, match="must be a number and 3 letters y or n, such as '3 yyn', got"):
        tool.read_answers([line])


def test_questions_go_on_where_they_were_stopped_and_hide_the_source(tool, capsys):
    items = [item(0, "yyy"), *({k: v for k, v in item(n, "yyy").items() if k != "judged"} for n in (1, 2))]
    assert tool.ask(items, ["yyn\n"]) == 1
    assert items[1]["judged"] == {"fluent": True, "right": True, "new": False}
    assert "judged" not in items[2]
    shown = capsys.readouterr().out
    assert "real" not in shown
    assert shown.startswith("\n1 [l]")


def test_figures_count_each_group(tool):
    items = [
        item(0, "yyy", margin=0.1),
        item(1, "yny"),
        item(2, "nyy", reason="case"),
        item(3, "yyn", unfiltered=False),
        item(4, "yyy", real=True),
    ]
    rows = {row.pop("group"): row for row in tool.figures(items)}
    assert {name: row["n"] for name, row in rows.items()} == {
        "accepted": 3,
        "accepted, rules": 3,
        "accepted, rules, margin 0.2": 2,
        "real rows": 1,
        "refused by 'case'": 1,
        "margin below 0.2": 1,
    }
    assert rows["accepted"]["fluent"]["share"] == pytest.approx(2 / 3, abs=1e-3)
    assert rows["accepted, rules"]["all three"]["share"] == pytest.approx(1 / 3, abs=1e-3)
    assert rows["accepted, rules"]["fluent and right"]["share"] == pytest.approx(2 / 3, abs=1e-3)


@pytest.fixture
def pools(tmp_path):
    """A pool of "shop" in which the labelers reject every fourth candidate and rules refuse every third."""
    split = load_split("shop", 0)
    classes = np.unique(split.y_train)
    texts = np.array([f"made text {i}{' {}' if i % 3 == 0 else ''}" for i in range(60)])
    labels = np.array([classes[i % len(classes)] for i in range(60)])
    proba = np.zeros((3, 60, len(classes)), dtype=np.float16)
    proba[:, np.arange(60), [(i + (i % 4 == 0)) % len(classes) for i in range(60)]] = 1
    arrays = {"texts": texts, "labels": labels.astype(str), "classes": classes.astype(str), "proba": proba}
    np.savez(tmp_path / "shop-0.npz", **arrays)
    return tmp_path


def test_a_draw_mixes_accepted_texts_and_hidden_controls(tool, pools, monkeypatch):
    monkeypatch.setattr(tool, "_reasons", lambda split, texts, labels: ["markup" * ("{" in t) for t in texts])
    items = tool.draw(pools, ["shop"], 0, n=12, n_controls=5, n_refused=3)
    made = [one for one in items if not one["hidden"]["real"]]
    split = load_split("shop", 0)
    assert [one["number"] for one in items] == list(range(len(items)))
    assert sum(not one["hidden"]["reason"] for one in made) == 12
    assert sum(one["hidden"]["unfiltered"] for one in made) == 12
    assert all(int(one["text"].split()[2]) % 4 for one in made)  # what the labelers accept
    assert all(one["text"] in split.X_test for one in items if one["hidden"]["real"])
    assert len({one["text"] for one in made}) == len(made)
    for one in items:
        assert one["nearest"] in split.X_train[split.y_train == one["label"]]
    again = tool.draw(pools, ["shop"], 0, n=12, n_controls=5, n_refused=3)
    assert again == items


def test_nothing_of_real_rows_is_published(tool):
    published = tool.publishable([item(0, "yyy"), item(1, "yny", real=True)])
    assert [one["text"] for one in published] == ["t", None]
    assert all("nearest" not in one for one in published)
    assert tool.figures(published) == tool.figures([item(0, "yyy"), item(1, "yny", real=True)])


def test_commands_draw_judge_and_count(tool, pools, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tool, "_reasons", lambda split, texts, labels: [""] * len(texts))
    sample, answers = tmp_path / "sample.jsonl", tmp_path / "answers.txt"
    tool.main(["draw", str(pools), "--tasks", "shop", "--n", "4", "--controls", "1", "--out", str(sample)])
    answers.write_text("\n".join(f"{number} yyn" for number in range(5)))
    tool.main(["judge", str(sample), "--answers", str(answers)])
    assert all(json.loads(line)["judged"]["fluent"] for line in sample.read_text().splitlines())
    tool.main(["figures", str(sample)])
    assert "accepted                     n=4    fluent 100% (51%-100%)" in capsys.readouterr().out
