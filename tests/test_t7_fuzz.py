"""A short run of the mutating fuzzer; ``python -m tests.fuzz_t7 20000`` is the long one."""

from .fuzz_t7 import run


def test_damaged_files_load_or_raise_one_clear_error():
    loaded, raised = run(1500, seed=7)
    assert loaded > 50 and raised > 500
