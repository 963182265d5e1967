"""The report page in a browser: it sorts and filters, and raises no error."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape

import pytest

from skbalagen.report.page import write_html
from tests.report.conftest import TAG


def find_chromium():
    """Return the path of Chromium, or None; SKBALAGEN_HIDE may hide it."""
    hidden = {name.strip() for name in os.environ.get("SKBALAGEN_HIDE", "").split(",")}
    if "chromium" in hidden:
        return None
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


needs_chromium = pytest.mark.skipif(
    find_chromium() is None, reason="Chromium is not installed, or SKBALAGEN_HIDE hides it"
)


def open_page(path, script):
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
    assert log[4] == [None, None, None, None, "ascending", None, None, None, None]
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
