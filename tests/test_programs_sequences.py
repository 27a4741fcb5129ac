"""What published programs on sequences lean on: bAbI-tasks, lstm-char-cnn, torch-autograd, torchnet, treelstm."""

import pytest

from lua_bridge import LuaError, LuaTorch


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        yield runtime


# Classes --------------------------------------------------------------------------------------------------------------


def test_new_of_a_class_makes_an_object(lua):
    assert lua.execute("""
        require 'nn'
        local Trainer = torch.class('Trainer')
        function Trainer:__init(rate) self.rate = rate end
        torch.class('nn.MyLinear', 'nn.Linear')
        return Trainer.new(3).rate, _G.Trainer.new(4).rate, torch.typename(nn.Linear.new(2, 3)),
            torch.typename(nn.MyLinear.new(2, 3)), nn.Linear(2, 3).new(4, 5).weight:size(1),
            torch.FloatTensor(2):narrow(1, 1, 1).new(5):type(), torch.LongStorage.new(2):size()
    """) == (3, 4, "nn.Linear", "nn.MyLinear", 5, "torch.FloatTensor", 2)


def test_a_class_may_define_new_itself(lua):
    assert lua.execute("""
        local Clause = torch.class('Clause')
        function Clause:__init(x) self.x = x end
        function Clause.new(x)
           local clause = setmetatable({}, {__index = Clause})
           clause:__init(x * 10)
           return clause
        end
        return Clause.new(2).x, _G.Clause(2).x
    """) == (20, 2)


def test_a_hand_made_class_keeps_its_constructor_as_new(lua):
    assert lua.execute("""
        local members = torch.newmetatable('Twice', nil, function(x) return 2 * x end)
        return members.new(3), _G.Twice(4), _G.Twice.new(5)
    """) == (6, 8, 10)


def test_what_is_of_a_type_is_told_by_metatables(lua):
    assert lua.execute("""
        local A = torch.class('A')
        local B = torch.class('B', 'A')
        local by_hand = setmetatable({}, {__typename = 'A'})
        return torch.isTypeOf(_G.B(), 'A'), torch.isTypeOf(_G.B, 'A'), torch.isTypeOf(B, 'A'),
            torch.isTypeOf(by_hand, 'A'), torch.isTypeOf(A, 'A'), torch.isTypeOf(_G.A(), 'B'), torch.isTypeOf(3, 'A')
    """) == (True, True, True, True, False, False, False)


def test_classes_are_in_the_registry(lua):
    assert lua.execute("""
        require 'nn'
        local mine, registry = torch.class('Mine'), debug.getregistry()
        return registry[mine], registry[getmetatable(nn.Linear)], registry[{}]
    """) == ("Mine", "nn.Linear", None)


def test_a_script_replaces_an_operator_of_tensors(lua):
    """torch-autograd does so, and puts the old one back."""
    assert lua.execute("""
        local members = torch.getmetatable('torch.DoubleTensor')
        local node = setmetatable({}, {__mul = function() return 'by the node' end})
        local log, old, x = {}, {mul = members.__mul, unm = members.__unm}, torch.ones(2, 2)
        rawset(members, '__mul', function(a, b)
           table.insert(log, 'mul')
           return b == node and 'mine' or old.mul(a, b)
        end)
        members.__unm = function(a)
           table.insert(log, 'unm')
           return old.unm(a)
        end
        local found = {x * node, x[1] * node, node * x, (2 * x)[1][1], (-x)[1][1], (torch.ones(2):float() * 2)[1]}
        rawset(members, '__mul', old.mul)
        members.__unm = old.unm
        table.insert(log, (-x * 3)[1][1])
        return table.concat(found, ' '), table.concat(log, ' '), pcall(function() return x * node end)
    """)[:3] == ("mine mine by the node 2 -1 2", "mul mul mul unm -3", False)


# Tensors and files ----------------------------------------------------------------------------------------------------


def test_the_size_of_an_element_is_known_to_the_type(lua):
    assert lua.execute("""
        return torch.LongStorage.elementSize(), torch.FloatTensor.elementSize(), torch.CharStorage(3):elementSize()
    """) == (8, 4, 1)


def test_an_empty_tensor_has_the_storage_that_it_was_given(lua):
    assert lua.execute("""
        local x, kept = torch.Tensor(torch.Storage()), torch.Tensor():set(torch.Storage())
        local size = kept:storage():size()
        x:storage():resize(7)
        return x:resize(4):storage():size(), size, torch.Tensor():storage(), x:clone():set():storage()
    """) == (7, 0, None, None)


def test_deserialize_from_a_part_of_a_tensor(lua):
    assert lua.execute("""
        local one, two = torch.serializeToStorage({a = 5}), torch.serializeToStorage('two')
        local both = torch.cat(torch.CharTensor(one), torch.CharTensor(two))
        return torch.deserializeFromStorage(both:narrow(1, 1, one:size())).a,
            torch.deserializeFromStorage(both:narrow(1, one:size() + 1, two:size()))
    """) == (5, "two")


def test_containers_that_only_hold_modules_together(lua):
    assert lua.execute("""
        require 'nn'
        local counts = {}
        for _, bag in ipairs{nn.Parallel(), nn.Concat()} do
           bag:add(nn.Linear(2, 3)):add(nn.Linear(3, 1))
           table.insert(counts, (bag:getParameters():nElement()))
        end
        return unpack(counts)
    """) == (13, 13)


def test_include_runs_a_file_beside_the_calling_one(lua, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "init.lua").write_text("include 'sub/first.lua'")
    (tmp_path / "sub" / "first.lua").write_text("include('second.lua')")
    (tmp_path / "sub" / "second.lua").write_text("found = true")
    lua.execute(f"dofile('{tmp_path}/init.lua')")
    assert lua.globals["found"] is True


# lua-utf8 -------------------------------------------------------------------------------------------------------------

TEXT = "aé€😀z"


@pytest.fixture
def utf8(lua):
    lua.globals["text"] = TEXT.encode().decode("latin-1")
    lua.execute("utf8 = require 'lua-utf8'")
    return lua


def test_utf8_walks_over_characters(utf8):
    assert (
        utf8.execute("""
        local walked = {}
        for place, code in utf8.next, text do table.insert(walked, place .. ':' .. code) end
        for place, code in utf8.codes('\\195\\169') do table.insert(walked, place .. ':' .. code) end
        return table.concat(walked, ' ')
    """)
        == "1:97 2:233 4:8364 7:128512 11:122 1:233"
    )
    assert utf8.execute("return utf8.next(text, 2), (utf8.next(text, 2, 2)), (utf8.next(text, 7, -2))") == (4, 7, 2)


def test_utf8_measures_and_cuts(utf8):
    assert utf8.eval("utf8.len(text), utf8.len(text, -1), utf8.len('')") == (5, 1, 0)
    assert utf8.eval("utf8.len('ab\\255')") == (None, 3)
    parts = utf8.eval("utf8.sub(text, 2, 3), utf8.sub(text, -2), utf8.sub(text, 4, 2), utf8.reverse(text)")
    assert [part.encode("latin-1").decode() for part in parts] == ["é€", "😀z", "", TEXT[::-1]]
    assert utf8.eval("utf8.offset(text, 3), utf8.offset(text, -2), utf8.offset(text, 0, 5)") == (4, 7, 4)
    assert utf8.eval("utf8.offset(text, 7)") is None


def test_utf8_codes_and_characters(utf8):
    assert utf8.eval("utf8.codepoint(text, 1, -1)") == (97, 233, 8364, 128512, 122)
    assert utf8.eval("utf8.byte(text, 3), utf8.byte(text, 2, 4)") == (8364, 233, 8364, 128512)
    edges = (0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000)
    made = utf8.eval(f"utf8.char({', '.join(map(str, edges))})")
    assert made.encode("latin-1") == "".join(map(chr, edges)).encode()
    with pytest.raises(LuaError, match="invalid UTF-8 code"):
        utf8.eval("utf8.codepoint('a\\255', 1, -1)")


# Lua 5.2's syntax -----------------------------------------------------------------------------------------------------

CALLS_OVER_LINES = """
local function f(x) return function(y) return x + y end end
local a = f(1)
   (2)

local b = f(10)

   (20) + f(100)
      (200)
result = {a, b, debug.getinfo(1, 'l').currentline}
"""


def test_a_bracket_on_the_next_line_goes_on_with_a_call(lua, tmp_path):
    """seq2seq-attn and word-rnn are written so."""
    (tmp_path / "calls.lua").write_text(CALLS_OVER_LINES)
    (tmp_path / "marked.lua").write_text("#!/usr/bin/env th" + CALLS_OVER_LINES)
    lua.execute(f"package.path = '{tmp_path}/?.lua;' .. package.path")
    ways = (
        "require 'calls'",
        f"dofile '{tmp_path}/calls.lua'",
        f"loadfile('{tmp_path}/marked.lua')()",
        f"loadstring([[ {CALLS_OVER_LINES}]])()",
    )
    for way in ways:
        lua.execute("result = nil " + way)
        assert lua.globals["result"].list() == [3, 330, 10], way


def test_other_errors_of_syntax_stay_as_they_are(lua, tmp_path):
    (tmp_path / "wrong.lua").write_text("local x = f() -- made here\n(g)()\n")
    lua.execute(f"package.path = '{tmp_path}/?.lua;' .. package.path")
    for way in ("require 'wrong'", f"dofile '{tmp_path}/wrong.lua'"):
        with pytest.raises(LuaError, match=r"wrong.lua:2: ambiguous syntax"):
            lua.execute(way)
    with pytest.raises(LuaError, match=r"cannot open .*absent.lua"):
        lua.execute(f"dofile '{tmp_path}/absent.lua'")
    assert lua.execute("return loadstring('x = ')") == (None, "[string \"x = \"]:1: unexpected symbol near '<eof>'")


def test_env_is_there_for_programs_that_require_it_first(lua):
    """learning_to_execute does."""
    assert lua.execute("return require 'env' ~= nil and torch.Tensor(2):size(1)") == 2
