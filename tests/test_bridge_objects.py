"""Objects across the border between Lua and Python: identity, fields, classes, overrides, metamethods."""

import gc
import weakref

import pytest
import torch

import torch7py
from lua_bridge import LuaError, LuaTorch
from torch7py import nn
from torch7py.classes import register
from torch7py.table import Table

ONE = torch.ones(1, dtype=torch.float64)


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.require("nn")
        yield runtime


def test_a_tensor_keeps_its_identity(lua):
    x = torch.zeros(3)
    lua.globals["x"] = x
    assert lua.eval("x") is x
    assert lua.execute("local t = {x}; return rawequal(t[1], x), x == x, t[1] == x:clone()") == (True, True, False)


def test_identity_survives_many_collections(lua):
    objects = [torch.full((1,), float(i)) for i in range(100)]
    lua.globals["get"] = lambda i: objects[int(i) - 1]
    wrong = lua.execute("""
        local wrong, kept = 0, {}
        for round = 1, 200 do
           for i = 1, 100 do
              local x = get(i)
              if x[1] ~= i - 1 then wrong = wrong + 1 end
              kept[(round + i) % 37] = {x}
           end
        end
        return wrong
    """)
    assert wrong == 0


def test_types_are_those_of_torch7(lua):
    assert lua.eval("type(torch.Tensor(2)), type(torch.Tensor(2, 2)[1]), type(nn.Linear(2, 3))") == (
        "userdata",
        "userdata",
        "table",
    )
    assert lua.eval("torch.type(nn.Linear(2, 3)), torch.typename(torch.LongTensor()), torch.type({})") == (
        "nn.Linear",
        "torch.LongTensor",
        "table",
    )


def test_fields_of_any_lua_type(lua):
    lua.execute("""
        m = nn.Identity()
        m.number, m.text, m.flag, m.list, m[7] = 1.5, 'a\\0b', false, {1, {2}}, 'seven'
        m.f = function(x) return x + 1 end
        m.t = torch.ones(2)
    """)
    m = lua.globals["m"]
    assert (m.number, m.text, m.flag, m.__dict__[7]) == (1.5, "a\0b", False, "seven")
    assert m.list[2][1] == 2
    assert lua.execute("return m.f(1), m.list == m.list, m.flag, m[7], m.missing") == (2, True, False, "seven", None)
    lua.execute("m.number = nil; m.list[3] = 'new'")
    assert "number" not in m.__dict__ and m.list[3] == "new"


def test_pairs_and_raw_access_know_objects(lua):
    lua.execute("m = nn.Linear(2, 3)")
    names = lua.execute(
        "local names = {} for k in pairs(m) do names[#names + 1] = k end table.sort(names) return names"
    )
    assert {"weight", "bias", "gradWeight", "gradBias"} <= set(names)
    assert lua.eval("rawget(m, 'weight') == m.weight, rawget(m, 'forward'), next(m) ~= nil") == (True, None, True)
    assert lua.eval("getmetatable(m) == torch.getmetatable('nn.Linear')") is True
    lua.execute("rawset(m, 'mine', 5)")
    assert lua.globals["m"].mine == 5


def test_tables_stay_one_table(lua):
    net = nn.Sequential().add(nn.Linear(2, 3))
    lua.globals["net"] = net
    lua.execute("table.insert(net.modules, nn.Tanh()); first = net.modules")
    assert len(net.modules) == 2 and isinstance(net.modules[2], nn.Tanh)
    assert lua.eval("rawequal(first, net.modules)") is True
    net.modules.append(nn.Sigmoid())
    assert lua.eval("#first, torch.type(first[3])") == (3, "nn.Sigmoid")
    assert net.forward(torch.ones(2, dtype=torch.float64)).shape == (3,)


def test_a_python_table_moves_to_lua_with_its_cycles(lua):
    table = Table([1, 2], name="x")
    table["self"] = table
    lua.globals["t"] = table
    assert lua.eval("t[2], t.name, t.self == t, #t") == (2, "x", True, 2)
    lua.execute("t[3] = 'three'; t.name = nil")
    assert list(table) == [1, 2, "three"] and table.name is None
    assert lua.eval("t") is table


def test_a_lua_table_is_the_same_object_each_time(lua):
    assert lua.eval("a == b") is True  # both nil
    lua.execute("a = {1, 2}")
    assert lua.eval("a") is lua.globals["a"]
    big = lua.execute("local t = {} for i = 1, 10000 do t[i] = i; t['k' .. i] = i end return t")
    assert len(big) == 10000 and big.list()[-1] == 10000
    assert sum(1 for _ in big.items()) == 20000


def test_multiple_results_and_holes(lua):
    lua.globals["several"] = lambda *args: (None, *args, None, "end")
    assert lua.execute("local n = select('#', several(1, nil, 3)) return n") == 6
    assert lua.eval("several(1, nil)") == (None, 1, None, None, "end")
    assert lua.execute("return nil, 2, nil") == (None, 2, None)
    assert lua.execute("local function f(...) return select('#', ...), ... end return f(nil, nil)") == (2, None, None)


# Classes ------------------------------------------------------------------------------------------------------------


def test_a_lua_module_in_a_python_container(lua):
    lua.execute("""
        local Scale, parent = torch.class('nn.Scale', 'nn.Module')
        function Scale:__init(factor) parent.__init(self); self.factor = factor end
        function Scale:updateOutput(input) return self.output:resizeAs(input):copy(input):mul(self.factor) end
        function Scale:updateGradInput(input, gradOutput)
           return self.gradInput:resizeAs(input):copy(gradOutput):mul(self.factor)
        end
        function Scale:__tostring__() return torch.type(self) .. '(' .. self.factor .. ')' end
        net = nn.Sequential():add(nn.Scale(3)):add(nn.Identity())
    """)
    net = lua.globals["net"]
    x = torch.ones(2, dtype=torch.float64)
    assert net.forward(x).tolist() == [3, 3]
    assert net.backward(x, x).tolist() == [3, 3]
    assert isinstance(net.modules[1], nn.Module) and net.modules[1].factor == 3
    assert "nn.Scale(3)" in str(net)
    again = lua.eval("nn.Scale")  # the constructor works from Python too
    assert lua.eval("torch.isTypeOf(nn.Scale(1), 'nn.Module'), torch.isTypeOf(nn.Scale(1), nn.Scale)") == (True, True)
    assert again is not None


def test_lua_classes_three_deep(lua):
    lua.execute("""
        local A, pa = torch.class('nn.A', 'nn.Linear')
        function A:__init(n) pa.__init(self, n, n); self.who = 'A' end
        function A:name() return 'A' .. self.weight:size(1) end
        local B, pb = torch.class('nn.B', 'nn.A')
        function B:__init() pb.__init(self, 4) end
        function B:name() return 'B' .. pb.name(self) end
        b = nn.B()
    """)
    assert lua.eval("b:name(), b.who, b:forward(torch.ones(4)):size(1)") == ("BA4", "A", 4)
    b = lua.globals["b"]
    assert b.name() == "BA4" and isinstance(b, nn.Linear)


def test_assigning_to_a_class_reaches_both_sides_and_close_takes_it_back():
    with LuaTorch() as lua:
        lua.require("nn")
        lua.execute("""
            function nn.Module:shout() return torch.type(self):upper() end
            function nn.Tanh:updateOutput(input) self.output = input * 100 return self.output end
        """)
        assert nn.Linear(2, 2).shout() == "NN.LINEAR"
        assert nn.Sequential().add(nn.Tanh()).forward(ONE).tolist() == [100]
        lua.execute("function nn.Tanh:updateOutput(input) self.output = input * 5 return self.output end")
        assert nn.Tanh().forward(ONE).tolist() == [5]
    assert not hasattr(nn.Module, "shout")
    assert nn.Tanh().forward(ONE * 0).tolist() == [0]


def test_a_method_overridden_on_one_object(lua):
    lua.execute("""
        m, other = nn.Linear(2, 2), nn.Linear(2, 2)
        calls = 0
        function m:accGradParameters(input, gradOutput, scale) calls = calls + 1 end
        m.updateGradInput = function(self, input, gradOutput) return nil end
    """)
    m = lua.globals["m"]
    m.zeroGradParameters()
    x = torch.ones(2, dtype=torch.float64)
    m.forward(x)
    m.backward(x, x)
    assert lua.globals["calls"] == 1
    assert m.gradWeight.abs().sum() == 0
    lua.execute("m.accGradParameters = nil")
    m.accGradParameters(x, x)
    assert m.gradWeight.abs().sum() > 0


def test_a_clone_has_its_own_overridden_methods(lua):
    lua.execute("""
        m = nn.Identity()
        m.name, m.say = 'original', function(self) return self.name end
        function m:updateOutput(input) self.output = input * #self.name return self.output end
        copy = m:clone()
        copy.name = 'copy'
    """)
    assert lua.eval("copy:say(), m:say()") == ("copy", "original")
    assert lua.globals["copy"].forward(ONE).tolist() == [4]


def test_handles_become_tensors(lua):
    x = torch7py.Tensor([1, 2])
    lua.globals["x"] = x
    assert lua.eval("x") is x.tensor and lua.execute("return (...)[2]", x) == 2


def test_a_python_class_subclassed_in_lua(lua):
    @torch7py.classes.register("nn.TestDouble")
    class Double(nn.Module):
        def updateOutput(self, input):
            self.output = input * self.factor()
            return self.output

        def factor(self):
            return 2

    lua.execute("""
        nn.TestDouble = torch.getconstructortable('nn.TestDouble')
        local Triple, parent = torch.class('nn.TestTriple', 'nn.TestDouble')
        function Triple:factor() return parent.factor(self) + 1 end
    """)
    assert lua.eval("nn.TestTriple():forward(torch.ones(1))[1]") == 3


def test_a_pure_lua_class_stays_in_lua(lua):
    result = lua.execute("""
        local Point = torch.class('Point')
        function Point:__init(x) self.x = x end
        function Point.__add__(a, b) return _G.Point(a.x + b.x) end
        function Point.__eq__(a, b) return a.x == b.x end
        function Point:__call__(y) return self.x * y end
        function Point:__tostring__() return 'Point(' .. self.x .. ')' end
        function Point:__len__() return self.x end
        local p = _G.Point(2)
        return tostring(p), (p + p).x, p == _G.Point(2), p(10), type(p), torch.type(p), rawget(p, 'x')
    """)
    assert result == ("Point(2)", 4, True, 20, "table", "Point", 2)


def test_metamethods_of_a_lua_class_with_a_python_ancestor(lua):
    lua.execute("""
        local V, parent = torch.class('nn.V', 'nn.Identity')
        function V:__init(x) parent.__init(self); self.x = x end
        function V.__add__(a, b) return a.x + b.x end
        function V:__call__(y) return self.x .. y end
        function V:__len__() return 42 end
        function V:__unm__() return -self.x end
        v = nn.V(5)
    """)
    assert lua.eval("v + v, v('!'), #v, -v") == (10, "5!", 42, -5)


def test_index_handlers(lua):
    result = lua.execute("""
        local P, parent = torch.class('Proxy')
        function P:__index__(key) if key == 'magic' then return 'yes', true end return false end
        function P:__newindex__(key, value)
           if key ~= 'hidden' then return false end
           rawset(self, 'shown', value)
           return true
        end
        local p = _G.Proxy()
        p.hidden, p.plain = 1, 2
        return p.magic, p.shown, p.hidden, p.plain
    """)
    assert result == ("yes", 1, None, 2)


def test_class_errors(lua):
    with pytest.raises(LuaError, match="does not exist"):
        lua.execute("torch.class('nn.X1', 'nn.Nonesuch')")
    with pytest.raises(LuaError, match="already assigned"):
        lua.execute("torch.class('nn.Linear', 'nn.Module')")
    with pytest.raises(LuaError, match="unknown"):
        lua.execute("torch.class('nowhere.X')")


def test_python_modules_drive_objects_that_are_all_lua(lua):
    """Any Lua object with the right methods can stand in a container."""
    lua.execute("""
        local Duck = torch.class('Duck')
        function Duck:forward(x) self.output = x * 2 return self.output end
        function Duck:updateOutput(x) return self:forward(x) end
        duck = _G.Duck()
    """)
    duck = lua.globals["duck"]
    assert duck.updateOutput(torch.ones(1)).tolist() == [2]
    assert lua.eval("duck") is duck and duck.__typename__ == "Duck"


def test_objects_are_released(lua):
    lua.execute("m = nn.Linear(100, 100)")
    alive = weakref.ref(lua.globals["m"])
    lua.execute("m.list = {1, 2, {3}}; local x = m.list[3]; m = nil collectgarbage() collectgarbage()")
    gc.collect()
    assert alive() is None


def test_library_functions_are_real_functions(lua):
    assert lua.eval("type(torch.add), type(nn.Linear(1, 1).forward), type(torch.DoubleTensor)") == (
        "function",
        "function",
        "table",
    )
    assert lua.execute("local add = torch.add return add(torch.ones(1), 1)[1]") == 2


def test_tensor_types_can_be_patched(lua):
    lua.execute("""
        local mt = torch.getmetatable('torch.FloatTensor')
        function mt:twice() return self * 2 end
        mt.fill = function(self, v) self:zero() return self end
    """)
    assert lua.eval("torch.FloatTensor{1}:twice()[1], torch.DoubleTensor(1).twice") == (2, None)
    assert lua.eval("torch.FloatTensor(2):fill(3)[1], torch.DoubleTensor(2):fill(3)[1]") == (0, 3)


@pytest.mark.parametrize("copy", ["m:clone()", "torch.deserialize(torch.serialize(m))"])
def test_copies_keep_methods_assigned_to_the_object(lua, copy):
    lua.execute("""
        m = nn.Linear(3, 2)
        function m:updateOutput(x) self.output = x * self.factor return self.output end
        m.factor = 7
        copy = """ + copy)  # fmt: skip
    assert lua.eval("copy:updateOutput(torch.ones(3)):sum(), copy:forward(torch.ones(3)):sum()") == (21, 21)
    lua.execute("m.factor = 0 net = nn.Sequential():add(copy)")
    assert lua.eval("net:forward(torch.ones(3)):sum()") == 21
    assert lua.eval("net").forward(torch.ones(3)).sum() == 21


def test_objects_of_unknown_classes(lua):
    from torch7py.serialization.world import unknown_class

    thing = unknown_class("some.Thing", 2)()
    thing.weight = ONE
    lua.globals["thing"] = thing
    assert lua.eval("type(thing), torch.type(thing), tostring(thing)") == ("table", "some.Thing", "some.Thing")
    assert lua.eval("thing.weight[1], thing.other, #thing") == (1, None, 0)


def test_classes_know_their_parents_as_metatables(lua):
    lua.execute("local C, P = torch.class('nn.Child', 'nn.Linear') own, parent = torch.class('Pure'), P")
    assert lua.eval("getmetatable(getmetatable(nn.Linear(1, 1))) == getmetatable(nn.Module())")
    assert lua.eval(
        "getmetatable(torch.getmetatable('nn.Child')) == parent, debug.getmetatable(nn.Child(1, 1)).__typename"
    ) == (
        True,
        "nn.Child",
    )


def test_in_place_methods_return_what_they_were_called_on(lua):
    lua.execute("x = torch.ones(3)")
    assert lua.eval("rawequal(x:add(1), x), rawequal(torch.add(x, x, 1), x), rawequal(x:resize(5), x)") == (True,) * 3
    assert lua.execute("local row = torch.ones(2, 2)[1] return rawequal(row:mul(2), row), row:sum()") == (True, 4)
    assert lua.eval("select('#', torch.manualSeed(1)), select('#', x:add(1))") == (0, 1)


def test_a_script_may_define_what_its_python_port_has_registered():
    """Both in one process, as in a test suite; but a name of torch7py's own stays taken."""

    @register("nn.BothHaveIt")
    class BothHaveIt(nn.Module):
        def updateOutput(self, input):
            return input + 1

    with LuaTorch() as lua:
        lua.execute("""
            require 'nn'
            local Mine, parent = torch.class('nn.BothHaveIt', 'nn.Module')
            function Mine:updateOutput(input) return input * 3 end
        """)
        assert lua.execute("return nn.BothHaveIt():forward(torch.ones(2)):sum()") == 6
        with pytest.raises(LuaError, match="already assigned"):
            lua.execute("torch.class('nn.BothHaveIt', 'nn.Module')")
        with pytest.raises(LuaError, match="already assigned"):
            lua.execute("torch.class('nn.Linear', 'nn.Module')")
    assert BothHaveIt().forward(torch.ones(2)).sum() == 4
    with LuaTorch() as lua:
        assert lua.execute("require 'nn' return nn.BothHaveIt():forward(torch.ones(2)):sum()") == 4
