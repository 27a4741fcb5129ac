"""The program ``th``, run as a user runs it."""

import ctypes
import os
import pty
import resource
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


def test_packages_that_are_there_without_require():
    assert th("-e", "print(type(paths.concat), type(sys.clock), type(xlua.progress), type(dok.unpack))").stdout == (
        "function\tfunction\tfunction\tfunction\t\n"
    )


def test_output_that_nobody_reads_any_more_ends_the_program(script):
    path = script("for i = 1, 1e6 do print(i) end")
    with subprocess.Popen([*TH, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout.readline() == b"1\t\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE


def test_a_seed_from_before_nn_is_loaded():
    code = "torch.manualSeed(1) require '{}' require 'nn' print(string.format('%.14f', torch.uniform()))"
    for package in ("nn", "optim", "nngraph"):  # the original's number
        assert th("-e", code.format(package)).stdout == "0.00011438108049\t\n"


def test_standard_input():
    assert th(stdin="print(1 + 1)").stdout == "2\t\n"
    assert th("-", "a", stdin="print(...)").stdout == "a\t\n"


def test_a_failed_script_prints_its_traceback_and_exits_with_1(script):
    path = script("local function f()\n  torch.Tensor(2):view(3)\nend\nprint('before')\nf()")
    result = th("script.lua", cwd=os.path.dirname(path))
    assert result.returncode == 1 and result.stdout == "before\t\n"
    assert "th: script.lua:2: " in result.stderr and "script.lua:5: in main chunk" in result.stderr
    assert "torch7py/" not in result.stderr and "lupa" not in result.stderr


def test_exit_status(script, tmp_path):
    assert th(script("file = io.open('kept', 'w') file:write('this') os.exit(3)"), cwd=tmp_path).returncode == 3
    assert (tmp_path / "kept").read_text() == "this"
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
    path = script("x = 1 x = 2\nlocal y = unknown print(path.join('a', 'b'))")
    told, refused = th("-g", path), th("-gg", path)
    assert told.stdout.splitlines() == [
        f"created global variable: x @ {path}:1\t",
        f"attempt to read undeclared variable: unknown @ {path}:2\t",
        "a/b\t",
    ]
    assert "created global variable: x" in refused.stderr and refused.returncode == 1


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


def test_require_of_files(script, tmp_path):
    script("count = (count or 0) + 1 return count", "sub/count.lua")
    script("local n = require './count' return n", "sub/through.lua")
    script("return 'folder'", "sub/dir/init.lua")
    script('{"a": [1, 2]}', "data.json")
    script("x,y\n3,4\n", "table.csv")
    path = script(
        "torch.save('list.th', {5, 6})\n"
        "print(require './sub/count', require './sub/count', require './sub/through', require './sub/dir')\n"
        "print(require('./data').a[2], require('./data.json').a[1], #require './list', require('data').a[1])\n"
        "print(require('./table.csv').x[1], pcall(require, './nothing'))\n"
    )
    lines = th(path, cwd=tmp_path).stdout.splitlines()
    assert lines[:2] == ["1\t2\t3\tfolder\t", "2\t1\t2\t1\t"]
    assert lines[-1].startswith("3\tfalse\t") and "module './nothing' not found beside" in lines[-1]


def test_a_library_that_is_not_there_is_skipped(script):
    result = th("-lnothing_of_this_name", script("print('goes on')"))
    assert result.returncode == 0
    assert "could not load nothing_of_this_name, skipping" in result.stdout and "goes on" in result.stdout


def test_functions_around_a_script(script):
    result = th(
        script(
            "mine = {1, 2} word = 'a\\nb'\nwho()\nimport 'paths' print(basename('/a/b'))\n"
            "local c = require 'trepl.colorize' print(c.red('plain'))\n"
            "print(stringx.strip(' x '), tablex.size{1, 2}, '%s-%d' % {'a', 3}, pl == nil)\n"
            "for i = 1, 3 do xlua.progress(i, 3) end"
        )
    )
    lines = result.stdout.splitlines()
    assert lines[0] == "== User Variables ==\t" and lines[3] == "==\t"
    assert lines[1].endswith(" = table - size: 2\t") and lines[2].endswith(' = string : "a\\nb"\t')
    assert lines[4:] == ["b\t", "plain\t", "x\t2\ta-3\ttrue\t"]


def test_the_startup_file_comes_first(script):
    startup = script("started = 'yes'", "startup.lua")
    assert th(script("print(started)"), TREPLSTARTUP=startup).stdout == "yes\t\n"


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library isn't glibc")
def test_training_steps_find_the_memory_of_the_steps_before():
    code = """
        require 'nn'
        local net = nn.SpatialConvolution(4, 32, 5, 5):float()
        local x, gradient = torch.FloatTensor(64, 4, 32, 32):zero(), torch.FloatTensor(64, 32, 28, 28):zero()
        for step = 1, %d do net:forward(x); net:backward(x, gradient) end
    """

    def page_faults(steps):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
        assert th("-e", code % steps).returncode == 0
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt - before

    assert page_faults(30) < page_faults(10) + 20_000  # 5,000 a step where the memory goes back to the system


@pytest.mark.parametrize("ending", ["", "os.exit(0)"])
def test_a_plot_in_a_loop_is_drawn_now_and_then_and_at_the_end(script, tmp_path, ending):
    pytest.importorskip("matplotlib")
    path = script(f"""
        require 'optim'
        local log = optim.Logger('log')
        local function plot(value) log:add{{loss = value}} log:plot() end
        plot(1) plot(2) plot(3)
        os.rename('log.eps', 'first.eps')
        local timer, plots = torch.Timer(), 0
        while timer:time().real < 1 do plot(plots) plots = plots + 1 end
        print(plots)
        {ending}
    """)
    result = th(path, cwd=tmp_path)
    assert int(result.stdout) > 300, result.stderr  # some fifty, if each were drawn
    assert len((tmp_path / "log.eps").read_bytes()) > len((tmp_path / "first.eps").read_bytes()) + 1000


def test_a_file_of_the_program_comes_before_a_package_that_torch7_came_without(script, tmp_path):
    path = script("require 'nn' print(require('rnn').mine, require('check').mine, nn.Linear ~= nil, nn.LSTM)")
    for name in ("rnn", "check", "nn"):
        script("return {mine = ...}", f"{name}.lua")
    result = th(path, cwd=os.path.dirname(path))
    assert result.stdout == "rnn\tcheck\ttrue\tnil\t\n", result.stderr
