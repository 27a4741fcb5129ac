"""Packages argcheck and class: results and messages of the originals."""

import pytest

from lua_bridge import LuaError, LuaTorch


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.execute("argcheck, class = require 'argcheck', require 'class'")
        yield runtime


def test_positions_names_and_defaults(lua):
    assert lua.execute("""
        local n = 0
        local f = argcheck{
           {name = 'x', type = 'number', default = 3},
           {name = 'msg', type = 'string'},
           {name = 't', type = 'torch.*Tensor', opt = true},
           {name = 'y', type = 'number', defaulta = 'x'},
           {name = 'z', type = 'table', defaultf = function() n = n + 1 return {n} end},
           call = function(x, msg, t, y, z) return x .. msg .. tostring(t and t:sum()) .. y .. z[1] end,
        }
        return f('a'), f(1, 'a', torch.ones(2)), f(1, 'a', 2), f(nil, 'a', nil, nil, {7}), f{msg = 'q', y = 5}
    """) == ("3anil31", "1a212", "1anil23", "3anil37", "3qnil54")


def test_what_does_not_fit_is_told(lua):
    with pytest.raises(LuaError) as raised:
        lua.execute(
            """
            local f = argcheck{
               help = 'Adds.',
               {name = 'x', type = 'number', help = 'a number', check = function(x) return x > 0 end},
            }
            local g = argcheck{{name = 'x', type = 'number'}, {name = 'word', type = 'string', default = 'w'}}
            assert(not pcall(f, -1) and not pcall(f, {x = 1, y = 2}))
            g{x = 'a'}
            """,
            name="@script.lua",
        )
    assert raised.value.message == (
        "script.lua:8: \n*Arguments:*\n```\n({\n   x    = number   -- \n  [word = string]  --  [default=w]\n})\n```\n"
        "*Got:* **table**={ **x=string** }\n\ninvalid arguments!"
    )


def test_methods_pack_quiet_and_restrictions(lua):
    assert lua.execute("""
        local object = {base = 10}
        object.add = argcheck{
           {name = 'self', type = 'table'}, {name = 'x', type = 'number'}, {name = 'y', type = 'number', default = 1},
           call = function(self, x, y) return self.base + x + y end,
        }
        local packed = argcheck{pack = true, {name = 'a', type = 'number'}}(5)
        local quiet = argcheck{quiet = true, {name = 'a', type = 'number'}}
        local ok, value = quiet(3)
        local named = argcheck{noordered = true, {name = 'a', type = 'number'}}
        local ordered = argcheck{nonamed = true, {name = 'a', type = 'number'}}
        return object:add(1), object:add{x = 1, y = 2}, packed.a, ok, value, (quiet('x')), named{a = 4}, pcall(named, 4)
    """)[:8] == (12, 13, 5, True, 3, False, 4, False)


def test_overloading(lua):
    assert lua.execute("""
        local f = argcheck{{name = 'x', type = 'number'}, call = function() return 'number' end}
        f = argcheck{overload = f, {name = 'x', type = 'string'}, call = function() return 'string' end}
        local again = {overload = f, {name = 'y', type = 'string'}, call = function() return 'newer' end}
        local _, ambiguous = pcall(argcheck, again)
        again.force = true
        return f(1), f('a'), ambiguous, argcheck(again)('a'), select(2, pcall(argcheck, {overload = print}))
    """) == (
        "number",
        "string",
        "argcheck rules led to ambiguous situations",
        "newer",
        "trying to overload a non-argcheck function",
    )


def test_checked_functions_can_be_sent_and_saved(lua):
    assert lua.execute("""
        local f = argcheck{{name = 'x', type = 'number', default = 2}, call = function(x) return x * 2 end}
        return torch.deserialize(torch.serialize(f))(4), torch.deserialize(torch.serialize(f))()
    """) == (8, 4)


def test_classes(lua):
    assert lua.execute("""
        local A = class('A')
        function A:__init(x) self.x = x end
        function A:get() return self.x end
        local B, parent = class('B', 'A')
        function B:__init(x) parent.__init(self, x) end
        function B:twice() return 2 * self:get() end
        local b = B(4)
        local f = argcheck{{name = 'a', type = 'A'}, call = function(a) return a:get() end}
        return b:twice(), A.new(3):get(), class.type(b), class.type(1), class.istype(b, 'A'), class.istype(A(1), 'B'),
           f(b), class.metatable('B').__typename, class.factory('A').x, parent.__typename, pcall(class, 'A')
    """) == (8, 3, "B", "number", True, False, 4, "B", None, "A", False, "class <A> already exists")
