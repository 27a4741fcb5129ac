"""torch.CmdLine: a program's command line, its help text, and the log of a run."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from torch7py.classes import TorchObject, register
from torch7py.console import current, file_name, luatype, to_bytes, tonumber, tostring
from torch7py.errors import TorchError
from torch7py.table import Table


@register("torch.CmdLine")
class CmdLine(TorchObject):
    """Options with defaults, positional arguments, and a help text made from both.

    >>> cmd = CmdLine()
    >>> cmd.option("-seed", 123, "initial random seed")
    >>> params = cmd.parse(sys.argv[1:])
    >>> params.seed

    ``argseparator`` and ``keyseparator`` join the parts of what :meth:`string` makes.
    """

    dateformat = None

    def __init__(self, argseparator: str = ",", keyseparator: str = "="):
        self.argseparator = argseparator
        self.keyseparator = keyseparator
        self.options = Table()
        self.arguments = Table()
        self.helplines = Table()
        self.silentio = False

    def text(self, text: str = "") -> None:
        """Add a line to the help text."""
        if not isinstance(text, str):
            raise TorchError(f"CmdLine: text must be a string, not a {luatype(text)}")
        self.helplines.append(text)

    def argument(self, key: str, help: str | None = None, type: str | None = None) -> None:
        """Add an argument that must be given, at this position; it becomes ``params[key]``, without leading dashes."""
        entry = Table(key=key, help=help, type=type)
        self.arguments.append(entry)
        self.helplines.append(entry)

    def option(self, key: str, default, help: str | None = None, type: str | None = None) -> None:
        """Add an option: ``-key value``, or ``-key`` alone where ``default`` is a boolean, which it then inverts.

        The default's type ('string', 'number' or 'boolean') is that of the option; ``type`` may repeat it.
        """
        if default is None:
            raise TorchError(f"option {key} has no default value")
        given = luatype(default)
        if type is not None and type != given:
            raise TorchError(f"option {key} has wrong default type value: a {given}, but type is {type}")
        self.options[key] = Table(key=key, default=default, help=help, type=given)
        self.helplines.append(self.options[key])

    def default(self) -> Table:
        """The parameters as they are without a command line."""
        return Table({_strip(key): option["default"] for key, option in self.options.items()})

    def parse(self, arg: Table | Sequence[str]) -> Table:
        """Parameters by name from a command line: ``sys.argv[1:]``, or a Table with the program's name at 0.

        ``-h``, ``-help``, ``--help`` print the help text and leave the program; so, with status 1, does a mistake.
        """
        if not isinstance(arg, Table):
            arg = Table(arg)
            arg[0] = sys.argv[0]
        params = self.default()
        words = arg.list()
        position = 0
        arguments = 0
        while position < len(words):
            word = words[position]
            if word in ("-h", "-help", "--help"):
                self.help(arg)
                current.console.exit(0)
            option = self.options[word]
            if option is None:
                arguments += 1
                self._read_argument(params, word, arguments)
                position += 1
            elif option["type"] == "boolean":
                params[_strip(word)] = not option["default"]
                position += 1
            else:
                self._read_option(params, option, words[position + 1 : position + 2])
                position += 2
        if arguments != len(self.arguments):
            self.error("not enough arguments")
        return params

    def _read_argument(self, params: Table, word: str, number: int) -> None:
        if number > len(self.arguments):
            self.error(f"invalid argument: {word}")
        argument = self.arguments[number]
        if argument["type"] not in (None, "string"):
            self.error(f"invalid argument type for argument {argument['key']} (should be {argument['type']})")
        params[_strip(argument["key"])] = word

    def _read_option(self, params: Table, option: Table, rest: list[str]) -> None:
        key = option["key"]
        if not rest:
            self.error(f"missing argument for option {key}")
        value = rest[0]
        if option["type"] == "number":
            value = tonumber(value)
            if value is None:
                self.error(f"invalid type for option {key} (should be number)")
        elif option["type"] != "string":
            self.error(f"unknown required option type {option['type']}")
        params[_strip(key)] = value

    def string(self, prefix: str, params: Table, ignore: Table | dict | None = None) -> str:
        """A name for the run: ``prefix`` and every parameter that is not at its default, in alphabetical order.

        ``ignore`` maps names to True (leave it out) or False (put it in, even at its default).
        """
        say = current.console.print
        ignore = {} if ignore is None else dict(ignore.items())
        places = {_strip(argument["key"]): place for place, argument in enumerate(self.arguments)}
        arguments, options = {}, []
        for key, value in params.items():
            option = self.options[f"-{key}"]
            if ignore.get(key):
                say(f"-- ignore option {key}")
            elif option is not None:
                if value != option["default"] or ignore.get(key) is False:
                    shown = ("t" if value else "f") if isinstance(value, bool) else tostring(value)
                    options.append(f"{key}{self.keyseparator}{shown}")
                    say(key, "t" if value is True else "f" if value is False else value, option["default"])
            elif key in places:
                arguments[places[key]] = f"{key}{self.keyseparator}{tostring(value)}"
            else:
                say(f"WARNING: unknown option/argument: {key} IGNORING for DIRECTORY NAME")
        parts = [arguments[place] for place in sorted(arguments)] + sorted(options)
        return self.argseparator.join([prefix or "", *parts]) if parts else prefix or ""

    def silent(self) -> None:
        """Once :meth:`log` is called, print to the log file only."""
        self.silentio = True

    def addTime(self, name: str | None = None, format: str | None = None) -> None:
        """Begin each line of the log with the time, in ``strftime``'s ``format``, and ``[name]:``."""
        if format is None:
            format = "%Y-%m-%d %H:%M:%S"
        if not isinstance(format, str):
            raise TorchError("Argument has to be string")
        self.dateformat = format + (f"[{name}]: " if name is not None else "")

    def log(self, file, params: Table | None = None) -> None:
        """Print to ``file`` too from now on (a name, or anything with ``write``), beginning with ``params``."""
        opened = isinstance(file, str)
        if opened:
            file = open(file_name(file), "wb")

        def write_line(values: list[str]) -> None:
            stamp = [] if self.dateformat is None else [time.strftime(self.dateformat)]
            line = " ".join([*stamp, *values, "\n"])
            file.write(to_bytes(line) if opened else line)
            file.flush()

        console = current.console
        console.tee(write_line, lambda: self.silentio)
        console.print(f"[program started on {time.strftime('%c')}]")
        console.print("[command line arguments]")
        for key, value in params.items() if params is not None else ():
            console.print(key, value)
        console.print("[----------------------]")

    def help(self, arg: Table | None = None) -> None:
        """Print the help text; ``arg[0]``, where given, is the program's name."""
        program = f"{arg[0]} " if arg is not None else ""
        names = "".join(f" <{_strip(argument['key'])}>" for argument in self.arguments)
        lines = [f"Usage: {program}[options]{names}"]
        width = max((len(_shown(entry)) for entry in self.helplines if isinstance(entry, Table)), default=0)
        for entry in self.helplines:
            if isinstance(entry, Table):
                line = "  " + _shown(entry).ljust(width)
                if entry["help"] is not None:
                    line += f" {entry['help']}"
                if entry["default"] is not None:
                    line += f" [{tostring(entry['default'])}]"
                entry = line
            lines.append(entry)
        current.console.write("\n".join(lines) + "\n")

    def error(self, message: str) -> None:
        """Print ``message`` and the help text, and leave the program with status 1."""
        console = current.console
        console.print("")
        sys.stderr.write(message)
        sys.stderr.flush()
        console.print("")
        self.help()
        console.exit(1)


def _strip(key: str) -> str:
    return key.lstrip("-")


def _shown(entry: Table) -> str:
    """How the help text names an option or an argument."""
    return entry["key"] if entry["default"] is not None else f"<{_strip(entry['key'])}>"
