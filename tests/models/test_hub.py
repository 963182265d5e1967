"""The hub is asked once, and only for what is no folder."""

from __future__ import annotations

import pytest

from skbalagen.models import hub


class Session:
    def __init__(self, error=None):
        self.error, self.asked = error, []

    def head(self, address, timeout):
        self.asked.append((address, timeout))
        if self.error:
            raise self.error


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    session = Session()
    monkeypatch.setattr("huggingface_hub.utils.get_session", lambda: session)
    return session


def test_a_hub_that_answers_is_used(session):
    assert hub.hub_options("owner/model") == {}
    assert len(session.asked) == 1


def test_a_hub_that_does_not_answer_is_asked_once(session):
    session.error = ConnectionError("no network")
    assert hub.hub_options("owner/model") == {"local_files_only": True}
    assert [timeout for _, timeout in session.asked] == [5]


def test_a_folder_and_offline_mode_ask_nobody(session, tmp_path, monkeypatch):
    assert hub.hub_options(str(tmp_path)) == {}
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert hub.hub_options("owner/model") == {"local_files_only": True}
    assert session.asked == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SmolLM2-135M-instruct", "SmolLM2-135M-Instruct"),
        ("all-MiniLM-L6v2", "all-MiniLM-L6-v2"),
        ("sentence-transformers/all-MiniLM-L6-v3", "all-MiniLM-L6-v2"),
        ("gpt2", None),
        ("bert-base-uncased", None),
    ],
)
def test_a_typo_names_what_was_meant(name, meant):
    assert hub.suggested_name(name) == (f"Did you mean {meant!r}? " if meant else "")
