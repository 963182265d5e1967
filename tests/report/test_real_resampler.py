"""Page, plots and notebook of the real resampler."""

from __future__ import annotations

import pickle
import re

import pytest
import sklearn
from imblearn.pipeline import Pipeline
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from skbalagen import BalaGenResampler, BalanceDisplay, LabelerEnsemble
from skbalagen.report import html_page, summarise
from skbalagen.report.counts import class_parts, fate_shares, totals
from tests.fakes import FirstWordLabeler, NumberedGenerator

TAG = "<script>alert(1)</script>"


@pytest.fixture
def tagged(corpus):
    """The corpus with a class named like a tag."""
    return tuple([text.replace("city", TAG) for text in texts] for texts in corpus)


@pytest.fixture
def fitted(tagged):
    """Sizes 12, 6, 3, 2 to 9 each; every third candidate fails, and some are rejected."""
    resampler = BalaGenResampler(
        beta_low=75,
        beta_high=25,
        generator=NumberedGenerator(fail_every=3),
        labelers=LabelerEnsemble(estimators=[FirstWordLabeler(veto="2"), FirstWordLabeler()], voting="all"),
        max_candidates=1.25,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="fewer generated rows than wanted"):
        resampler.fit_resample(*tagged)
    return resampler


def cells(page: str) -> dict[str, str]:
    """Return the summary below the diagram as {name: value}."""
    table = page[page.index('class="skbalagen-summary"') :]
    return dict(zip(re.findall("<th>(.*?)</th>", table), re.findall("<td>(.*?)</td>", table), strict=True))


def test_totals_are_those_of_the_rows_that_came_out(fitted):
    counted = totals(fitted)
    assert (counted["rows before"], counted["rows after"], counted["removed"]) == (23, 36, 3)
    assert counted["generated"] == fitted.is_synthetic_.sum()
    assert counted["candidates"] == len(fitted.candidates_)
    assert counted["copied"] == counted["missing"] > 0
    assert 23 - 3 + counted["generated"] + counted["copied"] == 36
    assert counted["rejected"] == (fitted.candidates_["verdict"] == "rejected").sum() > 0


def test_parts_add_up_to_before_and_after(fitted):
    parts, report = class_parts(fitted.report_), fitted.report_
    assert (parts["kept"] + parts["removed"] == report["n_before"]).all()
    assert (parts.drop(columns="removed").sum(axis=1) == report["n_after"]).all()


def test_accepted_candidates_are_counted_alike_in_both_tables(fitted):
    share = fitted.report_["n_accepted"].sum() / len(fitted.candidates_)
    assert fate_shares(fitted.candidates_)["accepted"] == pytest.approx(share)


def test_unlabeled_texts_are_told_from_generated_rows(corpus):
    resampler = BalaGenResampler(
        generator=NumberedGenerator(), labelers=[FirstWordLabeler()], random_state=0, beta_low=75
    )
    resampler.fit_resample(*corpus, unlabeled=["city of light", "meal for two"])
    assert totals(resampler)["unlabeled"] == 2
    assert "2 unlabeled texts" in html_page(resampler, corpus[0])
    summary = summarise(resampler, corpus[0])
    assert len(summary.points) == (resampler.candidates_["source"] == "generated").sum()


def test_page_of_a_resampler_that_was_pickled(fitted, tagged):
    page = html_page(pickle.loads(pickle.dumps(fitted)), tagged[0])
    assert page == html_page(fitted, tagged[0])
    assert TAG not in page
    assert "23 rows in 4 classes became 36 rows." in page


def test_plot_of_a_resampler(fitted):
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    display = BalanceDisplay.from_estimator(fitted)
    assert len(display.ax_.containers) == 4
    pyplot.close("all")


def test_notebooks_show_parameters_and_summary(fitted):
    expected = {name: str(n) for name, n in totals(fitted).items()} | {"B_low": "9", "B_high": "9"}
    for page in (fitted._repr_html_(), fitted._repr_mimebundle_()["text/html"]):
        assert "sk-top-container" in page
        assert "beta_low" in page
        assert cells(page) == expected
        assert TAG not in page


def test_representation_before_the_fit_and_as_text(corpus):
    resampler = BalaGenResampler()
    assert "skbalagen-summary" not in resampler._repr_html_()
    assert "skbalagen-summary" not in resampler.fit(*corpus)._repr_html_()
    with sklearn.config_context(display="text"):
        assert set(resampler._repr_mimebundle_()) == {"text/plain"}
        assert not hasattr(resampler, "_repr_html_")


def test_band_is_left_out_if_there_is_none(corpus):
    resampler = BalaGenResampler(generator="sample-copy", sampling_strategy={"city": 5}, random_state=0)
    resampler.fit_resample(*corpus)
    shown = cells(resampler._repr_html_())
    assert shown["copied"] == "3"
    assert "B_low" not in shown


def test_diagram_of_a_fitted_pipeline_holds_the_resampler(corpus):
    pipeline = Pipeline(
        [
            ("balance", BalaGenResampler(generator="sample-copy", random_state=0)),
            ("count", CountVectorizer()),
            ("clf", MultinomialNB()),
        ]
    ).fit(*corpus)
    assert "BalaGenResampler" in pipeline._repr_html_()
    assert pipeline.named_steps["balance"]._repr_html_().count("skbalagen-summary") == 1
