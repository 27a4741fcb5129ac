"""A short run of the mutating fuzzer; ``python -m tests.fuzz_t7 20000`` is the long one."""

import sys

import pytest

from .fuzz_t7 import lua_loader, python_loader, run


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory as Linux does")
@pytest.mark.parametrize("loader", [python_loader, lua_loader])
def test_damaged_files_load_or_raise_one_clear_error(loader):
    loaded, raised = run(1000, loader, seed=7)
    assert loaded > 50 and raised > 300
