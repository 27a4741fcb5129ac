"""Package threads: pools of Lua states in threads of their own."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lua_bridge import LuaError, LuaTorch
from torch7py import nn

ROOT = Path(__file__).parent.parent


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.execute("threads = require 'threads'")
        yield runtime


def th(script, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "lua_bridge.cli", str(script), *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def test_results_come_back_to_the_ending_callback(lua):
    found = lua.execute("""
        local pool, first = threads.Threads(3, function(id) base = 10 * id end, function(id) return id, 'ready' end)
        local results, message = {}, 'hello'
        for i = 1, 10 do
           pool:addjob(function(a, b, c) return a * 2, message .. b, c, __threadid, base end,
              function(...) results[i] = {...} end, i, '!', nil)
        end
        pool:synchronize()
        assert(not pool:hasjob())
        for i = 1, 10 do
           local r = results[i]
           assert(r[1] == 2 * i and r[2] == 'hello!' and r[3] == nil and r[5] == 10 * r[4], i)
        end
        table.sort(first, function(a, b) return a[1] < b[1] end)
        pool:terminate()
        return #first, first[3][1], first[1][2], pool:isrunning()
    """)
    assert found == (3, 3, "ready", False)


@pytest.mark.parametrize("name, shared", [("threads.serialize", False), ("threads.sharedserialize", True)])
def test_what_is_copied_and_what_is_shared(lua, name, shared):
    lua.globals["name"] = name
    total, stored, listed, counted, weights = lua.execute("""
        require 'nn'
        threads.Threads.serialization(name)
        assert(threads.serialization() == name)
        local tds = require 'tds'
        local x, s, t, h, net = torch.zeros(4), torch.FloatStorage{0, 0, 0, 0}, {1}, tds.Hash(), nn.Linear(2, 2)
        net.weight:zero()
        local pool = threads.Threads(2, function() require 'nn' end)
        for i = 1, 4 do
           pool:addjob(function()
              x[i] = i
              s[i] = 10 * i
              t[1] = 9
              h[i] = 'v' .. i
              net.weight:fill(1)
              return x
           end, function(y) assert(y[i] == i) end)
        end
        pool:synchronize()
        pool:terminate()
        return x:sum(), s[4], t[1], #h, net.weight:sum()
    """)
    assert (total, stored, counted, weights) == ((10, 40, 4, 4) if shared else (0, 0, 0, 0))
    assert listed == 1


def test_variables_that_functions_share_stay_shared_within_a_job(lua):
    assert lua.execute("""
        local count = 0
        local function add() count = count + 1 return count end
        local function get() return count end
        local pool, result = threads.Threads(1)
        pool:addjob(function() add() add() return get() end, function(n) result = n end)
        pool:terminate()
        return result, count
    """) == (2, 0)


def test_packages_and_their_functions_may_be_upvalues(lua):
    assert lua.execute("""
        local nn, optim, paths, insert = require 'nn', require 'optim', require 'paths', table.insert
        local concat, Linear = paths.concat, nn.Linear
        local pool, result = threads.Threads(1)
        pool:addjob(function()
           local t = {}
           insert(t, concat('/a', 'b'))
           return t[1], type(optim.sgd), torch.type(Linear(2, 2)), torch.type(nn.Tanh())
        end, function(...) result = {...} end)
        pool:terminate()
        return unpack(result)
    """) == ("/a/b", "function", "nn.Linear", "nn.Tanh")


def test_an_error_in_a_job_is_raised_with_its_traceback(lua):
    with pytest.raises(LuaError) as raised:
        lua.execute(
            """
            local pool = threads.Threads(1)
            pool:addjob(function()
               local function deep() error('boom') end
               deep()
            end)
            pool:synchronize()
            """,
            name="@script.lua",
        )
    message = str(raised.value)
    assert "[thread 1 callback] script.lua:4: boom" in message and "in function 'deep'" in message
    assert "torch7py/" not in message


def test_errors_of_python_and_of_ending_callbacks(lua):
    results = lua.execute(
        """
        local pool = threads.Threads(1)
        pool:addjob(function() torch.zeros(2):view(3) end)
        local ok, first = pcall(pool.synchronize, pool)
        pool:addjob(function() return 1 end, function() error('at the end') end)
        local _, second = pcall(pool.synchronize, pool)
        pool:addjob(function() return 5 end, function(x) alive = x end)
        pool:synchronize()
        local _, third = pcall(pool.addjob, pool, 'no function')
        local _, fourth = pcall(pool.addjob, pool, function() return io.stdout end)
        local _, fifth = pcall(pool.synchronize, pool)
        pool:terminate()
        local _, sixth = pcall(pool.addjob, pool, function() end)
        return ok, first, second, alive, third, fifth, sixth
        """,
        name="@script.lua",
    )
    ok, first, second, alive, third, fifth, sixth = results
    assert ok is False and "[thread 1 callback] script.lua:3: " in first
    assert "[thread 1 endcallback] script.lua:5: at the end" in second
    assert alive == 5
    assert "function callback expected" in third
    assert "Unwritable object" in fifth  # what the job returned
    assert "thread system is not running" in sixth


def test_specific_jobs_go_to_their_thread(lua):
    assert lua.execute("""
        local pool = threads.Threads(3)
        pool:specific(true)
        local ids = {}
        for i = 1, 9 do pool:addjob((i - 1) % 3 + 1, function() return __threadid end, function(id) ids[i] = id end) end
        pool:synchronize()
        assert(not pcall(pool.addjob, pool, 4, function() end))
        pool:specific(false)
        return table.concat(ids), pool:specific()
    """) == ("123123123", False)


def test_a_pool_accepts_as_many_jobs_as_it_has_threads(lua):
    assert lua.execute("""
        local gate = threads.Mutex()
        local id = gate:id()
        gate:lock()
        local pool = threads.Threads(1)
        local job = function() local m = require('threads').Mutex(id) m:lock() m:unlock() end
        local before = pool:acceptsjob()
        pool:addjob(job)
        os.execute('sleep 0.2') -- the thread has taken it
        pool:addjob(job)
        local full = pool:acceptsjob()
        gate:unlock()
        pool:synchronize()
        pool:terminate()
        gate:free()
        return before, full
    """) == (True, False)


def test_lua_code_runs_side_by_side(lua):
    """Two jobs that each wait for the other, without a call of Python, can only end if both are running."""
    assert (
        lua.execute("""
        threads.Threads.serialization('threads.sharedserialize')
        local flags = torch.zeros(2)
        local pool, met = threads.Threads(2), 0
        for i = 1, 2 do
           pool:addjob(function()
              local mine, stop = flags, os.time() + 30
              mine[i] = 1
              while mine[3 - i] == 0 and os.time() < stop do end
              return mine[3 - i]
           end, function(seen) met = met + seen end)
        end
        pool:terminate()
        return met
    """)
        == 2
    )


def test_safe_functions_run_one_at_a_time(lua):
    assert lua.execute("""
        threads.Threads.serialization('threads.sharedserialize')
        local x = torch.zeros(1)
        local step = threads.safe(function()
           local seen = x[1]
           for i = 1, 1000 do math.sin(i) end
           x[1] = seen + 1
           return seen
        end)
        local pool = threads.Threads(4)
        for i = 1, 100 do pool:addjob(step) end
        pool:terminate()
        local failing = threads.safe(function() error('inside', 0) end)
        local ok, message = pcall(failing)
        local again = pcall(failing) -- the mutex is free
        return x[1], ok, message, again
    """) == (100, False, "inside", False)


def test_low_level_threads_conditions_and_queues(lua):
    assert lua.execute("""
        local Queue = require 'threads.queue'
        local m, c, q = threads.Mutex(), threads.Condition(), Queue(2, 'threads.serialize')
        m:lock()
        local thread = threads.Thread(string.format([[
           local threads = require 'threads'
           local m, c = threads.Mutex(%d), threads.Condition(%d)
           local q = require 'threads.queue'(%d)
           q:addjob(function(a) return a + 1, 'from there' end, 41)
           m:lock()
           c:signal()
           m:unlock()
        ]], m:id(), c:id(), q:id()))
        c:wait(m)
        m:unlock()
        thread:free()
        local a, b = q:dojob()
        m:free()
        return a, b, q.isempty, tostring(m):match('^threads.Mutex') ~= nil, pcall(threads.Mutex, m:id())
    """)[:5] == (42, "from there", 1, True, False)


def test_atomic_counters(lua):
    assert (
        lua.execute("""
        threads.Threads.serialization('threads.sharedserialize')
        local counter = require('tds').AtomicCounter()
        local pool = threads.Threads(4)
        for t = 1, 4 do pool:addjob(function() for i = 1, 500 do counter:inc() end end) end
        pool:terminate()
        return counter:get()
    """)
        == 2000
    )


def test_what_a_script_assigns_to_classes_stays_with_its_thread(lua):
    found = lua.execute("""
        require 'nn'
        function nn.Module:mine() return 'main' end
        local old = nn.Linear.updateOutput
        local calls = 0
        function nn.Linear:updateOutput(x) calls = calls + 1 return old(self, x) end
        local pool, there = threads.Threads(1, function() require 'nn' end)
        pool:addjob(function()
           local before = nn.Linear(2, 2).mine
           function nn.Module:mine() return 'there' end
           nn.Sequential():add(nn.Linear(2, 2)):forward(torch.ones(2))
           return before, nn.Linear(2, 2):mine()
        end, function(...) there = {n = select('#', ...), ...} end)
        pool:terminate()
        nn.Sequential():add(nn.Linear(2, 2)):forward(torch.ones(2))
        return there[1], there[2], nn.Linear(2, 2):mine(), calls
    """)
    assert found == (None, "there", "main", 1)
    lua.close()
    assert not hasattr(nn.Module, "mine") and nn.Linear.updateOutput is vars(nn.Linear)["updateOutput"]


def test_a_pool_that_nobody_holds_lets_its_threads_go(lua):
    before = threading.active_count()
    lua.execute("do local pool = threads.Threads(4) pool:synchronize() end collectgarbage() collectgarbage()")
    deadline = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before


def test_the_jobs_of_a_program_that_just_ends_are_done(tmp_path):
    script = tmp_path / "script.lua"
    script.write_text(
        "local threads = require 'threads'\nlocal pool = threads.Threads(2)\n"
        "for i = 1, 3 do pool:addjob(function() return i end, function(n) io.write('job ', n, '\\n') end) end\n"
    )
    result = th(script)
    assert result.returncode == 0 and sorted(result.stdout.split("\n")[:-1]) == ["job 1", "job 2", "job 3"]


@pytest.mark.parametrize("ending, status", [("os.exit(3)", 3), ("error('stop')", 1)])
def test_a_program_that_ends_in_the_middle_of_a_job(tmp_path, ending, status):
    script = tmp_path / "script.lua"
    script.write_text(
        "local pool = require('threads').Threads(2)\npool:addjob(function() while true do end end)\n"
        f"pool:addjob(function() while true do torch.zeros(2) end end)\n{ending}\n"
    )
    assert th(script).returncode == status
