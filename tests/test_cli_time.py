"""The command line: a limit of time."""

from __future__ import annotations

import pytest

from skbalagen.cli import main
from tests.fakes import NumberedGenerator

pytestmark = pytest.mark.usefixtures("own_cache")


def test_balance_ends_in_time_with_the_best_so_far_and_says_so(
    generated, clock, tmp_path, monkeypatch, capsys
):
    sample = NumberedGenerator.sample

    def slow(self, spans, *, random_state=None):
        clock.now += 70
        return sample(self, spans, random_state=random_state)

    monkeypatch.setattr(NumberedGenerator, "sample", slow)
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = [f"a sunny day {i},weather" for i in range(120)] + ["a beer,drinks", "a wine,drinks"]
    source.write_text("\n".join(["text,label", *rows]) + "\n")
    command = ["balance", str(source), "-o", str(out), "--generator", "eda", "--quiet"]
    assert main([*command, "--max-minutes", "1"]) == 0
    err = capsys.readouterr().err
    assert "before max_minutes was used up" in err
    assert len(err.splitlines()) == 1
    assert out.read_text().count("True") == 64
    assert main(command) == 0
    assert out.read_text().count("True") == 118


def test_a_dry_run_says_how_long_it_takes(intents, tiny_gpt2, monkeypatch, capsys):
    monkeypatch.setattr("skbalagen.balagen.estimate.expected_seconds", lambda *args: (150.0, 90.0))
    monkeypatch.setattr("skbalagen.balagen.estimate._labeler_seconds", lambda *args: 6.0)
    monkeypatch.setattr("skbalagen.balagen.estimate.is_at_hand", lambda name: True)
    assert main(["balance", str(intents), "--dry-run", "--model", str(tiny_gpt2)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "About 4 minutes: fine-tuning 2.5, about 8 candidates 1.5, labelers 0.1."
    )


@pytest.mark.parametrize("minutes", ["0", "-1", "nan"])
def test_a_limit_that_is_none_is_refused(intents, minutes, capsys):
    assert main(["balance", str(intents), "-o", "-", "--generator", "eda", "--max-minutes", minutes]) == 2
    assert "max_minutes" in capsys.readouterr().err
