"""Progress bars: what they count, and that there are none unless somebody asked."""

from __future__ import annotations

import re
import sys

import pytest
from sklearn.base import clone

from skbalagen import BalaGenResampler, CausalLMGenerator
from skbalagen._utils.progress import progress_bar, progress_hidden, progress_shown
from skbalagen.cli import main
from tests.fakes import FirstWordLabeler, NumberedGenerator


def make(**parameters):
    given = {
        "generator": NumberedGenerator(),
        "labelers": [FirstWordLabeler(), FirstWordLabeler()],
        "beta_low": 75,
        "random_state": 0,
    }
    return BalaGenResampler(**(given | parameters))


def states(err: str, title: str) -> list[str]:
    """Return what the bar of a title showed, one after the other."""
    return [line for line in re.split(r"[\r\n]+", err) if line.startswith(title)]


def test_nothing_is_shown_unless_asked(corpus, capfd):
    make().fit_resample(*corpus)
    assert capfd.readouterr() == ("", "")


def test_bars_count_labelers_and_accepted_rows(corpus, capfd):
    resampler = make(verbose=1, generator=NumberedGenerator(fail_every=2))
    resampler.fit_resample(*corpus)
    out, err = capfd.readouterr()
    assert out == ""
    assert "2/2" in states(err, "fitting labelers")[-1]
    accepted = states(err, "accepted")
    wanted = resampler.report_["n_generated"].sum()
    assert f" 0/{wanted} " in accepted[0]
    assert any("3 open: city 0/10, meal 0/9" in line for line in accepted)
    assert f" {wanted}/{wanted} " in accepted[-1]
    assert "0 open" in accepted[-1]
    assert make().fit_resample(*corpus)  # and the next is silent again
    assert capfd.readouterr() == ("", "")


def test_the_resampler_shows_the_bars_of_its_parts(corpus, capfd, tiny_gpt2):
    generator = CausalLMGenerator(model=str(tiny_gpt2), epochs=2, batch_size=4, max_tokens=5, device="cpu")
    resampler = make(generator=generator, labelers=[], verbose=1, max_candidates=0.5, shortfall="copy")
    with pytest.warns(UserWarning, match="fewer generated rows than wanted"):
        resampler.fit_resample(*corpus)
    err = capfd.readouterr().err
    steps = resampler.generator_.history_.n_steps
    assert f"{steps}/{steps}" in states(err, "fine-tuning")[-1]
    assert "epoch 2/2: loss" in states(err, "fine-tuning")[-1]
    assert states(err, "writing")
    assert resampler.generator_.verbose == 0  # part of the key of a cache


def test_a_part_shows_its_own_bar(corpus, capfd, tiny_gpt2):
    CausalLMGenerator(
        model=str(tiny_gpt2), epochs=1, batch_size=8, device="cpu", verbose=1, random_state=0
    ).fit(*corpus)
    assert states(capfd.readouterr().err, "fine-tuning")


def test_an_inner_block_does_not_hide_what_an_outer_one_shows():
    def hidden():
        return progress_bar(title="x", unit="y").disable

    assert hidden()
    with progress_shown(1):
        with progress_shown(0):
            assert not hidden()
        assert not hidden()
    with pytest.raises(RuntimeError), progress_shown(1):
        raise RuntimeError
    assert hidden()


@pytest.mark.parametrize(
    ("terminal", "options", "shown"), [(True, [], 1), (True, ["--quiet"], 0), (False, [], 0)]
)
def test_command_line_shows_bars_on_a_terminal(tmp_path, monkeypatch, terminal, options, shown):
    source = tmp_path / "in.csv"
    source.write_text("text,label\na,x\nb,x\nc,y\n")
    asked = []
    fit_resample = BalaGenResampler.fit_resample

    def spy(self, X, y):
        asked.append(self.verbose)
        return fit_resample(self, X, y)

    monkeypatch.setattr(BalaGenResampler, "fit_resample", spy)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    arguments = ["balance", str(source), "-o", str(tmp_path / "out.csv"), "--generator", "sample-copy"]
    assert main([*arguments, *options]) == 0
    assert asked == [shown]


class Journal:
    """A callback of scikit-learn that writes down what it is told."""

    def __init__(self):
        self.lines = []

    def setup(self, estimator, context):
        self.lines.append("setup")

    def teardown(self, estimator, context):
        self.lines.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.lines.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context):
        self.lines.append(f"end {context.task_name}")


@pytest.mark.skipif(not hasattr(BalaGenResampler, "set_callbacks"), reason="scikit-learn before 1.9")
def test_callbacks_of_scikit_learn_are_told_of_the_steps(corpus):
    journal = Journal()
    resampler = make().set_callbacks(journal)
    X, y = resampler.fit_resample(*corpus)
    steps = ["labelers", "generator", "candidates"]
    told = [line for step in steps for line in (f"begin {step}", f"end {step}")]
    assert journal.lines == ["setup", "begin fit_resample", *told, "end fit_resample", "teardown"]
    assert (X, y) == make().fit_resample(*corpus)
    journal.lines.clear()
    broken = clone(resampler).set_params(generator=NumberedGenerator(fail_every=1), shortfall="raise")
    with pytest.raises(ValueError, match="3 of 3 classes got fewer generated rows"):
        broken.fit_resample(*corpus)
    assert journal.lines[0] == "setup"
    assert journal.lines[-1] == "teardown"


def test_bars_can_be_hidden_in_a_block_that_shows_them(capsys):
    with progress_shown(1):
        with progress_hidden():
            list(progress_bar(range(2), title="trial", unit="row"))
        assert capsys.readouterr().err == ""
        list(progress_bar(range(2), title="work", unit="row"))
    assert "work" in capsys.readouterr().err
