"""The report page: what it says of a summary."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skbalagen.report.page import html_page, write_html
from skbalagen.report.style import COLOURS
from skbalagen.report.summary import summarise
from tests.report.conftest import TAG, candidate_rows, make_resampled


def words(page: str) -> str:
    """Return the text of a page on one line."""
    return " ".join(unescape(re.sub("<(style|script)>.*?</\\1>|<[^>]*>", " ", page, flags=re.S)).split())


def table(page: str) -> list[list[str]]:
    """Return the cells of the table of classes."""
    rows = re.findall("<tr>(.*?)</tr>", page[page.index('id="classes"') : page.index("</table>")], re.S)
    return [
        [unescape(re.sub("<.*?>", "", cell)) for cell in re.findall("<t[hd].*?</t[hd]>", r)] for r in rows
    ]


def test_page_says_what_was_done(resampled):
    said = words(html_page(resampled))
    assert (
        "23 rows in 4 classes became 36 rows. The policy fills classes below 9 rows and reduces classes above "
        "9 rows. 3 classes were filled: 8 generated rows, 8 copied rows; 18 candidates generated for it. 3 rows "
        "removed." in said
    )
    assert "2 classes had fewer than 5 rows, too few to learn from." in said
    assert "Did it help?" in said


def test_page_uses_the_singular_for_one():
    resampled = make_resampled({"a": (1, 2, 1, 0), "b": (3, 2, 2, 0)}, [("a", "accepted", "a b", [], None)])
    assert (
        "1 class was filled: 1 generated row, 0 copied rows; 1 candidate generated for it. 1 row removed"
        in words(html_page(resampled))
    )


def test_page_has_one_row_per_class_in_the_order_of_the_report(resampled):
    head, *rows = table(html_page(resampled))
    assert head == [
        *("class", "before", "target", "candidates", "accepted", "near-duplicates", "leaks", "generated"),
        *("copied", "after", "rows"),
    ]
    assert [row[0] for row in rows] == [TAG, "meal", "fare", "flight"]
    assert rows[2] == ["fare", "6", "9", "7", "4", "0", "0", "3", "0", "9", ""]


def test_page_shows_fates_and_measures_in_percent(resampled, X):
    page = html_page(resampled, X)
    shown = {name: share for share, name in re.findall(r"<b>(\d+) %</b>(?:<em>)?(.*?)(?::</em>|</li>)", page)}
    summary = summarise(resampled, X)
    expected = {measure.name: f"{100 * measure.share:.0f}" for measure in summary.quality}
    expected |= {
        "of the candidates accepted": "50",
        "rejected by the labelers": "17",
        "repeat a row or another candidate": "17",
        "have no usable text": "17",
    }
    assert shown == expected


def test_page_shows_what_was_refused():
    rows = [("a", "accepted", "a b", [], None), ("a", "leak", "call 01715550199", [], None)]
    rows += [("a", "near-duplicate", "a row again", [], None), ("a", "rejected", "no", [], None)]
    page = html_page(make_resampled({"a": (1, 3, 1, 1), "b": (3, 3, 3, 0)}, rows), ["a row", "b", "c", "d"])
    assert table(page)[1] == ["a", "1", "3", "4", "1", "1", "1", "1", "1", "3", ""]
    said = words(page)
    assert "50 % refused, since they are no utterance or give away a row" in said
    assert (
        "1 accepted text carried over a long number, an e-mail address or a URL of a real text and were"
        in said
    )
    assert page.count('class="refused"') == 2  # a point and the legend: the leak itself is not shown
    assert "01715550199" not in page


def test_candidates_that_all_have_a_text_leave_out_the_failed():
    rows = [("a", "accepted", "a b", [], None)]
    page = html_page(make_resampled({"a": (1, 2, 1, 0), "b": (2, 2, 2, 0)}, rows))
    assert "no usable text" not in page
    assert "<b>100 %</b>of the candidates accepted" in page


def test_bars_of_the_classes_add_up(resampled):
    bars = re.findall(r'<div class="bar" title="(.*?)">(.*?)</div>', html_page(resampled))
    longest = 12
    for (title, parts), (_, counts) in zip(bars, summarise(resampled).parts.iterrows(), strict=True):
        counts = {kind: n for kind, n in counts.items() if n}
        assert title == ", ".join(f"{n} {kind}" for kind, n in counts.items())
        drawn = {kind: float(w) for kind, w in re.findall(r'class="(\w+)" style="width:([\d.]+)%', parts)}
        assert drawn == pytest.approx({kind: 100 * n / longest for kind, n in counts.items()}, abs=0.01)


def test_histogram_bars_stand_on_one_another(resampled):
    page = html_page(resampled)
    pattern = r'<rect class="(\w+)" x="(\d+)" y="([\d.]+)" width="27" height="([\d.]+)"><title>(.*?)</title>'
    bars = re.findall(pattern, page)
    histogram = summarise(resampled).histogram
    highest = max(map(sum, zip(histogram.accepted, histogram.rejected, strict=True)))
    assert len(bars) == 40
    for i, (upper, lower) in enumerate(zip(bars[::2], bars[1::2], strict=True)):
        assert (upper[0], lower[0]) == ("rejected", "accepted")
        assert upper[1] == lower[1] == str(51 + 29 * i)
        assert float(lower[3]) == pytest.approx(150 * histogram.accepted[i] / highest, abs=0.1)
        assert float(upper[3]) == pytest.approx(150 * histogram.rejected[i] / highest, abs=0.1)
        assert float(lower[2]) + float(lower[3]) == pytest.approx(170)
        assert float(upper[2]) + float(upper[3]) == pytest.approx(float(lower[2]))
        assert upper[4].endswith(f": {histogram.accepted[i]} accepted, {histogram.rejected[i]} rejected")


def test_points_lie_inside_the_drawing_with_the_accepted_on_top(resampled, X):
    page = html_page(resampled, X)
    points = re.findall(r'<circle class="(\w+)" cx="([\d.]+)" cy="([\d.]+)"', page)
    kinds = [kind for kind, _, _ in points]
    assert kinds == ["rejected", "repeated"] * 3 + ["accepted"] * 9
    for (_, x, y), (_, point) in zip(
        points[6:], summarise(resampled, X).points.query("kind == 'accepted'").iterrows(), strict=True
    ):
        assert float(x) == pytest.approx(50 + 580 * point["similarity"], abs=0.06)
        assert float(y) == pytest.approx(230 - 210 * point["novelty"], abs=0.06)
    assert "A sample of" not in page
    assert "<circle" not in html_page(resampled)


def test_points_of_many_candidates_are_a_sample():
    rows = [("a", "accepted", f"a text {i}", [], None) for i in range(1400)]
    resampled = make_resampled({"a": (2, 1402, 2, 0), "b": (1402, 1402, 1402, 0)}, rows)
    page = html_page(resampled, [f"text {i}" for i in range(1404)])
    assert page.count("<circle") == 1000
    assert "A sample of 1,000 of 1,400 candidates." in words(page)


def test_examples_show_votes_as_dots(resampled):
    said = words(html_page(resampled))
    assert "meal accepted meal number 0 is new ●● meal number 1 is new ●●" in said
    assert "rejected meal is not this at all ●○" in said


def test_a_class_without_accepted_candidates_shows_none():
    rows = [("a", "rejected", "not a", [False], 0.1)]
    page = html_page(make_resampled({"a": (1, 2, 1, 1), "b": (2, 2, 2, 0)}, rows))
    assert "accepted none rejected not a ○" in words(page)


def test_unlabeled_texts_have_their_own_colour_and_count(X):
    found = candidate_rows([("a", "accepted", "found text", [True], 0.8)] * 2, source="unlabeled")
    made = candidate_rows([("a", "accepted", "made text", [True], 0.9)])
    page = html_page(make_resampled({"a": (3, 6, 3, 0), "b": (20, 20, 20, 0)}, pd.concat([found, made])), X)
    assert "1 class was filled: 1 generated row, 2 unlabeled texts, 0 copied rows" in words(page)
    assert '<i class="unlabeled"></i>unlabeled' in page
    assert page.count("<circle") == 1


@pytest.mark.parametrize("where", ["label", "text", "rejected text"])
def test_text_of_the_data_stays_text(where):
    label, text, other = (TAG if where == name else "plain" for name in ("label", "text", "rejected text"))
    rows = [(label, "accepted", text, [True], 0.9), (label, "rejected", other, [False], 0.2)]
    resampled = make_resampled({label: (1, 50, 1, 48), "b": (50, 50, 50, 0)}, rows)
    page = html_page(resampled, ["real text"] * 51)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_quotes_cannot_leave_an_attribute():
    label = '" onmouseover="alert(1)'
    page = html_page(
        make_resampled({label: (1, 2, 1, 0), "b": (2, 2, 2, 0)}, [(label, "accepted", label, [], None)]),
        ["real", "real", "real"],
    )
    assert 'onmouseover="' not in page
    assert "&#34; onmouseover=&#34;alert(1)" in page


def test_page_asks_the_network_for_nothing(resampled, X):
    assert not re.search(r"https?://|//cdn|@import|src=|url\(", html_page(resampled, X))


def test_page_has_the_shared_colours(resampled):
    page = html_page(resampled)
    for kind, colour in COLOURS.items():
        assert f".{kind} {{ background: {colour}; fill: {colour}; }}" in page


def test_a_resampler_that_had_nothing_to_do_has_a_page():
    said = words(html_page(make_resampled({"a": (3, 3, 3, 0), "b": (4, 4, 4, 0)})))
    assert "7 rows in 2 classes became 7 rows. No class had to be filled." in said
    for absent in ("What to look at", "How sure", "Are the texts new", "Accepted and rejected", "Quality"):
        assert absent not in said


def test_2000_classes_have_a_page_with_the_examples_of_500():
    labels = [f"class {i}" for i in range(2000)]
    rows = [(c, v, f"{c} {v}", [True], 0.7) for c in labels for v in ("accepted", "rejected", "surplus")]
    page = html_page(make_resampled(dict.fromkeys(labels, (1, 2, 1, 0)), rows))
    assert page.count('class="bar"') == 2000
    assert page.count("<details") == 500
    assert "The other 1,500 classes are left out; candidates_ has them all." in words(page)


def test_page_needs_a_resampler_that_has_resampled(resampled):
    del resampled.report_
    with pytest.raises(NotFittedError, match=r"Call fit_resample\(X, y\) first"):
        html_page(resampled)


def test_page_refuses_the_texts_of_another_data_set(resampled, X):
    with pytest.raises(ValueError, match="expected 23 rows, got 24"):
        html_page(resampled, np.array([*X, "one more"]))


def test_write_html_writes_the_page_as_utf8_and_whole(resampled, X, tmp_path, disk_calls):
    path = tmp_path / "page.html"
    path.write_text("old")
    write_html(resampled, str(path), X)
    assert disk_calls[:2] == ["fsync", "replace"]
    assert path.read_text(encoding="utf-8") == html_page(resampled, X)
    assert "●" in path.read_bytes().decode("utf-8")
