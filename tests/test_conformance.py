"""The corpus recorded from the original: in complete groups every case agrees."""

import pytest

from tests.conformance import corpus


@pytest.mark.parametrize("group", corpus.groups())
def test_group(group, corpus_rates):
    score = corpus.Score(group)
    corpus_rates[group] = score.line()
    assert not score.stale, f"listed as exceptions, but they agree: {score.stale}"
    if group in corpus.COMPLETE:
        assert not score.failures, "\n".join(f"{name}: {failure}" for name, failure in score.failures)


def test_every_exception_is_a_case():
    names = {case.name for group in corpus.groups() for case in corpus.cases(group)}
    assert corpus.exceptions().keys() <= names
