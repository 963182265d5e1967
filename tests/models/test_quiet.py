"""transformers is silent in the block, and its settings come back after it."""

from __future__ import annotations

import os

import pytest
from transformers.utils import logging

from skbalagen.models.load import load_causal_lm
from skbalagen.models.quiet import quiet_transformers

SWITCH = "DISABLE_SAFETENSORS_CONVERSION"


def settings():
    return logging.get_verbosity(), logging.is_progress_bar_enabled(), os.environ.get(SWITCH)


@pytest.fixture(params=[True, False], ids=["bars", "no bars"])
def bars(request):
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_info()
    (logging.enable_progress_bar if request.param else logging.disable_progress_bar)()
    yield request.param
    logging.set_verbosity(before[0])
    (logging.enable_progress_bar if before[1] else logging.disable_progress_bar)()


@pytest.mark.parametrize("switch", [None, "0", "1"])
def test_the_settings_change_in_the_block_and_come_back(monkeypatch, bars, switch):
    if switch is None:
        monkeypatch.delenv(SWITCH, raising=False)
    else:
        monkeypatch.setenv(SWITCH, switch)
    with quiet_transformers():
        assert settings() == (logging.ERROR, False, "1")
    assert settings() == (logging.INFO, bars, switch)


def test_the_settings_come_back_after_an_error(monkeypatch, bars):
    monkeypatch.delenv(SWITCH, raising=False)
    with pytest.raises(RuntimeError, match="inside"), quiet_transformers():
        raise RuntimeError("inside")
    assert settings() == (logging.INFO, bars, None)


def test_blocks_nest(monkeypatch, bars):
    monkeypatch.delenv(SWITCH, raising=False)
    with quiet_transformers():
        with quiet_transformers():
            pass
        assert settings() == (logging.ERROR, False, "1")
    assert settings() == (logging.INFO, bars, None)


def test_loading_prints_nothing_and_leaves_the_settings_alone(monkeypatch, tiny_gpt2, capfd):
    monkeypatch.delenv(SWITCH, raising=False)
    before = settings()
    load_causal_lm(str(tiny_gpt2))
    assert settings() == before
    assert capfd.readouterr() == ("", "")
