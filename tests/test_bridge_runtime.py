"""The runtime: running code, globals, coroutines, several runtimes, threads, memory."""

import gc
import queue
import resource
import threading

import pytest
import torch

import torch7py
from lua_bridge import LuaError, LuaTorch
from torch7py import nn


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        yield runtime


def test_execute_eval_dofile_and_arguments(lua, tmp_path):
    assert lua.execute("local a, b = ... return b, a", 1, "two") == ("two", 1)
    assert lua.eval("1 + 1") == 2
    script = tmp_path / "script.lua"
    script.write_text("#!/usr/bin/env th\nreturn 'from file', ...")
    assert lua.dofile(str(script), 5) == ("from file", 5)


def test_globals_and_callbacks(lua):
    lua.globals["limit"] = 10
    lua.globals.twice = lambda x: 2 * x
    assert lua.eval("twice(limit)") == 20
    lua.execute("function add(a, b) return a + b, a - b end")
    assert lua.globals.add(3, 2) == (5, 1)
    assert lua.eval("twice == twice, type(twice)") == (True, "function")


def test_strings_are_bytes(lua):
    every_byte = "".join(map(chr, range(256)))
    assert lua.execute("local s = ... return s, #s", every_byte) == (every_byte, 256)
    assert lua.execute("return #...", "日本") == 6  # text beyond a byte arrives as UTF-8


def test_require_gives_the_package(lua):
    package = lua.require("nn")
    assert lua.eval("nn") is package


def test_coroutines_across_the_border(lua):
    result = lua.execute("""
        require 'nn'
        local net = nn.Sequential():add(nn.Linear(2, 2))
        local function batches()
           return coroutine.wrap(function()
              for i = 1, 3 do
                 local x = torch.Tensor(2):fill(i)     -- calls Python from within the coroutine
                 net:forward(x)
                 coroutine.yield(x:sum(), {x})
              end
           end)
        end
        local sums = {}
        for sum, kept in batches() do sums[#sums + 1] = sum + kept[1][1] end
        return unpack(sums)
    """)
    assert result == (3, 6, 9)


def test_nested_coroutines_and_errors_in_them(lua):
    result = lua.execute("""
        local inner = coroutine.create(function(t)
           coroutine.yield(torch.ones(t[1]):sum())
           torch.Tensor(2):view(3)
        end)
        local outer = coroutine.wrap(function()
           local ok, sum = coroutine.resume(inner, {4})
           coroutine.yield(sum)
           local ok, message = coroutine.resume(inner)
           coroutine.yield(ok, message, coroutine.status(inner))
        end)
        local sum = outer()
        local ok, text, status = outer()
        return sum, ok, text:match('view') ~= nil or text, status, coroutine.running()
    """)
    assert result[:2] == (4, False) and result[3] == "dead"


def test_tables_made_in_a_dead_coroutine_live_on(lua):
    lua.globals["keep"] = (kept := []).append
    lua.execute("""
        for i = 1, 200 do
           local co = coroutine.create(function() keep({i, {i}}); keep(function() return i end) end)
           coroutine.resume(co)
        end
        for i = 1, 5 do collectgarbage() end
    """)
    assert [kept[i][1] for i in (0, 200, 398)] == [1, 101, 200]
    assert kept[399]() == 200
    kept.clear()
    gc.collect()
    assert lua.eval("1") == 1


def test_calls_where_a_coroutine_cannot_yield(lua):
    assert lua.execute("""
        local co = coroutine.wrap(function()
           local t = {3, 1, 2}
           table.sort(t, function(a, b) return torch.Tensor{a}:sum() < torch.Tensor{b}:sum() end)
           local text = ('a b'):gsub('%w', function(c) return c .. torch.ones(2):sum() end)
           return t[1], text
        end)
        return co()
    """) == (1, "a2 b2")


def test_runtimes_do_not_share_globals_or_classes():
    with LuaTorch() as a, LuaTorch() as b:
        for runtime, value in ((a, 1), (b, 2)):
            runtime.require("nn")
            runtime.execute(f"x = {value}; local M = torch.class('nn.Own', 'nn.Module'); function M:id() return x end")
        assert (a.eval("nn.Own():id()"), b.eval("nn.Own():id()")) == (1, 2)
        assert torch7py.classes.registry.find("nn.Own") is None


def test_a_table_of_another_runtime_is_refused():
    with LuaTorch() as a, LuaTorch() as b:
        table = a.eval("{1}")
        with pytest.raises(LuaError, match="runtime"):
            b.execute("return ...", table)


def test_a_tensor_goes_from_thread_to_thread():
    """Each side finds the elements where the other has moved them."""
    to_first, to_second = queue.Queue(), queue.Queue()
    code = """function(take, give, other)
        for i = 1, 50 do
           local x = take()
           for j = 1, x:size(1) do if x[j] ~= other then error('not what the other thread has written') end end
           x:resize(i * 37 % 500 + 1):fill(3 - other)
           give(x)
        end
    end"""
    failures = []

    def work(source, target, other):
        with LuaTorch() as lua:
            try:
                lua.eval(code)(source.get, target.put, other)
            except LuaError as error:
                failures.append(error)
                target.put(None)

    to_first.put(torch.full((3,), 2.0))
    threads = [
        threading.Thread(target=work, args=arguments)
        for arguments in ((to_first, to_second, 2), (to_second, to_first, 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures and to_first.get(timeout=1).eq(2).all()


def test_one_runtime_per_thread():
    results = {}

    def work(seed):
        with LuaTorch() as lua:
            lua.require("nn")
            results[seed] = lua.execute(
                "torch.manualSeed(...) local s = 0 for i = 1, 300 do s = s + torch.randn(10):sum() end return s", seed
            )

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2, 1, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with LuaTorch() as lua:
        alone = {
            seed: lua.execute(
                "torch.manualSeed(...) local s = 0 for i = 1, 300 do s = s + torch.randn(10):sum() end return s", seed
            )
            for seed in (1, 2, 3)
        }
    assert results == alone


def test_without_luajit_everything_works():
    with LuaTorch("lua51") as lua:
        lua.require("nn")
        result = lua.execute("""
            local x = torch.Tensor(2, 3):fill(1)
            x[1][2] = 5; x[{2, 3}] = 7
            x:apply(function(v) return v + 1 end)
            local net = nn.Sequential():add(nn.Linear(3, 2)):add(nn.Tanh())
            net:forward(x)
            local gradient = net:backward(x, torch.ones(2, 2))
            return x[1][2], x[{2, 3}], x:size(2), x:narrow(1, 1, 1):sum(), type(x[1]), gradient:dim()
        """)
        assert result == (6, 8, 3, 10, "userdata", 2)


# Elements and memory --------------------------------------------------------------------------------------------------


def test_pointers_follow_resizes(lua):
    assert lua.execute("""
        local x = torch.Tensor(4):fill(1)
        local view = x:narrow(1, 2, 2)
        local s = x[1]
        x:resize(100000):fill(2)
        view[1] = 9
        return s, x[2], x[100000], view[2]
    """) == (1, 9, 2, 2)


def test_views_stay_with_their_storage(lua):
    assert lua.execute("""
        local x, y = torch.zeros(3, 2), torch.ones(3, 2)
        local row = x[2]
        x:set(y)
        row:fill(5)
        return row[1], x[2][1], y[2][1], torch.typename(row), type(row)
    """) == (5, 1, 1, "torch.DoubleTensor", "userdata")


def test_a_shrunken_storage_is_noticed(lua):
    with pytest.raises(LuaError, match="too small"):
        lua.execute("local x = torch.zeros(100, 10); local row = x[90]; x:storage():resize(5); return row[1]")


def test_a_tensor_over_a_shrunken_storage_is_not_read(lua):
    with pytest.raises(LuaError, match="too small"):
        lua.execute("local x = torch.zeros(1000); local s = x[1]; x:storage():resize(5); return x[900]")


def test_a_mapped_tensor_can_be_resized(lua):
    assert (
        lua.execute("""
        local x = torch.Tensor{1, 2}
        x:map(torch.Tensor{3, 4}, function(a, b) return a + b end)
        x:resize(1000):fill(1)
        return x:sum()
    """)
        == 1000
    )
    with pytest.raises(LuaError, match="resized while"):
        lua.execute("local x = torch.Tensor(2); x:map(torch.Tensor(2), function() x:resize(100000) return 1 end)")


def test_bounds_are_checked(lua):
    for key in ("0", "4", "-4", "1e300", "0/0"):
        with pytest.raises(LuaError):
            lua.execute(f"local x = torch.zeros(3); x[{key}] = 1")


def test_nans_with_other_bits_are_numbers(lua):
    assert lua.execute("""
        local x, y = torch.zeros(2), torch.FloatTensor(2):zero()
        require('ffi').fill(x:data(), 16, 0xff)
        require('ffi').fill(y:data(), 8, 0xff)
        x[2] = -math.huge
        return type(x[1]), x[1] ~= x[1], x[2], type(y[2]), y[2] ~= y[2]
    """) == ("number", True, float("-inf"), "number", True)


def test_big_temporaries_are_collected(lua):
    lua.execute("for i = 1, 1000 do local x = torch.Tensor(1000000):fill(i) end")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000  # kilobytes, PyTorch itself included


def test_module_calls_leak_nothing(lua):
    lua.require("nn")
    lua.execute("net = nn.Sequential():add(nn.Linear(2, 2)):add(nn.Tanh()); x = torch.ones(2)")
    step = "for i = 1, 2000 do net:forward(x); net:backward(x, net.output); local t = {net.output} end collectgarbage()"
    lua.execute(step)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(3):
        lua.execute(step)
    gc.collect()
    assert len(gc.get_objects()) - before < 50


def test_python_gets_lua_modules_that_train(lua):
    lua.require("nn")
    lua.require("optim")
    loss = lua.execute("""
        torch.manualSeed(1)
        local net = nn.Sequential():add(nn.Linear(3, 4)):add(nn.Tanh()):add(nn.Linear(4, 1))
        local criterion = nn.MSECriterion()
        local x, y = torch.randn(20, 3), torch.randn(20, 1)
        local params, grads = net:getParameters()
        local function feval(p)
           grads:zero()
           local f = criterion:forward(net:forward(x), y)
           net:backward(x, criterion:backward(net.output, y))
           return f, grads
        end
        local first, last
        for i = 1, 100 do
           local _, fs = optim.sgd(feval, params, {learningRate = 0.1})
           first, last = first or fs[1], fs[1]
        end
        model = net
        return first, last
    """)
    assert loss[1] < 0.7 * loss[0]
    assert isinstance(lua.globals["model"], nn.Sequential)
    assert lua.globals["model"].forward(torch.zeros(3, dtype=torch.float64)).shape == (1,)


def test_functions_of_elements(lua):
    values = lua.execute("""
        local x, y, z = torch.range(1, 6):resize(2, 3), torch.range(10, 60, 10), torch.ones(6)
        local seen = {}
        x:map(y, function(a, b) seen[#seen + 1] = a return a < 3 and a + b or nil end)
        x:t():map2(torch.ones(3, 2), torch.ones(3, 2), function(a, b, c) return a + b + c end)
        z:map2(z, z, math.max)
        local called = 0
        local w = torch.Tensor{1, 2, 3, 4}
        w:map(w, function(a, b) called = called + 1 if a == 2 then torch.sum(w) end return a * b end)
        local bytes = torch.ByteTensor{1, 2}
        bytes:map(torch.ByteTensor{5, 6}, function(a, b) return a * b end)
        return x, z:sum(), w, called, bytes, #seen
    """)
    assert values[0].tolist() == [[13, 24, 5], [6, 7, 8]]
    assert (values[1], values[2].tolist(), values[3], values[4].tolist()) == (6, [1, 4, 9, 16], 4, [5, 12])
    for call in ("map(torch.Tensor(3), print)", "map(torch.FloatTensor(2), print)", "map(torch.Tensor(2))", "apply(1)"):
        with pytest.raises(LuaError, match="bad argument|expected|size"):
            lua.execute(f"torch.Tensor(2):{call}")


def test_an_element_can_be_any_nan_for_functions(lua):
    assert lua.execute("""
        local x = torch.Tensor(2):fill(1)
        require('ffi').cast('int64_t*', x:data())[0] = -1
        local found = 0
        x:apply(function(v) if v ~= v then found = found + 1 end end)
        x:map(x, function(a, b) if a ~= a and b ~= b then found = found + 1 end end)
        return found
    """) == 2  # fmt: skip


def test_elements_of_storages(lua):
    assert lua.execute("""
        local s, f = torch.DoubleStorage{1.5, 2, 3}, torch.FloatStorage(2):fill(0.1)
        local x = torch.Tensor(s)
        s[2] = s[1] + s[3]
        x[3] = 7
        s:resize(1000)
        s[1000] = 8
        local bytes = torch.ByteStorage{1, 2}
        bytes[1] = 255
        require('ffi').cast('int64_t*', x:data())[0] = -1
        return x[2], s[3], s[1000], f[2], bytes[1], s[1] ~= s[1], #torch.LongStorage{4, 5}:totable(), s:size()
    """) == (4.5, 7, 8, 0.10000000149011612, 255, True, 2, 1000)
    for code in ("return s[0]", "return s[4]", "s[0] = 1", "s[4] = 1", "s.x = 1", "s[1] = {}"):
        with pytest.raises(LuaError):
            lua.execute(f"local s = torch.DoubleStorage(3) {code}")


def test_tensors_and_storages_become_tables(lua):
    nested, part, flat = lua.execute("""
        local x = torch.range(1, 24):resize(2, 3, 4)
        return x:totable(), x[{{}, 2, {2, 3}}]:totable(), x:storage():totable()
    """)
    assert [[len(row) for row in rows] for rows in nested] == [[4] * 3] * 2 and nested[2][3][4] == 24
    assert [list(row) for row in part] == [[6, 7], [18, 19]] and list(flat) == list(range(1, 25))
