"""Writes docs/coverage.md: what of Torch7's packages is there, in which forms, and what differs.

    python docs/coverage.py                                write the page anew
    python docs/coverage.py --names CHECKOUT PACKAGE       note the names of functions, classes and methods that an
                                                           original package documents or defines

The names stand in docs/names/PACKAGE.txt, one a line; what differs from the original in docs/notes/PACKAGE.txt
(`name  what differs and why`). Whether a name is there is asked of a Lua runtime; its forms are the first paragraph
of the docstring of what serves it; the kernels of a module are the functions of PyTorch's that its source mentions.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from lua_bridge import LuaTorch, packages  # noqa: E402
from torch7py import identity  # noqa: E402
from torch7py.classes import registry as classes  # noqa: E402
from torch7py.tensor.registry import functions, methods  # noqa: E402

PAGE = DOCS / "coverage.md"
# The order of the page; packages whose names nobody has noted are left out.
ORDER = ("torch", "nn", "optim", "nngraph", "graph", "rnn", "dpnn", "image", "paths", "sys", "xlua", "trepl")
# Packages that add to the classes of nn
IN_NN = ("nn", "nngraph", "rnn", "dpnn", "nnx")
# What the methods documented for torch are methods of: how the page calls an object, and its class
OBJECTS = {
    "x": "torch.DoubleTensor",
    "storage": "torch.CharStorage",
    "file": "torch.DiskFile",
    "cmd": "torch.CmdLine",
    "tester": "torch.Tester",
    "timer": "torch.Timer",
}

# --- the names of an original package

_ANCHOR = re.compile(r"""<a\s+name=["']([\w.]+)["']""")
_CALL = re.compile(r"([A-Za-z_]\w*)[({]")
_DEFINED = r"\bfunction\s+{0}\.(\w+)|^{0}\.(\w+)\s*=\s*function|torch\.class\(\s*['\"](?:nn|{0})\.(\w+)['\"]"
# Headings and placeholders among them
_NO_NAMES = {"Containers", "Criterions", "TYPEStorage", "dok", "function", "id", "optim"}


def original_names(checkout: Path, package: str) -> set[str]:
    """Names that headings of the documentation call or an anchor gives them, and those that the Lua files define."""
    found = set()
    for file in [*(checkout / "doc").glob("*.md"), checkout / "README.md"]:
        anchors: list[str] = []
        for line in file.read_text("utf-8").splitlines():
            anchors += [name.rpartition(".")[2] for name in _ANCHOR.findall(line)]
            if line.startswith("#"):
                words = set(re.findall(r"[A-Za-z_]\w*", line))
                found |= {name for name in anchors if name in words} | set(_CALL.findall(line))
                anchors = []
    for file in checkout.glob("*.lua"):
        for names in re.findall(_DEFINED.format(package), file.read_text("latin-1"), re.M):
            found |= set(names)
    return {name for name in found - _NO_NAMES if len(name) > 1 and not name.startswith("_")}


def noted(folder: str, package: str) -> list[str]:
    path = DOCS / folder / f"{package}.txt"
    return path.read_text("utf-8").splitlines() if path.exists() else []


def notes(package: str) -> dict[str, str]:
    """What differs, by name."""
    lines = (re.split(r"\s{2,}", line, maxsplit=1) for line in noted("notes", package) if line.strip())
    return {parts[0]: parts[1] for parts in lines if len(parts) == 2}


# --- what is there


class Entry(NamedTuple):
    """A name: how programs write it (several ways if it is a function and a method), and what serves it in Python."""

    name: str
    written: list[str]
    served_by: list[object]


class World:
    """A Lua runtime that knows what is there."""

    def __init__(self, lua: LuaTorch):
        self.lua = lua
        self.lua.load_th()

    def entry(self, package: str, name: str) -> Entry:
        written, served_by = [], []
        if self._has(f"pcall(require, '{package}') local p = _G['{package}'] return p and p[...] ~= nil", name):
            written.append(f"{package}.{name}")
            served_by.append(self._function(package, name))
        elif package in IN_NN and self._has("return nn[...] ~= nil", name):
            written.append(f"nn.{name}")
            served_by.append(classes.find(f"nn.{name}") or self._function("nn", name))
        for called, typename in self._objects(package):
            if self._has(f"local class = torch.getmetatable('{typename}') return class and class[...] ~= nil", name):
                written.append(f"{called}:{name}")
                served_by.append(methods.get(name) if called == "x" else getattr(classes.find(typename), name, None))
                break
        return Entry(name, written, [server for server in served_by if server is not None])

    def _has(self, code: str, name: str) -> bool:
        return self.lua.execute(code, name) is True

    def _objects(self, package: str) -> Iterator[tuple[str, str]]:
        if package == "torch":
            yield from OBJECTS.items()
            return
        prefix = "nn." if package in IN_NN else f"{package}."
        names = sorted(name for name in classes.names() if name.startswith(prefix))
        for typename in sorted(names, key=lambda name: name not in ("nn.Module", "nn.Criterion")):
            yield typename.rpartition(".")[2], typename

    @staticmethod
    def _function(package: str, name: str) -> object:
        if package == "torch":
            found = functions.get(name) or classes.find(f"torch.{name}") or getattr(identity, name, None)
            return found or getattr(import_module("torch7py"), name, None)
        module = packages.PYTHON_PACKAGES.get(package)
        return getattr(import_module(module), name, None) if module else None


# --- the kernels that a class calls

_PLUMBING = set(
    """arange as_tensor dtype device empty empty_like equal finfo full full_like iinfo is_tensor ones ones_like resize_
    scalar_tensor set_ tensor zeros zeros_like""".split()
)
_GENERAL = ("Module", "Container", "Criterion")  # ancestors of all


def kernels(cls: type) -> list[str]:
    """PyTorch's functions, and methods in place, that a class's source mentions, with its ancestors' and helpers'."""
    found: set[str] = set()
    seen: set[object] = set()
    for ancestor in cls.__mro__:
        if ancestor.__module__.startswith("torch7py.") and ancestor.__name__ not in (
            "Module",
            "Container",
            "Criterion",
        ):
            _collect(ancestor, found, seen)
    return sorted(found - _PLUMBING)


def _collect(thing: object, found: set[str], seen: set[object]) -> None:
    if thing in seen:
        return
    seen.add(thing)
    module = sys.modules[thing.__module__]
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(thing)))):
        value = _value(node, module)
        if inspect.isfunction(value) and value.__module__.startswith("torch7py.nn"):
            _collect(value, found, seen)
        elif name := _kernel(value):
            found.add(name)
        elif (
            isinstance(node, ast.Attribute) and re.fullmatch(r"[a-z]\w*[^_]_", node.attr) and hasattr(Tensor, node.attr)
        ):
            found.add(node.attr)


def _value(node: ast.AST, module: object) -> object:
    """What a name, or a chain of names, of that module's stands for."""
    if isinstance(node, ast.Name):
        return vars(module).get(node.id)
    if isinstance(node, ast.Attribute):
        inner = _value(node.value, module)
        return None if inner is None else getattr(inner, node.attr, None)
    return None


def _kernel(value: object) -> str | None:
    """The name of a function of PyTorch's."""
    if type(value).__name__ in ("OpOverload", "OpOverloadPacket"):
        return str(value).split(".")[1] if str(value).startswith("aten.") else None
    home = getattr(value, "__module__", None) or ""
    if home == "torch.nn.functional" or inspect.isbuiltin(value) and home.split(".")[0] == "torch":
        return value.__name__
    return None


# --- the page


def told(server: object) -> str:
    """The first paragraph of a docstring."""
    text = inspect.getdoc(server) or ""
    return text.split("\n\n")[0].replace("\n", " ")


def row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def bullets(listed: dict[str, str]) -> str:
    return "\n" + "".join(f"- `{name}`: {note}\n" for name, note in sorted(listed.items())) if listed else ""


def table(package: str, world: World) -> str:
    differs = notes(package)
    entries = [world.entry(package, name) for name in noted("names", package)]
    there = sum(bool(entry.written or entry.name in differs) for entry in entries)
    modules = package in IN_NN
    head = ("Name", "Written", "What it is") + (("PyTorch's functions",) if modules else ()) + ("What differs",)
    text = f"\n## {package}\n\n{there} of {len(entries)} names are there, or a note says why not.\n\n"
    text += row(*head) + row(*["---"] * len(head))
    for name, written, served_by in entries:
        absent = "no" if name in differs else "missing"
        cells = [f"`{name}`", ", ".join(f"`{way}`" for way in written) or absent]
        cells.append(next(filter(None, map(told, served_by)), ""))
        if modules:
            cls = next((server for server in served_by if isinstance(server, type)), None)
            cells.append(", ".join(f"`{kernel}`" for kernel in kernels(cls)) if cls else "")
        text += row(*cells, differs.pop(name, ""))
    return text + bullets(differs)


def upstream() -> str:
    """The results of the original packages' own tests, kept by hand (docs/notes/upstream.txt)."""
    lines = [re.split(r"\s{2,}", line) for line in noted("notes", "upstream") if line.strip()]
    if not lines:
        return ""
    text = "\n## The original packages' own tests\n\nRun by `python -m tests.upstream CHECKOUT`.\n\n"
    text += row("Package", "Tests that pass", "Why others do not") + row("---", "---", "---")
    return text + "".join(row(*(line + ["", ""])[:3]) for line in lines)


def others() -> str:
    """Notes on packages without a list of names."""
    names = sorted(path.stem for path in (DOCS / "notes").glob("*.txt"))
    return "".join(f"\n## {name}\n" + bullets(notes(name)) for name in names if name not in (*ORDER, "upstream"))


def page() -> str:
    with LuaTorch() as lua:
        return _page(World(lua))


def _page(world: World) -> str:
    text = "# What is there\n\nThe names that Torch7's packages document or define, made by `docs/coverage.py`.\n"
    text += upstream()
    text += "".join(table(package, world) for package in ORDER if noted("names", package))
    return text + others()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python docs/coverage.py", description="Write docs/coverage.md.")
    parser.add_argument(
        "--names", nargs=2, metavar=("CHECKOUT", "PACKAGE"), help="write docs/names/PACKAGE.txt instead"
    )
    parser.add_argument("--print", action="store_true", help="print the page instead")
    options = parser.parse_args()
    if options.names:
        checkout, package = options.names
        names = sorted(original_names(Path(checkout), package))
        (DOCS / "names" / f"{package}.txt").write_text("".join(f"{name}\n" for name in names), "utf-8")
    elif options.print:
        print(page(), end="")
    else:
        PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
