"""The cases of the corpus, and running them in a Lua runtime."""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

from lua_bridge import LuaError, LuaTorch

from .values import DOUBLE, EXACT, FLOAT, Tolerance, difference, encode

FOLDER = Path(__file__).parent

# Groups of which every case must agree, but for exceptions.txt. The others are being built: their rate is shown.
COMPLETE = frozenset(
    {
        "image",
        "maths",
        "nn_convolution",
        "nn_criterion",
        "nn_simple",
        "nngraph",
        "optim",
        "packages",
        "random",
        "recurrent",
        "system",
        "tensor",
    }
)

PREAMBLE = "require 'torch' torch.setdefaulttensortype('torch.DoubleTensor') torch.manualSeed(1234)"


class Case(NamedTuple):
    """One line of the corpus; ``returns`` is None where the original raised an error."""

    group: str
    name: str
    packages: list[str]
    source: str
    returns: list | None
    error: str | None

    def tolerance(self) -> Tolerance:
        """How far a number of this case may be off."""
        if self.group == "random":
            drawn_through = re.search(
                r"normal|randn|exponential|cauchy|geometric|logNormal", self.source, re.IGNORECASE
            )
            return Tolerance(1e-12, 1e-15) if drawn_through else EXACT
        return FLOAT if re.search(r"float", self.source, re.IGNORECASE) else DOUBLE


def groups() -> list[str]:
    """The names of all groups."""
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def cases(group: str) -> list[Case]:
    """The cases of one group."""
    lines = (FOLDER / f"{group}.jsonl").read_text("utf-8").splitlines()
    records = map(json.loads, lines)
    return [Case(group, r["name"], r["packages"], r["source"], r.get("returns"), r.get("error")) for r in records]


def exceptions() -> dict[str, str]:
    """Names and reasons of the cases that cannot agree."""
    lines = (FOLDER / "exceptions.txt").read_text("utf-8").splitlines()
    return dict(re.split(r"\s{2,}", line, maxsplit=1) for line in lines if line and not line.startswith("#"))


def failure(case: Case) -> str | None:
    """Run one case in a fresh runtime: None if it agrees with the original, else what is different."""
    with LuaTorch() as lua:
        try:
            lua.execute(PREAMBLE + "".join(f" require '{package}'" for package in case.packages))
        except LuaError as error:
            return f"could not begin: {error.message}"
        try:
            returned = lua.execute(case.source)
            got = [encode(value) for value in (returned if isinstance(returned, tuple) else (returned,))]
        except LuaError as error:
            return None if _same_fault(case, error.message) else f"raised: {error.message}"
        except Exception as error:  # a fault of the bridge: it lets out nothing but LuaError
            return f"broke: {type(error).__name__}: {error}"
    if case.returns is None:
        return f"expected the error {case.error!r}, got {got!r}"
    return difference(_returned(case.returns), _returned(got), case.tolerance(), "returns")


def _same_fault(case: Case, message: str) -> bool:
    """Whether an error was to be raised, and is not just that of something missing here."""
    missing = re.search(r"attempt to (call|index) .*nil value|object has no attribute", message)
    return case.returns is None and (missing is None or "nil value" in case.error)


def _returned(values: list) -> dict:
    """Several returned values as one table, which also drops nils at the end: the recording did not keep them."""
    return {"table": [[position, value] for position, value in enumerate(values, 1) if value is not None]}


class Score:
    """The cases of a group whose names contain ``substring``, run in an empty folder, and who failed."""

    def __init__(self, group: str, substring: str = ""):
        self.group = group
        self.passed = 0
        self.failures: list[tuple[str, str]] = []  # name, what differs
        self.stale: list[str] = []  # listed as exceptions, but they agree
        reasons = exceptions()
        home = os.getcwd()
        printed = io.StringIO()  # what the cases print is nobody's business
        with tempfile.TemporaryDirectory() as folder, redirect_stdout(printed):
            os.chdir(folder)
            try:
                for case in cases(group):
                    if substring in case.name:
                        self._count(case, failure(case), reasons.get(case.name))
            finally:
                os.chdir(home)

    def _count(self, case: Case, failed: str | None, exception: str | None) -> None:
        if failed and exception is None:
            self.failures.append((case.name, failed))
        elif exception is not None:
            if not failed and not exception.startswith("by chance: "):
                self.stale.append(case.name)
        else:
            self.passed += 1

    @property
    def total(self) -> int:
        """How many cases were run, without the exceptions."""
        return self.passed + len(self.failures)

    def line(self) -> str:
        """The score as one line of a report."""
        rate = 100 * self.passed / max(1, self.total)
        state = "complete" if self.group in COMPLETE else "in progress"
        return f"{self.group:16} {self.passed:5}/{self.total:<5} {rate:6.1f} %  {state}"
