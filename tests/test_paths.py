"""paths, sys, and Lua's patterns."""

import os

import pytest

from torch7py import paths, patterns, system
from torch7py.errors import ArgumentError, TorchError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("a.lua", "b.txt", ".hidden"):
        (tmp_path / name).write_text(name)
    return str(tmp_path)


def test_names_fall_apart():
    assert [paths.basename(path) for path in ("/a/b.c", "b", "/a/b//", "/", "")] == ["b.c", "b", "b", "", ""]
    assert [paths.basename("b.tar.gz", suffix) for suffix in (".gz", "gz", ".txt")] == ["b.tar", "b.tar", "b.tar.gz"]
    cases = {"/a/b/": "/a", "a": ".", "/": "/", "//": "//", "/a": "/", "a//b": "a/", "": ".", "/a//b/": "/a/"}
    assert {path: paths.dirname(path) for path in cases} == cases
    assert [paths.extname(path) for path in ("a.tar.gz", "a.", "a", "d.x/f")] == ["gz", "", None, "x/f"]


def test_concat_follows_each_part(folder):
    assert paths.concat() == paths.cwd() == folder
    assert paths.concat("x", "y") == folder + "/x/y"
    assert paths.concat("..") == paths.dirname(folder)
    assert paths.concat("/a", "/b", "./c//d/") == "/b/c/d"
    assert paths.concat("/a/b", "../../../c") == "/c"
    assert paths.concat("/a", 3) == "/a/3"


def test_what_there_is(folder):
    assert (paths.filep("a.lua"), paths.filep("sub"), paths.filep("none")) == (True, False, False)
    assert (paths.dirp("a.lua"), paths.dirp("sub"), paths.dirp("none")) == (False, True, False)
    assert sorted(paths.dir(folder)) == [".", "..", ".hidden", "a.lua", "b.txt", "sub"]
    assert paths.dir("none") is None
    assert list(paths.files("none")) == []
    assert list(paths.iterdirs(".")) == ["sub"]
    assert sorted(paths.iterfiles(".")) == [".hidden", "a.lua", "b.txt"]
    assert list(paths.files(".", "%.lua$")) == ["a.lua"]
    assert list(paths.files(".", lambda name: name.startswith("b"))) == ["b.txt"]


def test_an_iterator_is_luas_as_well(folder):
    following = paths.iterdirs(".")
    assert following() == "sub"
    assert following() is None


def test_directories_come_and_go(folder):
    assert paths.mkdir("p/q") is True
    assert paths.mkdir("p") == (None, "p: File exists", 17)
    assert paths.rmdir("p")[0] is None
    assert paths.rmall("p") == (None, "missing second argument ('yes')")
    os.symlink(folder, "p/q/link")
    assert paths.rmall("p", "yes") is True
    assert not paths.dirp("p")
    assert paths.filep("a.lua"), "a link's target was removed with it"
    assert paths.rmall("p", "yes") == (None, "not a file or directory", "p")


def test_programs_and_temporary_names():
    assert paths.filep(paths.findprogram("no-such-program", "sh"))
    assert paths.findprogram("no-such-program") is None
    first, second = paths.tmpname(), paths.tmpname()
    assert first != second
    assert not os.path.exists(first)
    assert paths.thisfile() == paths.concat(__file__)
    assert paths.thisfile("x") == paths.concat(paths.dirname(__file__), "x")


def test_a_name_must_be_a_string():
    with pytest.raises(ArgumentError, match=r"bad argument #1 to 'filep' \(string expected, got nil\)"):
        paths.filep(None)
    with pytest.raises(ArgumentError, match="#2 to 'concat'"):
        paths.concat("a", None)


def test_shell_commands():
    assert system.execute("echo ' a b '; (echo oops 1>&2)") == "a b \noops"
    assert system.fexecute("echo one") == "one"
    assert system.fexecute("printf 'a\\nb'", "*line") == "a"


def test_stopwatch(capsys):
    system.tic()
    system.sleep(0.01)
    assert 0.01 <= system.toc() < 5
    assert system.COLORS["Red"] == "\x1b[1;31m"


@pytest.mark.parametrize(
    ("text", "pattern", "parts"),
    [
        ("a, b;c", "[,;] ?", ["a", "b", "c"]),
        (",a,,b,", ",", ["a", "", "b"]),
        ("a1b22c", "%d+", ["a", "b", "c"]),
        ("one", ",", ["one"]),
        ("", ",", []),
    ],
)
def test_split(text, pattern, parts):
    assert system.split(text, pattern) == parts


def test_split_needs_something_to_split_at():
    with pytest.raises(TorchError, match="matches between any two characters"):
        system.split("abc", "")


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^%s*(%w+)", "  ab c", "  ab"),
        ("%.lua$", "x.lua.lua", ".lua"),
        ("a.-b", "xaabb", "aab"),
        ("[^%s,]+", " ,ab c", "ab"),
        ("[%a_][%w_]*", "9_b1", "_b1"),
        ("[]-]+", "a-]", "-]"),
        ("[%D]+", "12ab3", "ab"),
        ("(.)%1", "abbc", "bb"),
        ("100%%", "x100%", "100%"),
        ("$a", "b$a", "$a"),
        ("^b", "ab", None),
    ],
)
def test_patterns(pattern, text, found):
    match = patterns.search(pattern, text)
    assert (match and match.group()) == found


@pytest.mark.parametrize("pattern", ["[a", "a%", "(a", "%b()", "()"])
def test_patterns_that_cannot_be(pattern):
    with pytest.raises(TorchError, match="pattern"):
        patterns.search(pattern, "a")
