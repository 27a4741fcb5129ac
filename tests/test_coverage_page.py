"""docs/coverage.md is what docs/coverage.py makes of the code and the notes."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def coverage():
    spec = importlib.util.spec_from_file_location("coverage_page", DOCS / "coverage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page():
    """Made in a process of its own: what is there depends on the packages that were imported, and in which order."""
    command = [sys.executable, str(DOCS / "coverage.py"), "--print"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_page_is_up_to_date(page):
    assert (DOCS / "coverage.md").read_text("utf-8") == page, "run: python docs/coverage.py"


def test_no_name_is_missing_without_a_note(page):
    assert re.findall(r"^\| `(\w+)` \| missing \|", page, re.M) == []


def test_names_are_read_from_documentation_and_code(coverage, tmp_path):
    (tmp_path / "doc").mkdir()
    (tmp_path / "README.md").write_text("# thing\n")
    text = "<a name='thing.dok'></a>\n# Things #\n<a name='thing.Part'></a>\n## Part ##\n### [res] thing.make(x) ###\n"
    (tmp_path / "doc" / "one.md").write_text(text)
    (tmp_path / "init.lua").write_text("function thing.helper(x) end\ntorch.class('thing.Other')\n")
    assert coverage.original_names(tmp_path, "thing") == {"Part", "make", "helper", "Other"}


def test_kernels_are_those_of_the_source(coverage):
    found = coverage.kernels(coverage.classes.find_anywhere("nn.SpatialConvolution"))
    assert "convolution_backward" in found and "exp" not in found
