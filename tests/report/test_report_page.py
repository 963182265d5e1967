"""The report page: what it says, and what a browser makes of it."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skbalagen import BalaGenResampler, ShortfallWarning
from skbalagen.metrics.text_quality import distinct_n, nearest_similarity, new_ngrams
from skbalagen.report.page import html_page, write_html
from tests.fakes import FirstWordLabeler, NumberedGenerator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def fitted(corpus):
    """Sizes 12, 6, 3, 2 up to 12; every third candidate fails, some are refused; a class named like a tag."""
    X, y = corpus
    names = {"city": "<script>alert(1)</script>"}
    X = [text.replace("city", names["city"]) for text in X]
    y = [names.get(label, label) for label in y]
    resampler = BalaGenResampler(
        beta_low=100,
        generator=NumberedGenerator(fail_every=3),
        labelers=[FirstWordLabeler(veto="2"), FirstWordLabeler(), FirstWordLabeler(veto="5")],
        min_votes="all",
        max_candidates=1.5,
        random_state=0,
    )
    with pytest.warns(ShortfallWarning):
        resampler.fit_resample(X, y)
    return resampler


def test_page_says_what_was_done(fitted):
    page = html_page(fitted)
    report = fitted.report_
    assert "23 rows of 4 classes became 48." in page
    assert f"{report['added'].sum()} generated rows and {report['copied'].sum()} copies" in page
    assert "2 classes had fewer than five rows" in page
    for label in ("flight", "fare", "meal"):
        assert f">{label}</td>" in page
    refused = fitted.candidates_.query("verdict == 'refused'")["text"].iloc[0]
    assert refused.replace("<", "&lt;").replace(">", "&gt;") in page


def quality(page: str) -> dict[str, str]:
    """Return what the page says of the accepted texts, as {measure: percent}."""
    return {name: share for share, name in re.findall(r"<b>(\d+) %</b><em>(.*?):</em>", page)}


def test_page_measures_the_accepted_texts(fitted, corpus):
    X = pd.DataFrame({"text": corpus[0]})
    judged = fitted.candidates_.query("verdict in ['accepted', 'surplus', 'refused']")
    rows = fitted.candidates_.query("verdict == 'accepted'")
    texts = rows["text"].tolist()
    expected = {
        "novelty": new_ngrams(texts, corpus[0], n=3).mean(),
        "near-duplicates": (nearest_similarity(texts, corpus[0]) >= 0.9).mean(),
        "diversity": distinct_n(texts),
        "fidelity": rows["confidence"].mean(),
        "agreement": np.mean([[a == b, b == c, a == c] for a, b, c in judged["votes"]]),
    }
    assert quality(html_page(fitted, X)) == {name: f"{100 * share:.0f}" for name, share in expected.items()}
    assert set(quality(html_page(fitted))) == {"diversity", "fidelity", "agreement"}


def test_page_draws_a_point_a_text_when_it_knows_the_real_ones(fitted, corpus):
    drawn = re.findall(r'<circle class="(\w+)"', html_page(fitted, corpus[0]))
    verdicts = fitted.candidates_.dropna(subset="text")["verdict"]
    assert drawn.count("refused") == (verdicts == "refused").sum() > 0
    assert drawn.count("backed") == len(verdicts) - drawn.count("refused")
    assert "<circle" not in html_page(fitted)


def test_points_of_many_candidates_are_a_sample():
    X = [f"{c} text {i}" for c, n in (("a", 700), ("b", 10), ("c", 10)) for i in range(n)]
    y = [text[0] for text in X]
    resampler = BalaGenResampler(beta_low=100, generator=NumberedGenerator(), labelers=[], random_state=0)
    resampler.fit_resample(X, y)
    assert len(resampler.candidates_) > 1000
    page = html_page(resampler, X)
    assert page.count("<circle") == 1000
    assert "1000 candidates, evenly taken" in page


def test_texts_that_are_nearly_real_are_warned_of():
    X = [f"where is the parcel that was sent to me on day {i}" for i in range(10)] + ["rain", "wind"]
    y = ["parcel"] * 10 + ["weather"] * 2

    class Repeating(NumberedGenerator):
        def sample(self, spans, *, random_state=None):
            return {
                c: [f"where is the parcel that was sent to me on day {i}?" for i in s]
                for c, s in spans.items()
            }

    resampler = BalaGenResampler(beta_low=100, generator=Repeating(), labelers=[], random_state=0)
    resampler.fit_resample(X, y)
    assert "100 % of the accepted texts nearly repeat a real one and add little" in html_page(resampler, X)
    assert "nearly repeat" not in html_page(resampler)


def test_texts_of_one_word_have_no_pairs(corpus):
    class OneWord(NumberedGenerator):
        def sample(self, spans, *, random_state=None):
            return {c: [f"{c}{i} !" for i in s] for c, s in spans.items()}

    resampler = BalaGenResampler(generator=OneWord(), labelers=[], random_state=0)
    resampler.fit_resample(*corpus)
    assert set(quality(html_page(resampler, corpus[0]))) == {"novelty", "near-duplicates"}


def test_texts_from_the_unlabeled_pool_are_told_from_generated_ones(corpus):
    resampler = BalaGenResampler(
        generator=NumberedGenerator(), labelers=[FirstWordLabeler()], random_state=0, beta_low=75
    )
    resampler.fit_resample(*corpus, unlabeled=["city of light", "meal for two"])
    page = html_page(resampler, corpus[0])
    assert "filled with 2 unlabeled texts, 23 generated rows" in page
    assert '<i class="unlabeled"></i>unlabeled' in page
    assert page.count("<circle") == (resampler.candidates_["source"] == "generated").sum()


def test_text_of_the_data_stays_text(fitted, corpus):
    page = html_page(fitted, corpus[0])
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_page_asks_the_network_for_nothing(fitted, corpus):
    assert not re.search(r"https?://|//cdn|@import|src=|url\(", html_page(fitted, corpus[0]))


def test_bars_add_up(fitted):
    page = html_page(fitted)
    widths = [
        sum(float(w) for w in re.findall(r"width:([\d.]+)%", bar))
        for bar in re.findall(r'<div class="bar".*?</div>', page)
    ]
    assert widths == pytest.approx([100] * 4, abs=0.1)


def test_a_resampler_that_had_nothing_to_do_has_a_page(corpus):
    resampler = BalaGenResampler(beta_low=0, generator=NumberedGenerator(), labelers=[], random_state=0)
    resampler.fit_resample(*corpus)
    page = html_page(resampler)
    assert "0 classes were filled" in page
    assert "What to look at" not in page
    assert "Candidates by confidence" not in page


def test_150_classes_have_a_page():
    y = np.repeat([f"class {i}" for i in range(150)], [2 + i % 3 for i in range(150)])
    X = [f"text {i}" for i in range(len(y))]
    resampler = BalaGenResampler(beta_low=50, generator=NumberedGenerator(), labelers=[], random_state=0)
    resampler.fit_resample(X, y)
    assert html_page(resampler).count('class="bar"') == 150


def test_page_needs_a_fitted_resampler():
    with pytest.raises(NotFittedError):
        html_page(BalaGenResampler())


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_page_sorts_and_filters_in_a_browser_without_an_error(fitted, corpus, tmp_path):
    script = """<script>
    const names = () => [...document.querySelectorAll("#classes tbody tr")].filter(r => !r.hidden)
        .map(r => r.cells[0].textContent);
    const log = [];
    document.querySelectorAll("#classes th button")[1].click(); log.push(names().join("|"));
    document.querySelectorAll("#classes th button")[1].click(); log.push(names().join("|"));
    document.querySelectorAll("#classes th button")[0].click(); log.push(names().join("|"));
    const box = document.querySelector("#search");
    box.value = "FL"; box.dispatchEvent(new Event("input")); log.push(names().join("|"));
    document.title = JSON.stringify(log);
    </script>"""
    path = tmp_path / "page.html"
    write_html(fitted, path, corpus[0])
    path.write_text(path.read_text() + script)
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += ["--disable-component-update", "--disable-sync", "--no-first-run", "--enable-logging=stderr"]
    command += [
        f"--user-data-dir={tmp_path / 'profile'}",
        "--virtual-time-budget=2000",
        "--dump-dom",
        path.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "CONSOLE" not in done.stderr
    title = re.search(r"<title>(.*?)</title>", done.stdout)[1]
    tag = "&lt;script&gt;alert(1)&lt;/script&gt;"
    by_size = [tag, "meal", "fare", "flight"]
    orders = [by_size, by_size[::-1], [tag, "fare", "flight", "meal"], ["flight"]]
    assert title == str(["|".join(order) for order in orders]).replace("'", '"').replace(", ", ",")
