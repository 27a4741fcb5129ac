"""The runner of the original packages' tests, on a small checkout made here."""

import subprocess
import sys

import pytest

from tests.upstream.runner import files_of, run_file

TESTER = """
local tests = torch.TestSuite()
local tester = torch.Tester()
function tests.holds() tester:eq(torch.ones(2):sum(), 2) end
function tests.fails() tester:eq(1, 2, 'one is not two') end
function tests.raises() error('broken') end
function tests.nests()
   local inner = torch.Tester()
   inner:add(function() inner:assert(false) end, 'inner')
   tester:assertError(function() inner:run() end)
end
"""


@pytest.fixture
def checkout(tmp_path):
    def make(**files: str):
        for name, text in files.items():
            path = tmp_path / "thing" / name.replace("__", "/").replace("_lua", ".lua")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "thing"

    return make


def outcomes(results) -> dict[str, str]:
    return {result.test: result.failure for result in results}


def run(checkout, name: str, *tests: str, limit: float = 60):
    (path,) = [path for path in files_of(checkout) if path.name == name]
    return outcomes(run_file(checkout, path, list(tests), limit))


def test_each_test_of_a_tester_is_told(checkout):
    told = run(checkout(test__a_lua=TESTER + "tester:add(tests):run()"), "a.lua")
    assert told["holds"] == told["nests"] == ""
    assert "one is not two" in told["fails"] and "broken" in told["raises"]
    assert set(told) == {"holds", "fails", "raises", "nests"}


def test_a_file_that_only_defines_the_entry_has_it_called(checkout):
    text = TESTER + "function torch.test(names) tester:add(tests) tester:run(names) end"
    assert set(run(checkout(test_lua=text), "test.lua", "holds")) == {"holds"}


def test_scripts_that_break_or_do_not_end(checkout):
    place = checkout(
        test__fine_lua="assert(io.open('beside.txt')):close()",
        test__broken_lua="error('oh')",
        test__endless_lua=TESTER + "function tests.endless() while true do end end tester:add(tests):run('endless')",
        test__dies_lua="os.exit(3)",
    )
    (place / "test" / "beside.txt").write_text("")
    assert run(place, "fine.lua") == {"(file)": ""}
    assert "oh" in run(place, "broken.lua")["(file)"]
    assert "status 3" in run(place, "dies.lua")["(file)"]
    endless = run(place, "endless.lua", "endless", limit=8)
    assert "not done after 8 s" in endless["endless"]


def test_what_a_test_needs_is_found_beside_the_checkout(checkout, tmp_path):
    (tmp_path / "helper").mkdir()
    (tmp_path / "helper" / "init.lua").write_text("return {answer = 42}")
    assert run(checkout(test__a_lua="assert(require('helper').answer == 42)"), "a.lua") == {"(file)": ""}


def test_command_counts(checkout):
    place = checkout(test__a_lua=TESTER + "tester:add(tests):run()", test__b_lua="error('no')")
    command = [sys.executable, "-m", "tests.upstream", str(place), "a.lua", "holds", "fails"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "FAILED test/a.lua fails" in done.stdout and done.stdout.endswith("thing: 1 of 2 tests passed\n")
