"""torch.Tester and TestSuite."""

import re

import pytest
import torch

from torch7py.console import Console, current
from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tester import Tester, TestSuite


@pytest.fixture(autouse=True)
def python_console():
    before, current.console = current.console, Console()
    yield
    current.console = before


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def run(body, capsys):
    """Run one test; what its assertions returned, and the report."""
    tester, got = Tester(), []
    tester.add(lambda: got.extend(body(tester)), "one")
    try:
        tester.run()
    except TorchError as error:
        assert "An error was found" in str(error)
    return got, plain(capsys.readouterr().out)


def test_a_report(capsys):
    suite = TestSuite()
    suite.good = lambda: tester.eq(1, 1)
    tester = Tester().add(suite)
    assert tester.run() == 0
    line = "1/1 good ................................................................ "
    assert plain(capsys.readouterr().out) == (
        f"Running 1 test\n{line}[WAIT]\r{line}[PASS]\nCompleted 1 assert in 1 test with 0 failures and 0 errors\n"
    )


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1, 1.0, True),
        (1, "1", False),
        (True, 1, False),
        (Table([1, Table(a=2)]), Table([1, Table(a=2)]), True),
        (Table([1, Table(a=2)]), Table([1, Table(a=3)]), False),
        (Table([1]), Table([1, 2]), False),
        (torch.ones(2), torch.ones(2), True),
        (torch.ones(2), torch.ones(1, 2), False),
        (torch.ones(2), torch.ones(2).double(), False),
        (torch.tensor([1, 2], dtype=torch.uint8), torch.tensor([2, 1], dtype=torch.uint8), False),
        (torch.empty(0), torch.empty(0), True),
    ],
)
def test_deep_equality(a, b, equal, capsys):
    got, _ = run(lambda tester: [tester.eq(a, b), tester.ne(a, b)], capsys)
    assert got == [equal, not equal]


def test_a_failure_tells_where_and_what(capsys):
    _, report = run(lambda tester: [tester.eq(Table([1, Table(a=2)]), Table([1, Table(a=3)]), "deep")], capsys)
    assert "one\ndeep\nAt table location 2.a: EQ failed: 2 ~= 3\n" in report
    assert __file__ in report
    assert "Completed 1 assert in 1 test with 1 failure and 0 errors" in report


def test_tolerance_and_message_in_either_order(capsys):
    got, _ = run(
        lambda tester: [
            tester.eq(1, 1.05, 0.1, "why"),
            tester.eq(1, 1.05, "why", 0.1),
            tester.assertalmosteq(1, 1.1),
            tester.assertTensorEq(torch.ones(2), torch.ones(2) + 0.05, 0.1),
        ],
        capsys,
    )
    assert got == [True, True, False, True]


def test_shapes_that_differ_are_a_warning_to_assertTensorEq(capsys):
    got, report = run(lambda tester: [tester.assertTensorEq(torch.ones(2), torch.ones(1, 2))], capsys)
    assert got == [True]
    assert "and 1 warning\n" in report


def test_errors_that_are_expected(capsys):
    def fail():
        raise ValueError("abc")

    got, _ = run(
        lambda tester: [
            tester.assertError(fail),
            tester.assertError(lambda: None),
            tester.assertNoError(fail),
            tester.assertErrorMsg(fail, "abc"),
            tester.assertErrorPattern(fail, "^%a+$"),
            tester.assertErrorPattern(fail, "%d"),
        ],
        capsys,
    )
    assert got == [True, False, False, True, True, False]


def test_a_broken_test_is_an_error_and_the_others_run(capsys):
    tester = Tester()
    tester.add(lambda: 1 / 0, "broken")
    tester.add(lambda: getattr(tester, "assert")(True), "good")
    with pytest.raises(TorchError):
        tester.run()
    report = plain(capsys.readouterr().out)
    assert "ZeroDivisionError" in report
    assert "Completed 1 assert in 2 tests with 0 failures and 1 error\n" in report


def test_which_tests_run(capsys):
    ran = []
    tester = Tester()
    for name in ("alpha", "beta", "alphabet"):
        tester.add(lambda name=name: ran.append(name), name)
    tester.run("^alpha")
    assert ran == ["alpha", "alphabet"]
    tester.disable("alpha").run(["^alpha$", "beta"])
    assert ran == ["alpha", "alphabet", "beta"]
    with pytest.raises(TorchError, match="Couldn't find test 'gamma'"):
        tester.run("gamma")


def test_set_up_and_tear_down_know_the_test(capsys):
    log = []
    tester = Tester()
    tester.add(
        {
            "_setUp": lambda name: log.append("up " + name),
            "_tearDown": lambda name: log.append("down " + name),
            "a": lambda: log.append("a"),
        }
    )
    tester.run()
    assert log == ["up a", "a", "down a"]


def test_what_is_refused():
    suite = TestSuite()
    suite.a = lambda: None
    with pytest.raises(TorchError, match="Test a is already defined"):
        suite.a = lambda: None
    with pytest.raises(TorchError, match="Only functions"):
        suite.b = 3
    tester = Tester().add(suite)
    with pytest.raises(TorchError, match="Test with name a already exists"):
        tester.add(lambda: None, "a")
    with pytest.raises(TorchError, match="no test was running"):
        tester.eq(1, 1)
