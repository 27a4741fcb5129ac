"""The parts of Penlight that come with the bridge, and those of moses: results of the originals."""

from pathlib import Path

import pytest

import lua_bridge
from lua_bridge import LuaError, LuaTorch

LIBRARY = Path(lua_bridge.__file__).parent / "lua" / "library"


@pytest.fixture(scope="module")
def lua():
    """A runtime that finds only what comes with the bridge."""
    with LuaTorch() as runtime:
        runtime.execute("package.path = ...", f"{LIBRARY}/?.lua;{LIBRARY}/?/init.lua")
        runtime.execute("pl = setmetatable({}, {__index = function(_, name) return require('pl.' .. name) end})")
        runtime.execute("""
            local function show(value)
               if type(value) == 'string' then return value end
               if type(value) ~= 'table' then return tostring(value) end
               local keys, parts = {}, {}
               for key in pairs(value) do keys[#keys + 1] = key end
               table.sort(keys, function(a, b)
                  if type(a) == type(b) and type(a) == 'number' then return a < b end
                  return tostring(a) < tostring(b)
               end)
               for i, key in ipairs(keys) do
                  parts[i] = (type(key) == 'number' and '' or tostring(key) .. '=') .. show(value[key])
               end
               return '{' .. table.concat(parts, ',') .. '}'
            end
            function all(...)
               local parts = {}
               for i = 1, select('#', ...) do parts[i] = show((select(i, ...))) end
               return table.concat(parts, ' ')
            end
        """)
        yield runtime


CASES = """
pl.stringx.split('a b  c'), pl.stringx.split('a,b,,c', ','), pl.stringx.split('a,b,c', ',', 2)
    -> {a,b,c} {a,b,,c} {a,b,c}
pl.stringx.strip('  a b '), pl.stringx.lstrip('--a--', '-'), pl.stringx.strip('[a]', '[]')
    -> a b a-- a
pl.stringx.startswith('abc', {'x', 'ab'}), pl.stringx.endswith('a', 'abc'), pl.stringx.isalpha('aB1')
    -> true false false
pl.stringx.replace('a.b.c', '.', '%'), pl.stringx.count('aaaa', 'aa'), pl.stringx.rfind('abcabc', 'bc')
    -> a%b%c 2 5
pl.stringx.center('ab', 5, '*'), pl.stringx.rjust('a', 3), pl.stringx.title('hello WORLD')
    -> *ab**   a Hello World
pl.stringx.partition('a=b=c', '=')
    -> a = b=c
pl.stringx.rpartition('a=b=c', '=')
    -> a=b = c
pl.stringx.join(',', {1, 2}), pl.stringx.splitlines('a\\nb\\r\\nc'), pl.stringx.shorten('abcdefgh', 5)
    -> 1,2 {a,b,c} ab...
pl.tablex.map('_*2', {1, 2}), pl.tablex.map('+', {1, 2}, 10), pl.tablex.filter({1, 2, 3}, '>', 1)
    -> {2,4} {11,12} {2,3}
pl.tablex.reduce('+', {1, 2, 3}), pl.tablex.find({1, 2, 3}, 2), pl.tablex.zip({1, 2}, {'a', 'b'})
    -> 6 2 {{1,a},{2,b}}
pl.tablex.merge({a=1, b=2}, {b=3, c=4}), pl.tablex.merge({a=1, b=2}, {b=3, c=4}, true)
    -> {b=2} {a=1,b=3,c=4}
pl.tablex.deepcompare({1, {2}}, {1, {2}}), pl.tablex.deepcompare({1}, {1, 2}), pl.tablex.size{1, a=2}
    -> true false 2
pl.tablex.deepcopy{1, a={2, {3}}}, pl.tablex.sub({1, 2, 3, 4}, -2), pl.tablex.range(1, 5, 2)
    -> {1,a={2,{3}}} {3,4} {1,3,5}
pl.tablex.imap(function(x) return x > 1 and x or nil end, {1, 2}), pl.tablex.count_map{'a', 'b', 'a'}
    -> {false,2} {a=2,b=1}
pl.path.join('a', 'b', 'c'), pl.path.join('a', '/b'), pl.path.normpath('a/./b//../c')
    -> a/b/c /b a/c
pl.path.dirname('/a/b.txt'), pl.path.basename('/a/b.txt'), pl.path.extension('a.tar.gz')
    -> /a b.txt .gz
pl.path.splitext('a.b/c'), pl.path.isabs('/x'), pl.path.relpath('/a/b/c', '/a/d')
    -> a.b/c true ../b/c
pl.path.isdir('/'), pl.path.isfile('/'), pl.path.exists('/nowhere'), pl.path.abspath('x', '/q')
    -> true false false /q/x
pl.utils.split('a b c'), pl.utils.split('a.b', '.', true), pl.utils.splitv('a=b', '=')
    -> {a,b,c} {a,b} a b
pl.utils.bind1('+', 5)(3), pl.utils.choose(true, 1, 2), pl.utils.escape('a.b*')
    -> 8 1 a%.b%*
pl.pretty.write({1, 'a', {b = 2}}, ''), pl.pretty.read('{1,2,a=3}'), pl.pretty.number(12345, 'T')
    -> {1,"a",{b=2}} {1,2,a=3} 12,345
pl.List{3, 1, 2}:sort(), pl.List{3, 1, 2}:sorted('>'), pl.List{1, 2}:append(3):reverse()
    -> {1,2,3} {3,2,1} {3,2,1}
pl.List{1, 2, 3}:map('_+1'), pl.List{1, 2, 3}:slice(2, 3), pl.List{1, 2, 2}:count(2), pl.List.range(2, 4)
    -> {2,3,4} {2,3} 2 {2,3,4}
tostring(pl.List{1, 'a'} .. pl.List{2}), pl.List{1} == pl.List{1}, pl.List'abc', pl.List{1, 2}:pop()
    -> {1,a,2} true {a,b,c} 2
tostring(pl.Set{1, 2} + pl.Set{3}), tostring(pl.Set{1, 2} * pl.Set{2}), pl.Set{1} < pl.Set{1, 2}
    -> [1,2,3] [2] true
tostring(pl.OrderedMap{{z=1}, {a=2}}), pl.OrderedMap{{z=1}, {a=2}}:keys(), pl.Map{a=1} == pl.Map{a=1}
    -> {z=1,a=2} {z,a} true
pl.seq.copy(pl.seq.map('_*2', {1, 2})), pl.seq.sum{1, 2, 3}
    -> {2,4} 6 3
pl.text.Template('$a and ${b}'):substitute{a = 1, b = 2}, pl.text.wrap('the quick brown fox', 10)
    -> 1 and 2 {the quick,brown fox}
pl.operator.add(1, 2), pl.types.is_empty{}, pl.types.to_bool('yes'), pl.types.is_integer(2.5)
    -> 3 true true false
_.map({1, 2}, function(k, v) return k .. v end), _.select({1, 2, 3}, function(k, v) return v > 1 end)
    -> {11,22} {2,3}
_.reduce({1, 2, 3}, function(m, v) return m + v end), _.contains({'x', {1}}, {1}), _.size{a=1, b=2}
    -> 6 true 2
_.first({1, 2, 3}, 2), _.last({1, 2, 3}, 2), _.rest({1, 2, 3}, 2), _.slice({1, 2, 3, 4}, 2, 3)
    -> {1,2} {2,3} {2,3} {2,3}
_.clone{1, {2}}, _.isEmpty{}, _.isEqual({1, {2}}, {1, {2}}), _.compact{1, false, 2}, _.flatten{1, {2, {3}}}
    -> {1,{2}} true true {1,2} {1,2,3}
_.extend({a=1}, {b=2}), _.defaults({a=1}, {a=2, b=3}), _.keys{a=1}, _.invert{a=1}, _.zip({1, 2}, {3, 4})
    -> {a=1,b=2} {a=1,b=3} {a} {a} {{1,3},{2,4}}
_.range(2, 5), _.unique{1, 1, 2}, _.difference({1, 2, 3}, {2}), _.reverse{1, 2}, _.sort{2, 1}, _.max{1, 3, 2}
    -> {2,3,4,5} {1,2} {1,3} {2,1} {1,2} 3
"""


@pytest.mark.parametrize("case", CASES.strip().replace("\n    ->", " ->").splitlines())
def test_functions(lua, case):
    expression, _, expected = case.partition(" -> ")
    lua.execute("_ = require 'moses'")
    assert lua.eval(f"all({expression})") == expected


def test_a_shuffled_list_has_all_elements(lua):
    lists = lua.execute("""
        local lists = {}
        for seed = 1, 20 do lists[seed] = require('moses').shuffle({1, 2, 3, 4}, seed) end
        return lists
    """)
    assert [sorted(values) for values in lists] == [[1, 2, 3, 4]] * 20


def test_classes(lua):
    assert lua.execute("""
        local class = pl.class
        local A = class()
        function A:_init(name) self.name = name end
        function A:hello() return 'hello ' .. self.name end
        local B = class(A)
        function B:_init(name, n) self:super(name) self.n = n end
        class.Named(A)
        local C = class{_base = A, both = function(self) return self:hello() .. '!' end}
        local b = B('b', 2)
        return b:hello(), b.n, b:is_a(A), A:class_of(b), B:class_of(A('a')), C('c'):both(), Named('x')._name,
           rawget(b, 'super')
    """) == ("hello b", 2, True, True, False, "hello c!", "Named", None)


def test_format_operator(lua):
    assert lua.execute("""
        pl.text.format_operator()
        return '%s = %d' % {'x', 5}, '%g' % 1.5, '$a' % {a = 1}, '%s' % tostring(nil)
    """) == ("x = 5", "1.5", "1", "nil")


def test_files_and_directories(lua, tmp_path):
    assert lua.execute(
        """
        local root, path, dir, file = ..., pl.path, pl.dir, pl.file
        assert(dir.makepath(root .. '/a/b') and file.write(root .. '/a/f.txt', 'hello'))
        assert(dir.copyfile(root .. '/a/f.txt', root .. '/a/b/g.lua'))
        local function names(list)
           for i, name in ipairs(list) do list[i] = path.relpath(name, root) end
           return table.concat(pl.List(list):sort(), ' ')
        end
        local walked = {}
        for folder, folders, files in dir.walk(root) do walked[#walked + 1] = #folders .. #files end
        local result = {names(dir.getfiles(root .. '/a')), names(dir.getallfiles(root)),
           names(dir.getallfiles(root, '*.lua')), names(dir.getdirectories(root)), table.concat(walked, ' '),
           file.read(root .. '/a/b/g.lua')}
        assert(dir.rmtree(root .. '/a') and not path.exists(root .. '/a'))
        return unpack(result)
        """,
        str(tmp_path),
    ) == ("a/f.txt", "a/b/g.lua a/f.txt", "a/b/g.lua", "a", "10 11 01", "hello")
    with pytest.raises(LuaError, match="'/nowhere' not a directory"):
        lua.execute("pl.dir.getfiles('/nowhere')")


USAGE = """
Trains it
   -n,--name (default 'net')      name
   -r,--rate (default 0.1)        rate
   -v,--verbose                   a flag
   --mode (a|b|c default a)       one of three
   --range (1..10 default 5)
   -x... (number)                 several
   <file> (string)                an argument
   <rest...> (default none)       more of them
"""


def lapp(lua, *words):
    return lua.execute(
        "pl.lapp.show_usage_error = 'throw' return all(pl.lapp(...))", USAGE, {0: "p", **dict(enumerate(words, 1))}
    )


def test_lapp(lua):
    assert lapp(lua, "f", "-x1") == "{file=f,mode=a,name=net,range=5,rate=0.1,rest={none},verbose=false,x={1}}"
    assert lapp(lua, "-vn", "foo", "--rate=0.5", "f", "-x", "1", "-x", "2", "a", "b") == (
        "{file=f,mode=a,name=foo,range=5,rate=0.5,rest={a,b},verbose=true,x={1,2}}"
    )


@pytest.mark.parametrize(
    "words, message",
    [
        (["--mode", "z", "f", "-x1"], "value 'z' not in a|b|c"),
        (["-r", "abc", "f", "-x1"], "unable to convert to number: abc"),
        (["--range", "20", "f", "-x1"], "range out of range"),
        (["-x", "1"], "missing required parameter: file"),
        (["-q", "f"], "unrecognized parameter: q"),
        (["f", "-x"], "x was expecting a value"),
    ],
)
def test_lapp_refuses(lua, words, message):
    with pytest.raises(LuaError, match="p: ") as raised:
        lapp(lua, *words)
    assert message in str(raised.value)
