"""Libraries that were C: lfs, csvigo, hdf5, socket; and what is said of those that are not here."""

import os

import pytest

from lua_bridge import LuaError, LuaTorch, missing, packages


@pytest.fixture
def lua(tmp_path):
    with LuaTorch() as runtime:
        runtime.globals["folder"] = os.fsencode(tmp_path).decode("latin-1")
        yield runtime


# lfs ------------------------------------------------------------------------------------------------------------------


def test_lfs_looks_at_files(lua, tmp_path):
    (tmp_path / "f.txt").write_text("hello")
    (tmp_path / "f.txt").chmod(0o644)
    assert lua.execute("""
        local lfs, f = require 'lfs', folder .. '/f.txt'
        local a = lfs.attributes(f)
        lfs.link('f.txt', folder .. '/l', true)
        assert(lfs.touch(f, 1000, 2000))
        local l = folder .. '/l'
        assert(lfs.symlinkattributes(l, 'mode') == 'link' and lfs.symlinkattributes(l).target == 'f.txt')
        assert(lfs.attributes(l, 'mode') == 'file' and lfs.attributes(f, {size = 0}).size == 5)
        return a.mode, a.size, a.permissions, lfs.attributes(f, 'modification'), lfs.attributes(f, 'access')
    """) == ("file", 5, "rw-r--r--", 2000, 1000)
    with pytest.raises(LuaError, match="invalid attribute name 'colour'"):
        lua.execute("require('lfs').attributes('.', 'colour')")


def test_lfs_changes_directories(lua, tmp_path):
    before = os.getcwd()
    (tmp_path / "größe").mkdir()
    found = lua.execute("""
        local lfs = require 'lfs'
        local names = {}
        for name in lfs.dir(folder) do names[#names + 1] = name end
        table.sort(names)
        local first, iterate, object = lfs.currentdir(), lfs.dir(folder)
        assert(type(object:next()) == 'string')
        object:close()
        assert(lfs.chdir(folder) and lfs.currentdir() == folder)
        local made = {lfs.mkdir('sub'), lfs.mkdir('sub')}
        local removed = {lfs.rmdir('sub'), lfs.rmdir('sub')}
        local lock = lfs.lock_dir('.')
        local second = {lfs.lock_dir('.')}
        lock:free()
        lfs.chdir(first)
        return table.concat(names, ' '), made[2], made[3], removed[1], removed[3], second[2], lfs.attributes('/nowhere')
    """)
    assert os.getcwd() == before
    assert found[:6] == (
        ". .. gr\xc3\xb6\xc3\x9fe",
        None,
        "File exists",
        True,
        "No such file or directory",
        "File exists",
    )
    assert found[6:] == (None, "cannot obtain information from file '/nowhere': No such file or directory", 2)


# csvigo ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def table(lua, tmp_path):
    (tmp_path / "t.csv").write_bytes(b'a,b,c\r\n1,"x, y",3\n4,"he said ""hi""",\n7,,9\n')
    lua.execute("csvigo, path = require 'csvigo', folder .. '/t.csv'")
    return lua


def test_csvigo_loads_rows_and_columns(table):
    assert table.execute("""
        local rows = csvigo.load{path = path, mode = 'raw', verbose = false}
        local columns = csvigo.load{path = path, verbose = false}
        local names = csvigo.load{path = path, verbose = false, column_order = true}
        local none = csvigo.load{path = path, verbose = false, header = false}
        return #rows, rows[2][2], rows[3][2], rows[3][3], table.concat(columns.a, ' '), columns.c[2], names[3],
           none.var_1[1]
    """) == (4, "x, y", 'he said "hi"', "", "1 4 7", "", "c", "a")


def test_csvigo_answers_queries(table):
    assert table.execute("""
        local query = csvigo.load{path = path, mode = 'query', verbose = false}
        local either, both = query('union', {a = {1, 7}, b = 'x, y'}), query('inter', {a = 1, c = 3})
        return table.concat(either.a, ' '), table.concat(both.a, ' '), #query('vars'), #query('all').a, #query().b
    """) == ("1 7", "1", 3, 3, 3)
    with pytest.raises(LuaError, match="there is no variable 'z'"):
        table.execute("csvigo.load{path = path, mode = 'query', verbose = false}('union', {z = 1})")


def test_csvigo_makes_rows_of_large_files_on_demand(table):
    assert table.execute("""
        local rows, seen = csvigo.load{path = path, mode = 'large', verbose = false}, {}
        for i, row in pairs(rows) do seen[i] = #row end
        assert(not pcall(function() rows[1] = 1 end) and not pcall(function() return rows[9] end))
        return #rows, rows[2][2], #seen, tostring(rows):match('^[^\\r\\n]*')
    """) == (4, "x, y", 4, "a,b,c")


def test_csvigo_saves(table, tmp_path):
    table.execute(
        "csvigo.save{path = path, data = {{1, 'a,b'}, {'q\"q', 0/0}}, verbose = false, nan_as_missing = true}"
    )
    assert (tmp_path / "t.csv").read_text() == '1,"a,b"\n"q""q",\n'
    table.execute(
        "csvigo.save{path = path, data = {x = {1, 2}, y = {'a', 'b'}}, verbose = false, column_order = {'y', 'x'}}"
    )
    assert (tmp_path / "t.csv").read_text() == "y,x\na,1\nb,2\n"
    with pytest.raises(LuaError, match="unknown mode 'odd'"):
        table.execute("csvigo.load{path = path, mode = 'odd', verbose = false}")


# hdf5 -----------------------------------------------------------------------------------------------------------------


def test_hdf5_writes_and_reads(lua, tmp_path):
    h5py = pytest.importorskip("h5py")
    path = str(tmp_path / "x.h5")
    assert lua.execute(
        """
        require 'hdf5'
        local path = ...
        local f = hdf5.open(path, 'w')
        f:write('/group/data', torch.range(1, 12):resize(3, 4):t())
        f:write('t', {a = torch.ByteTensor{1, 2}, b = {c = torch.LongTensor{2^40}}})
        local options = hdf5.DataSetOptions():setChunked(32, 32):setDeflate(9)
        f:write('z', torch.FloatTensor(5, 3):fill(1), options)
        f:append('z', torch.FloatTensor(2, 3):fill(2))
        assert(not pcall(f.write, f, 'z', torch.zeros(2)))
        f:close()
        f = hdf5.open(path, 'r')
        local d = f:read('/group/data')
        assert(torch.type(d:getTensorFactory()()) == 'torch.DoubleTensor')
        local t, names = f:all(), {}
        for name in pairs(f._rootGroup._children) do names[#names + 1] = name end
        table.sort(names)
        local sum = f:read('z'):all():sum()
        local part = d:partial({2, 3}, 1)
        return d:all()[4][1], part[2][1], d:dataspaceSize()[1], t.t.b.c[1], torch.type(t.t.a), sum,
           table.concat(names, ' '), tostring(d), pcall(d.partial, d, {1, 9}, {1, 1})
        """,
        path,
    )[:9] == (4, 3, 4, 2**40, "torch.ByteTensor", 27, "group t z", "[HDF5DataSet /group/data]", False)
    with h5py.File(path) as file:
        assert file["z"].compression == "gzip" and file["group/data"].shape == (4, 3)


def test_hdf5_says_what_is_wrong(lua, tmp_path):
    pytest.importorskip("h5py")
    lua.globals["path"] = str(tmp_path / "x.h5")
    for code, message in [
        ("hdf5.open('/nowhere/x.h5', 'w')", "no such directory /nowhere"),
        ("hdf5.open(path, 'r')", "cannot open"),
        ("hdf5.open(path, 'q')", "Unknown mode 'q'"),
        ("hdf5.open(path, 'w'):read('a/b')", "no such child 'a/b'"),
        ("hdf5.open(path .. '2', 'w'):write('a', 'text')", "writing data of type string is not supported"),
        ("hdf5.open(path .. '3', 'w'):write('/', torch.zeros(2))", "must provide a table"),
    ]:
        with pytest.raises(LuaError, match="script.lua:1: ") as raised:
            lua.execute("require 'hdf5' " + code, name="@script.lua")
        assert message in str(raised.value)


# what is not here -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, reason",
    [
        ("cltorch.test", "GPUs"),
        ("qtwidget", "windows of its own"),
        ("graphicsmagick", "Package image loads"),
        ("pl.xml", "lua-penlight"),
        ("unsup", "luarocks --lua-version 5.1 --local install unsup"),
    ],
)
def test_a_missing_package_says_why_and_what_to_do(lua, name, reason):
    lua.execute("package.path = package.path:gsub('/usr/share/lua/5.1/[^;]*;', '')")
    ok, message = lua.execute("return pcall(require, ...)", name)
    assert ok is False and reason in message and f"{name}: " in message.splitlines()[-1]
    assert f"no field package.preload['{name}']" in message and f"no file './{name.replace('.', '/')}.lua'" in message


def test_nothing_is_called_missing_that_is_here():
    assert not set(missing.REASONS) & {*packages.PYTHON_PACKAGES, *packages.LUA_PACKAGES}


def test_an_unknown_package_is_just_not_found(lua):
    _, message = lua.execute("return pcall(require, 'nothing_of_this_name')")
    assert message.startswith("module 'nothing_of_this_name' not found:") and message.endswith("loadall.so'")


def test_a_users_own_copy_comes_before_what_is_here(lua, tmp_path):
    (tmp_path / "moses.lua").write_text("return 'mine'")
    lua.execute("package.path = folder .. '/?.lua;' .. package.path")
    assert lua.eval("require 'moses'") == "mine" and lua.eval("type(require('class'))") == "table"


def test_the_clock_of_socket(lua):
    assert lua.execute("""
        local socket = require 'socket'
        local start = socket.gettime()
        socket.sleep(0.05)
        return socket.gettime() - start >= 0.05
    """)


# bit, bit32 -----------------------------------------------------------------------------------------------------------

BITS = """
    local bit, bit32 = require 'bit', require 'bit32'
    local parts = {}
    for _, x in ipairs{0, 1, 0x12345678, 0x80000000, 0xffffffff, -1} do
       for _, n in ipairs{0, 1, 7, 31} do
          for _, name in ipairs{'lshift', 'rshift', 'arshift', 'rol', 'ror', 'band', 'bor', 'bxor'} do
             parts[#parts + 1] = bit[name](x, n)
          end
          for _, name in ipairs{'lshift', 'rshift', 'arshift', 'lrotate', 'rrotate', 'band', 'bor', 'bxor'} do
             parts[#parts + 1] = bit32[name](x, n)
          end
       end
       parts[#parts + 1] = bit.bnot(x) .. bit.bswap(x) .. bit.tohex(x) .. bit.tohex(x, -4) .. bit.tobit(x)
       parts[#parts + 1] = bit32.bnot(x)
       parts[#parts + 1] = bit32.extract(x, 4, 8) .. ' ' .. bit32.replace(x, 5, 8, 4) .. tostring(bit32.btest(x, 6))
    end
    return table.concat(parts, ' ')
"""


def test_bits_are_the_same_with_and_without_luajit(lua):
    with LuaTorch("lua51") as plain:
        assert lua.execute(BITS) == plain.execute(BITS)
    lua.execute("b = require 'bit32'")
    assert lua.eval("b.arshift(0xfffffff0, 2), b.bxor(5, 3, 1), b.lrotate(2^31, 1)") == (0xFFFFFFFC, 7, 1)
