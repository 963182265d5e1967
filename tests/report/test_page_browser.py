"""The report page in a browser: it sorts and filters, and raises no error."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape

import pytest

from skbalagen._utils.hidden import is_hidden
from skbalagen.report.page import write_html
from tests.report.conftest import TAG, make_resampled


def find_chromium():
    """Return the path of Chromium, or None; SKBALAGEN_HIDE may hide it."""
    if is_hidden("chromium"):
        return None
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


needs_chromium = pytest.mark.skipif(
    find_chromium() is None, reason="Chromium is not installed, or SKBALAGEN_HIDE hides it"
)


def open_page(path, script, width=1100):
    """Run a script on a page; return the object that it returns, and what was written to the console."""
    path.write_text(
        path.read_text(encoding="utf-8")
        + f"<script>document.title = JSON.stringify((() => {{{script}}})());</script>",
        encoding="utf-8",
    )
    command = [
        find_chromium(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
    ]
    command += ["--disable-component-update", "--disable-sync", "--no-first-run", "--enable-logging=stderr"]
    command += [f"--user-data-dir={path.parent / 'profile'}", "--virtual-time-budget=2000", "--dump-dom"]
    command += [f"--window-size={width},900"]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=120)
    title = unescape(re.search(r"<title>(.*?)</title>", done.stdout)[1])
    return json.loads(title), [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture
def page(resampled, X, tmp_path):
    path = tmp_path / "page.html"
    write_html(resampled, path, X)
    return path


def test_hidden_chromium_is_not_found(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.delenv("SKBALAGEN_HIDE", raising=False)
    assert find_chromium() == "/bin/chromium"
    monkeypatch.setenv("SKBALAGEN_HIDE", "wordnet, chromium")
    assert find_chromium() is None


@needs_chromium
def test_table_sorts_by_a_click_on_its_heads(page):
    script = """
    const names = () => [...document.querySelectorAll("#classes tbody tr")].map(r => r.cells[0].textContent);
    const buttons = document.querySelectorAll("#classes th button");
    const log = [];
    for (const column of [1, 1, 0, 4]) { buttons[column].click(); log.push(names()); }
    log.push([...document.querySelectorAll("#classes th")].map(h => h.getAttribute("aria-sort")));
    return log;
    """
    log, console = open_page(page, script)
    by_size = [TAG, "meal", "fare", "flight"]
    assert log[:2] == [by_size, by_size[::-1]]
    assert log[2] == [TAG, "fare", "flight", "meal"]
    assert log[3] == ["flight", "meal", TAG, "fare"]  # 0, 2, 3 and 4 accepted
    assert log[4] == [*[None] * 4, "ascending", *[None] * 6]
    assert console == []


@needs_chromium
def test_search_filters_classes_and_examples(page):
    script = """
    const shown = (selector) => [...document.querySelectorAll(selector)].filter(e => !e.hidden).length;
    const box = document.querySelector("#search");
    const log = [];
    for (const wanted of ["", "FL", "me", "nothing"]) {
        box.value = wanted;
        box.dispatchEvent(new Event("input"));
        log.push([shown("#classes tbody tr"), shown("#examples details")]);
    }
    return log;
    """
    log, console = open_page(page, script)
    assert log == [[4, 3], [1, 0], [1, 1], [0, 0]]
    assert console == []


@needs_chromium
def test_text_of_the_data_runs_no_script(page):
    script = """
    return [document.querySelectorAll("script").length, document.querySelector("#classes td").textContent];
    """
    log, console = open_page(page, script)
    assert log == [2, TAG]
    assert console == []


@needs_chromium
@pytest.mark.parametrize("width", [500, 1100])  # 500 is the least that Chromium opens
def test_page_is_no_wider_than_the_window(width, tmp_path):
    label = "a_class_whose_name_" + "is_quite_long_" * 20
    rows = [(label, verdict, "w" * 400, [True], 0.9) for verdict in ("accepted", "rejected")]
    path = tmp_path / "page.html"
    write_html(make_resampled({label: (1, 20, 1, 18), "b": (20, 20, 20, 0)}, rows), path, ["text"] * 21)
    (page_width, window_width), _ = open_page(
        path, "return [document.documentElement.scrollWidth, window.innerWidth];", width
    )
    assert page_width <= window_width == width
