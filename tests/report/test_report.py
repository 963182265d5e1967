"""What tables, plots, the page and notebooks share."""

from __future__ import annotations

import re

import pytest
import sklearn
from imblearn.pipeline import Pipeline
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from skbalagen import BalaGenResampler
from skbalagen.report.summary import class_parts, fate, totals
from tests.fakes import FirstWordLabeler, NumberedGenerator


@pytest.fixture
def fitted(corpus):
    """Sizes 12, 6, 3, 2 to 9 each; every third candidate fails, some are refused; a class named like a tag."""
    tag = "<script>alert(1)</script>"
    X, y = ([text.replace("city", tag) for text in texts] for texts in corpus)
    resampler = BalaGenResampler(
        beta_low=75,
        beta_high=25,
        generator=NumberedGenerator(fail_every=3),
        labelers=[FirstWordLabeler(veto="2"), FirstWordLabeler()],
        min_votes="all",
        max_candidates=1.25,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="fewer generated rows than wanted"):
        resampler.fit_resample(X, y)
    return resampler


def cells(page: str) -> dict[str, str]:
    """Return the summary below the diagram as {name: value}."""
    table = page[page.index('class="skbalagen-summary"') :]
    return dict(zip(re.findall("<th>(.*?)</th>", table), re.findall("<td>(.*?)</td>", table), strict=True))


def test_parts_add_up_to_before_and_after(fitted):
    parts, report = class_parts(fitted.report_), fitted.report_
    assert (parts["kept"] + parts["removed"] == report["size_before"]).all()
    assert (parts[["kept", "generated", "copied"]].sum(axis=1) == report["size_after"]).all()


def test_fate_counts_surplus_as_backed(fitted):
    verdicts = fitted.candidates_["verdict"]
    assert set(fate(fitted.candidates_)) == {"backed", "refused", "failed"}
    assert (fate(fitted.candidates_) == "backed").sum() == verdicts.isin(["accepted", "surplus"]).sum()
    assert fitted.report_["backed"].sum() == (fate(fitted.candidates_) == "backed").sum()


def test_totals_are_those_of_the_rows_that_came_out(fitted):
    counted = totals(fitted)
    assert (counted["rows before"], counted["rows after"], counted["removed"]) == (23, 36, 3)
    assert counted["generated"] == fitted.is_synthetic_.sum()
    assert counted["candidates"] == len(fitted.candidates_)
    assert counted["copied"] == counted["shortfall"] > 0
    assert 23 - 3 + counted["generated"] + counted["copied"] == 36
    assert counted["refused"] == (fitted.candidates_["verdict"] == "refused").sum() > 0


def test_notebooks_show_parameters_and_summary(fitted):
    expected = {name: str(n) for name, n in totals(fitted).items()} | {"B_low": "9", "B_high": "9"}
    for page in (fitted._repr_html_(), fitted._repr_mimebundle_()["text/html"]):
        assert "sk-top-container" in page
        assert "beta_low" in page
        assert cells(page) == expected
        assert "<script>alert(1)" not in page


def test_representation_before_the_fit_and_as_text(corpus):
    resampler = BalaGenResampler()
    assert "skbalagen-summary" not in resampler._repr_html_()
    assert "skbalagen-summary" not in resampler.fit(*corpus)._repr_html_()
    with sklearn.config_context(display="text"):
        assert set(resampler._repr_mimebundle_()) == {"text/plain"}
        assert not hasattr(resampler, "_repr_html_")


def test_band_is_left_out_where_there_is_none(corpus):
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
