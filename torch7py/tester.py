"""torch.Tester and torch.TestSuite: unit tests."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

import torch

from torch7py.classes import TorchObject, register
from torch7py.console import current, luatype, tostring
from torch7py.equality import compare, compare_tensors, kind, same
from torch7py.errors import TorchError
from torch7py.patterns import search
from torch7py.system import COLORS
from torch7py.table import Table
from torch7py.tensor.handle import unwrap

_WIDTH = 80


class TestSuite:
    """Tests by name, each of which can be defined once: ``suite = TestSuite(); suite.adds = lambda: ...``."""

    __test__ = False  # not pytest's

    def __init__(self):
        vars(self)["_tests"] = {}

    def __setattr__(self, name: str, test: Callable[[], object]) -> None:
        if name in self._tests:
            raise TorchError(f"Test {name} is already defined.")
        if luatype(test) == "table":
            raise TorchError("Nested tables of tests are not supported")
        if not callable(test):
            raise TorchError("Only functions are supported as members of a TestSuite")
        self._tests[name] = test

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._tests.get(name)


@register("torch.Tester")
class Tester(TorchObject):
    """Runs tests, which call its assertions: ``tester.add(suite).run()``.

    An assertion takes a message behind its values, and where it compares numbers a tolerance, in either order. It
    returns whether it held; the test goes on in any case.
    """

    __test__ = False  # not pytest's
    earlyAbort = rethrow = summaryOnly = None
    assertionPass = assertionFail = testError = countasserts = None
    _setUp = _tearDown = None

    def __init__(self):
        self.errors = Table()
        self.tests = Table()
        self.warnings = Table()
        self.disabledTests = Table()
        self._warningCount = Table()
        self._currentTestName = ""
        # assertTensorEq was once satisfied with equal numbers of elements, and still is, with a warning
        self._assertTensorEqIgnoresDims = True

    def setEarlyAbort(self, early: bool) -> None:
        """Stop at the first test that fails."""
        self.earlyAbort = early

    def setRethrowErrors(self, rethrow: bool) -> None:
        """Let errors and failures leave :meth:`run` at once."""
        self.rethrow = rethrow

    def setSummaryOnly(self, only: bool) -> None:
        """Report numbers only, not each failure."""
        self.summaryOnly = only

    # --- which tests

    def add(self, test, name: str | None = None) -> Tester:
        """Add a function under a name, or all of a TestSuite (or of a Table or dict, with a warning).

        ``_setUp`` and ``_tearDown`` are called around each test, with its name.
        """
        if isinstance(test, TestSuite):
            return self._add_all(test._tests, name)
        if isinstance(test, (Table, dict)):
            if test.get("__isTestSuite"):
                return self._add_all(test.get("__tests"), name)
            self._warning("Should use TestSuite rather than plain lua table")
            return self._add_all(test, name)
        if not callable(test):
            raise TorchError("Only tables of functions and functions supported")
        if name in ("_setUp", "_tearDown"):
            if getattr(self, name) is not None:
                raise TorchError(f"Only one {'set-up' if name == '_setUp' else 'tear-down'} function allowed")
            setattr(self, name, test)
            return self
        name = name or "unknown"
        if name in self.tests:
            raise TorchError(f"Test with name {name} already exists!")
        self.tests[name] = test
        return self

    def _add_all(self, tests, name: str | None) -> Tester:
        if name is not None:
            raise TorchError("Name parameter is forbidden for a table of tests, since its use is ambiguous")
        for name, test in tests.items():
            if luatype(test) == "table":
                raise TorchError("Nested sets of tests are not supported")
            self.add(test, name)
        return self

    def disable(self, names: str | Table | list) -> Tester:
        """Skip these tests."""
        for name in [names] if isinstance(names, str) else names:
            if name not in self.tests:
                raise TorchError(f"Unrecognized test '{name}'")
            self.disabledTests[name] = True
        return self

    def _chosen(self, names) -> dict:
        if names is None:
            return dict(self.tests.items())
        if not isinstance(names, (str, Table, list)):
            raise TorchError("Only accept a name or table of test names (or nil for all tests)")
        chosen = {}
        for pattern in [names] if isinstance(names, str) else names:
            found = {name: test for name, test in self.tests.items() if search(pattern, name)}
            if not found:
                raise TorchError(f"Couldn't find test '{pattern}'")
            chosen.update(found)
        return chosen

    # --- running

    def run(self, names: str | Table | list | None = None) -> int:
        """Run the tests whose names fit a Lua pattern (or one of a list; all by default), and print a report.

        Raises TorchError if any has failed; returns 0 otherwise.
        """
        tests = self._chosen(names)
        self.assertionPass, self.assertionFail, self.testError = Table(), Table(), Table()
        for name in tests:
            for counts in (self.assertionPass, self.assertionFail, self.testError, self._warningCount):
                counts[name] = 0
        _write(f"Running {_plural(len(tests), 'test')}\n")
        for number, (name, test) in enumerate(tests.items(), 1):
            failed = not self._run_one(number, len(tests), name, test)
            if failed and self.earlyAbort and number < len(tests):
                _write("Aborting on first error, not all tests have been executed\n")
                break
        self._report(tests)
        if any(self.assertionFail[name] or self.testError[name] for name in tests):
            raise TorchError("An error was found while running tests!")
        return 0

    def _run_one(self, number: int, total: int, name: str, test: Callable) -> bool:
        """Run a test between its two lines of the report; has it passed?"""
        self._currentTestName = name
        counter = f"{number:{len(str(total))}d}/{total} "
        dots = "." * (_WIDTH - 8 - 2 * len(str(total)) - 2 - len(name))
        line = f"{_coloured(counter, 'cyan')}{name} {dots} "
        _write(line + _mark("WAIT", "cyan"))
        sys.stdout.flush()
        mark = ("SKIP", "yellow")
        if not self.disabledTests[name]:
            errors = len(self.errors)
            if self._setUp is not None:
                self._setUp(name)
            completed = self._call(test)
            if self._tearDown is not None:
                self._tearDown(name)
            mark = ("PASS", "green") if len(self.errors) == errors else ("FAIL", "red")
            if not completed:
                mark = ("ERROR", "magenta")
        _write("\r" + line + _mark(*mark))
        if mark[0] == "PASS" and self._warningCount[name] > 0:
            _write("\n" + " " * (_WIDTH - 10) + _mark("+warning", "yellow"))
        _write("\n")
        return mark[0] in ("PASS", "SKIP")

    def _call(self, test: Callable) -> bool:
        """Call a test; has it come to its end?"""
        if self.rethrow:
            test()
            return True
        try:
            test()
        except Exception as error:
            name = self._currentTestName
            self.testError[name] = 1
            # a Lua error tells its own stack
            told = str(error) if hasattr(error, "traceback") else traceback.format_exc()
            self.errors.append(f"{name}\n Function call failed\n{told}\n")
            return False
        return True

    def _report(self, tests: dict) -> None:
        count = sum(self.assertionPass[name] + self.assertionFail[name] for name in tests)
        self.countasserts = count
        failures = sum(self.assertionFail[name] > 0 for name in tests)
        errors = sum(self.testError[name] > 0 for name in tests)
        warnings = sum(self._warningCount[name] > 0 for name in tests) + self._warningCount.get("", 0)
        skipped = sum(name in self.disabledTests for name in tests)
        parts = [
            _coloured(_plural(failures, "failure"), "red" if failures else "green"),
            _coloured(_plural(errors, "error"), "magenta" if errors else "green"),
        ]
        if warnings:
            parts.append(_coloured(_plural(warnings, "warning"), "yellow"))
        if skipped:
            parts.append(_coloured(f"{skipped} disabled", "yellow"))
        _write(f"Completed {_plural(count, 'assert')} in {_plural(len(tests), 'test')} with {' and '.join(parts)}\n")
        sections = [] if self.summaryOnly else [*self.errors, *self.warnings]
        if sections:
            dashes = "-" * _WIDTH + "\n"
            _write(dashes + "".join(f"{section}\n{dashes}" for section in sections))

    # --- what assertions do

    def _assert_sub(self, condition, message: str) -> bool:
        """What every assertion ends in; totem's Tester overrides it."""
        passed = condition is not None and condition is not False
        return self._success() if passed else self._failure(message)

    def _success(self) -> bool:
        """Count an assertion that held; Torch7's testers of testers replace this method and the next on an object."""
        self.assertionPass[self._running()] += 1
        return True

    def _failure(self, message: str) -> bool:
        name = self._running()
        if self.rethrow:
            raise TorchError(message)
        self.assertionFail[name] += 1
        self.errors.append(self._located(message))
        return False

    def _running(self) -> str:
        """The name of the test that is running."""
        name = self._currentTestName
        if self.assertionPass is None or self.assertionPass[name] is None:
            raise TorchError("Tester: an assertion was made while no test was running")
        return name

    def _warning(self, message: str) -> None:
        name = self._currentTestName
        self._warningCount[name] = self._warningCount.get(name, 0) + 1
        self.warnings.append(self._located(message))

    def _located(self, message: str) -> str:
        name = self._currentTestName
        return (f"{name}\n" if name else "") + f"{message}\nstack traceback:\n\t{current.console.position()}"

    # --- assertions

    def assert_(self, condition, *message) -> bool:
        """Is this true? (Lua's ``tester:assert``.)"""
        message = _message(message)
        if not isinstance(condition, bool):
            self._warning(
                " :assert should only be used for boolean conditions. To check for non-nil variables, do this "
                "explicitly: Tester:assert(var ~= nil)."
            )
        return self._assert_sub(condition, f"{message}BOOL violation condition={tostring(condition)}")

    def eq(self, got, expected, *options) -> bool:
        """Are these equal, deeply, in type, size and value?"""
        return self._equal(got, expected, False, options)

    def ne(self, got, unexpected, *options) -> bool:
        """Do these differ, anywhere?"""
        return self._equal(got, unexpected, True, options)

    assertGeneralEq, assertGeneralNe = eq, ne

    def _equal(self, got, expected, negate: bool, options: tuple) -> bool:
        tolerance, message = _options(options, 0)
        equal, reason = compare(unwrap(got), unwrap(expected), tolerance)
        return self._assert_sub(equal != negate, message + reason)

    def assertlt(self, a, b, *message) -> bool:
        """Is a < b?"""
        return self._assert_sub(a < b, f"{_message(message)}LT failed: {tostring(a)} >= {tostring(b)}")

    def assertgt(self, a, b, *message) -> bool:
        """Is a > b?"""
        return self._assert_sub(a > b, f"{_message(message)}GT failed: {tostring(a)} <= {tostring(b)}")

    def assertle(self, a, b, *message) -> bool:
        """Is a <= b?"""
        return self._assert_sub(a <= b, f"{_message(message)}LE failed: {tostring(a)} > {tostring(b)}")

    def assertge(self, a, b, *message) -> bool:
        """Is a >= b?"""
        return self._assert_sub(a >= b, f"{_message(message)}GE failed: {tostring(a)} < {tostring(b)}")

    def assertalmosteq(self, a: float, b: float, *options) -> bool:
        """Are two numbers equal, within 1e-16 by default?"""
        tolerance, message = _options(options, 1e-16)
        failure = f"ALMOST_EQ failed: {tostring(a)} ~= {tostring(b)} with tolerance={tostring(tolerance)}"
        return self._assert_sub(abs(a - b) <= tolerance, message + failure)

    def asserteq(self, a, b, *message) -> bool:
        """Are these the same number, string or object?"""
        return self._assert_sub(same(a, b), f"{_message(message)}EQ failed: {tostring(a)} ~= {tostring(b)}")

    def assertne(self, a, b, *message) -> bool:
        """Are these not the same number, string or object?"""
        message = _message(message)
        if kind(a) == kind(b) == "table" or kind(a) == "userdata":
            self._warning(
                " :assertne should only be used to compare basic lua objects (numbers, booleans, etc). Consider using "
                "either :assertGeneralNe or :assert(a ~= b)."
            )
        return self._assert_sub(not same(a, b), f"{message}NE failed: {tostring(a)} == {tostring(b)}")

    def assertTensorEq(self, a, b, *options) -> bool:
        """Are two tensors equal in type and elements? A different shape is a warning only."""
        return self._tensors_equal(a, b, False, options)

    def assertTensorNe(self, a, b, *options) -> bool:
        """Do two tensors differ?"""
        return self._tensors_equal(a, b, True, options)

    def _tensors_equal(self, a, b, negate: bool, options: tuple) -> bool:
        a, b = unwrap(a), unwrap(b)
        for tensor, place in ((a, "First"), (b, "Second")):
            if not isinstance(tensor, torch.Tensor):
                raise TorchError(f"{place} argument should be a Tensor")
        tolerance, message = _options(options, 0)
        equal, reason = compare_tensors(a, b, tolerance, self._assertTensorEqIgnoresDims)
        if equal and not negate and a.shape != b.shape:
            self._warning(
                "Tensors have the same content but different dimensions. For backwards compatibility, they are "
                "considered equal, but this may change in the future. Consider using :eq to check for equality instead."
            )
        return self._assert_sub(equal != negate, message + reason)

    def assertTableEq(self, a, b, *options) -> bool:
        """Are two tables equal, deeply?"""
        return self._tables_equal(a, b, False, options)

    def assertTableNe(self, a, b, *options) -> bool:
        """Do two tables differ, anywhere?"""
        return self._tables_equal(a, b, True, options)

    def _tables_equal(self, a, b, negate: bool, options: tuple) -> bool:
        for table, place in ((a, "First"), (b, "Second")):
            if kind(table) != "table":
                raise TorchError(f"{place} argument should be a Table")
        return self._equal(a, b, negate, options)

    def assertError(self, f: Callable, *message) -> bool:
        """Does this function raise an error?"""
        return self.assertErrorObj(f, lambda error: True, *message)

    def assertNoError(self, f: Callable, *message) -> bool:
        """Does this function come to its end?"""
        raised, error = _attempt(f)
        return self._assert_sub(not raised, f"{_message(message)}ERROR violation: err={tostring(error)}")

    def assertErrorMsg(self, f: Callable, expected: str, *message) -> bool:
        """Does this function raise an error with just this message?"""
        return self.assertErrorObj(f, lambda error: same(error, expected), *message)

    def assertErrorPattern(self, f: Callable, pattern: str, *message) -> bool:
        """Does this function raise an error whose message fits a Lua pattern?"""
        return self.assertErrorObj(f, lambda error: search(pattern, error) is not None, *message)

    def assertErrorObj(self, f: Callable, fits: Callable, *message) -> bool:
        """Does this function raise an error for which ``fits(error)`` is true?"""
        message = _message(message)
        raised, error = _attempt(f)
        return self._assert_sub(raised and fits(error), f"{message}ERROR violation: err={tostring(error)}")


# 'assert' is a word of Python's; Lua, and getattr, know the method by that name
setattr(Tester, "assert", Tester.assert_)


def _attempt(f: Callable) -> tuple[bool, object]:
    """Call f: has it raised an error, and which? A Lua error has a value; of Python's, the message counts."""
    try:
        f()
    except Exception as error:
        return True, getattr(error, "value", None) or str(error)
    return False, None


def _message(given: tuple) -> str:
    """The one message that may be given, as the beginning of what a failure says."""
    if len(given) > 1:
        raise TorchError("Unexpected arguments passed to test function")
    if not given or given[0] is None or given[0] == "":
        return ""
    if not isinstance(given[0], str):
        raise TorchError("message parameter must be a string")
    return given[0] + "\n"


def _options(given: tuple, tolerance: float) -> tuple[float, str]:
    """Tolerance and message, from arguments in either order."""
    found = {"number": tolerance, "string": ""}
    seen = set()
    for value in given:
        what = luatype(value)
        if what == "nil":
            continue
        if what not in found:
            raise TorchError("Unrecognized argument; should be a tolerance or message")
        if what in seen:
            raise TorchError(f"Unexpected {what} argument; there is one already")
        seen.add(what)
        found[what] = value
    if found["number"] < 0:
        raise TorchError("tolerance cannot be negative")
    return found["number"], found["string"] + "\n" if found["string"] else ""


def _write(text: str) -> None:
    current.console.write(text)


def _coloured(text: str, color: str) -> str:
    return COLORS[color] + text + COLORS["none"]


def _mark(text: str, color: str) -> str:
    return f"[{_coloured(text, color)}]"


def _plural(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
