"""The report page: what it says, and what a browser makes of it."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skbalagen import BalaGenResampler, ShortfallWarning
from skbalagen.report_page import html_page, write_html
from tests.conftest import FirstWordLabeler, NumberedGenerator

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


def test_text_of_the_data_stays_text(fitted):
    page = html_page(fitted)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_page_asks_the_network_for_nothing(fitted):
    assert not re.search(r"https?://|//cdn|@import|src=|url\(", html_page(fitted))


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
def test_page_sorts_and_filters_in_a_browser_without_an_error(fitted, tmp_path):
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
    write_html(fitted, path)
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
