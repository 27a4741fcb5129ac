"""The program ``th``, run as a user runs it."""

import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TH = [sys.executable, "-m", "lua_bridge.cli"]


def th(*arguments, stdin="", cwd=None, **environment):
    return subprocess.run(
        [*TH, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=60,
        env={**os.environ, "PYTHONPATH": ROOT, **environment},
    )


@pytest.fixture
def script(tmp_path):
    def write(text, name="script.lua"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    return write


def test_a_script_gets_its_arguments(script):
    path = script("print(#arg, arg[0] == ..., arg[1], select('#', ...), ...)")
    result = th(path, "-flag", "värde")
    assert result.stdout == "2\tfalse\t-flag\t2\t-flag\tvärde\t\n" and result.returncode == 0


def test_options(script):
    path = script("print(x, loaded)")
    folder = os.path.dirname(path)
    script("loaded = true", "mylib.lua")
    result = th("-e", "x = 1", "-lmylib", path, LUA_PATH=f"{folder}/?.lua;;")
    assert result.stdout == "1\ttrue\t\n"
    assert th("-l", "nn", "-e", "print(torch.type(nn.Identity()))").stdout == "nn.Identity\t\n"
    assert "usage: th" in th("-h").stdout
    refused = th("-z")
    assert refused.returncode == 1 and "unknown option -z" in refused.stderr


def test_standard_input():
    assert th(stdin="print(1 + 1)").stdout == "2\t\n"
    assert th("-", "a", stdin="print(...)").stdout == "a\t\n"


def test_a_failed_script_prints_its_traceback_and_exits_with_1(script):
    path = script("local function f()\n  torch.Tensor(2):view(3)\nend\nprint('before')\nf()")
    result = th("script.lua", cwd=os.path.dirname(path))
    assert result.returncode == 1 and result.stdout == "before\t\n"
    assert "th: script.lua:2: " in result.stderr and "script.lua:5: in main chunk" in result.stderr
    assert "torch7py/" not in result.stderr and "lupa" not in result.stderr


def test_exit_status(script):
    assert th(script("os.exit(3)")).returncode == 3
    result = th(script("print('kept') io.write('too') pcall(os.exit, true) print('never')"))
    assert (result.returncode, result.stdout) == (0, "kept\t\ntoo")


def test_syntax_errors_and_missing_files(script):
    result = th("script.lua", cwd=os.path.dirname(script("local x = = 1")))
    assert "script.lua:1:" in result.stderr and result.returncode == 1
    assert "no such file" in th("/nowhere/script.lua").stderr


def test_require(script):
    script("return {name = 'helper', inner = require './inner'}", "lib/helper.lua")
    script("return 'inner'", "lib/inner.lua")
    script("return 'package ' .. ...", "folder/init.lua")
    path = script("local h = require 'lib.helper' print(h.name, h.inner, require 'folder', require('./lib/inner'))")
    result = th(path, cwd="/")
    assert result.stdout == "helper\tinner\tpackage folder\tinner\t\n", result.stderr


def test_print_shows_tables(script):
    result = th(script("print({1, 'a', {x = torch.Tensor(2, 3)}})\nprint(nil, 'a', true)\nprint({})"))
    assert result.stdout == (
        '{\n  1 : 1\n  2 : "a"\n  3 : \n    {\n      x : DoubleTensor - size: 2x3\n    }\n}\nnil\ta\ttrue\t\n{}\n'
    )


def test_output_of_lua_and_python_comes_in_order(script):
    text = th(
        script("io.write('a')\nlocal cmd = torch.CmdLine() cmd:text('b') cmd:help() io.stdout:write('c\\n') print('d')")
    ).stdout
    assert text.index("a") < text.index("b") < text.index("c") < text.index("d")


def test_new_globals_are_told_or_refused(script):
    path = script("x = 1 print('done')")
    told, refused = th("-g", path), th("-gg", path)
    assert "new global variable 'x'" in told.stderr and told.returncode == 0
    assert "new global variable 'x'" in refused.stderr and refused.returncode == 1


@pytest.mark.parametrize(
    "body",
    [
        "while true do end",
        "local x = 0 while true do x = x + 1 end",
        "local x = torch.zeros(3) while true do x:add(1) end",
    ],
)
def test_interrupt_stops_any_loop(script, body):
    process = subprocess.Popen(
        [*TH, script("print('go') io.flush() " + body)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.readline() == b"go\t\n"
    time.sleep(0.2)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert time.monotonic() - started < 5
    assert process.returncode == 130 and b"interrupted" in stderr


def test_the_prompt(tmp_path):
    leader, follower = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": ROOT, "HOME": str(tmp_path), "TERM": "dumb"}
    process = subprocess.Popen(TH, stdin=follower, stdout=follower, stderr=follower, env=environment, close_fds=True)
    os.close(follower)
    text = ""

    def until(wanted):
        nonlocal text
        start, deadline = len(text), time.monotonic() + 15
        while wanted not in text[start:] and time.monotonic() < deadline:
            if select.select([leader], [], [], 1)[0]:
                text += os.read(leader, 4096).decode()
        return text[start:]

    until("th> ")
    for line, wanted in [
        ("x = torch.ones(2)", "th> "),
        ("x", "size 2]"),
        ("1 + 1, 'two'", "2\ttwo"),
        ("for i = 1, 2 do", "...> "),
        ("print('i' .. i) end", "i2"),
        ("error('bad')", "stdin:1: bad"),
        ("torch.manu\t", "torch.manualSeed"),
        ("(3)", "th> "),
    ]:
        os.write(leader, (line if line.endswith("\t") else line + "\n").encode())
        assert wanted in until(wanted), text
    os.write(leader, b"\x04")
    process.wait(timeout=20)
    assert "torch.ones" in (tmp_path / ".torch7py_history").read_text()
    os.close(leader)
