"""What FFI code in Lua gets at: addresses, the original's C structs, mapped files. All values are the original's."""

import pytest
import torch

from lua_bridge import LuaError, LuaTorch


@pytest.fixture
def lua(tmp_path):
    with LuaTorch() as runtime:
        runtime.execute("require 'torch' ffi = require 'ffi' path = ...", str(tmp_path / "numbers"))
        yield runtime


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("local d = torch.data(torch.range(1, 3)) return d[0], d[2]", (1, 3)),
        ("local x = torch.FloatTensor{1, 2, 3} x:data()[1] = 9 return x[2], x:storage():data()[1]", (9, 9)),
        ("local x = torch.ByteTensor(3) ffi.copy(x:data(), 'abc', 3) return ffi.string(x:data(), 3)", "abc"),
        ("local s = torch.CharStorage():string('hello') return ffi.string(s:data(), #s)", "hello"),
        ("local p = ffi.cast('uint8_t*', torch.IntTensor{1, 256}:data()) return p[0], p[5]", (1, 1)),
        ("local b = ffi.new('double[3]', {3}) local x = torch.Tensor(3) ffi.copy(x:data(), b, 24) return x[3]", 3),
        ("local m = torch.range(1, 12):resize(3, 4) return m[2]:data()[3], m:narrow(2, 2, 2):data()[0]", (8, 2)),
        ("local m = torch.ones(3, 4) return tonumber(m[2]:data() - m:data())", 4),
        ("b = ffi.new('double[2]', {1, 2}) return torch.DoubleStorage(2, tonumber(ffi.cast('intptr_t', b)))[2]", 2),
        ("local x = torch.ones(3) return torch.data(x, true) == ffi.cast('intptr_t', x:data())", True),
        ("local x = torch.ones(3) return torch.cdata(x, true) == ffi.cast('intptr_t', x:cdata())", True),
        ("return torch.Tensor():data() == nil, torch.data(nil), torch.cdata(nil)", (True, None, None)),
    ],
)  # fmt: skip
def test_addresses(lua, body, expected):
    assert lua.execute(body) == expected


def test_structs(lua):
    lua.execute("x = torch.range(1, 6):resize(2, 3) c, row, turned = x:cdata(), x[2]:cdata(), torch.cdata(x:t())")
    assert lua.eval("c.nDimension, tonumber(c.size[1]), tonumber(c.stride[0]), tonumber(c.storage.size)") == (
        2,
        3,
        3,
        6,
    )
    assert lua.eval("row.nDimension, tonumber(row.storageOffset), row.storage.data[3]") == (1, 3, 4)
    assert lua.eval("tonumber(turned.size[0]), tonumber(turned.stride[0])") == (3, 1)
    assert lua.eval("ffi.cast('THDoubleTensor*', c).nDimension, torch.Tensor():cdata().storage == nil") == (2, True)
    lua.execute("c.storage.data[2] = 77")
    assert lua.eval("x[1][3], tonumber(torch.LongStorage{5, 6}:cdata().data[1])") == (77, 6)


@pytest.mark.parametrize(
    ("kind", "ctype"),
    [("Byte", "unsigned char"), ("Char", "char"), ("Short", "short"), ("Int", "int"), ("Float", "float")],
)
def test_types_of_pointers(lua, kind, ctype):
    assert lua.execute(f"""
        local x = torch.{kind}Tensor{{1, 2, 3}}
        return tostring(ffi.typeof(x:data())), tostring(ffi.typeof(x:storage():data())), tostring(ffi.typeof(x:cdata()))
    """) == (f"ctype<{ctype} *>", f"ctype<{ctype} *>", f"ctype<struct TH{kind}Tensor *>")


def test_objects_by_their_pointers(lua):
    lua.execute("x = torch.range(1, 3)")
    assert lua.eval("torch.pushudata(torch.pointer(x), 'torch.DoubleTensor')") is lua.eval("x")
    assert lua.eval("torch.pushudata(torch.pointer(x:storage()), 'torch.DoubleStorage')[2]") == 2
    assert lua.eval("torch.pointer(x:storage()) == torch.pointer(x:narrow(1, 1, 2):storage())")
    for pointer in ("12345", "torch.pointer(torch.ones(2))"):
        with pytest.raises(LuaError, match="no torch.DoubleTensor with this pointer"):
            lua.execute(
                f"collectgarbage() local p = {pointer} collectgarbage() torch.pushudata(p, 'torch.DoubleTensor')"
            )


def test_mapped_files(lua):
    lua.execute("local f = torch.DiskFile(path, 'w'):binary() f:writeFloat(torch.FloatStorage{1, 2, 3, 4}) f:close()")
    assert lua.eval("#torch.FloatStorage(path), torch.FloatStorage(path)[4], #torch.ByteStorage(path)") == (4, 4, 16)
    private = "local s = torch.FloatStorage(path, false) s[1] = 10 return s[1], torch.FloatStorage(path)[1]"
    assert lua.execute(private) == (10, 1)
    assert lua.execute(private.replace("false", "true")) == (10, 10)
    assert (
        lua.execute("local s = torch.FloatStorage(path, true) s:data()[0] = 42 return torch.FloatStorage(path)[1]")
        == 42
    )
    lua.execute("torch.FloatTensor(torch.FloatStorage(path, true)):mul(2)")
    assert lua.eval("torch.FloatStorage(path, false, 2)[2], #torch.FloatStorage(path, false, 2)") == (4, 2)
    assert lua.execute("local s = torch.FloatStorage(path, true, 8) s[8] = 7 return #s, s[5]") == (8, 0)
    assert lua.eval("#torch.FloatStorage(path), torch.FloatStorage(path)[8]") == (8, 7)
    for wrong, message in (
        ("torch.FloatStorage(path, false, 20)", "20 elements wanted"),
        ("torch.FloatStorage(path .. 'x')", "unable to open file"),
        ("torch.FloatStorage('/nonexistent/x', true, 3)", "unable to"),
        ("torch.FloatStorage(path):resize(100)", "not resizable"),
    ):
        with pytest.raises(LuaError, match=message):
            lua.execute(wrong)


def test_a_struct_lives_as_long_as_its_tensor(lua):
    lua.execute(
        "x = torch.range(1, 1000) c = x:cdata() for i = 1, 2000 do torch.ones(100):cdata() end collectgarbage()"
    )
    assert lua.eval("tonumber(c.size[0]), c.storage.data[999]") == (1000, 1000)
    assert torch.equal(lua.eval("x"), torch.arange(1, 1001, dtype=torch.float64))
