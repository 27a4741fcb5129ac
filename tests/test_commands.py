"""The command ``torch7py``."""

import pytest

from lua_bridge.commands import main
from torch7py.version import __version__


def test_version(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"torch7py {__version__} ")


def test_without_arguments_it_helps(capsys):
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert all(f"\n  {command} " in printed for command in ("th", "check", "show", "convert"))


def test_th(capsys):
    assert main(["th", "-e", "print(6 * 7)"]) == 0
    assert capsys.readouterr().out == "42\t\n"


def test_unknown_words(capsys):
    with pytest.raises(SystemExit) as left:
        main(["convert"])
    assert left.value.code == 2
    assert "convert" in capsys.readouterr().err
