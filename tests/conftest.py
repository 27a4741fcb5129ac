"""Shared by all tests: the corpus's rates at the end of a run."""

import pytest

rates = pytest.StashKey[dict[str, str]]()


def pytest_configure(config):
    config.stash[rates] = {}


@pytest.fixture
def corpus_rates(request) -> dict[str, str]:
    """Where a test of the corpus leaves a line for the summary, by group."""
    return request.config.stash[rates]


def pytest_terminal_summary(terminalreporter, config):
    if config.stash[rates]:
        terminalreporter.section("corpus of the original: cases that agree")
        for group in sorted(config.stash[rates]):
            terminalreporter.write_line(config.stash[rates][group])
