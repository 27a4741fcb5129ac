"""``torch7py check``: its command line."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path

from lua_bridge.check import report
from lua_bridge.check.compare import Tolerance
from lua_bridge.check.events import KINDS
from torch7py.errors import TorchError

DESCRIPTION = """Run a Lua program and its Python port side by side, and tell where they first part.

Networks, criterions and optimisers are watched by themselves; both programs can name further values with
check.probe('name', value) (Lua: require 'check'; Python: from torch7py import check). The port may be written
against torch7py or against PyTorch itself."""

EPILOG = """exit status: 0 the runs agree, 1 they differ or one ended early, 2 wrong usage

What follows -- goes to both programs:  torch7py check train.lua train.py -- -epochs 1"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="torch7py check",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="torch7py check [options] ORIGINAL.lua PORT.py [-- ARGUMENT...]\n"
        "       torch7py check [options] --trace RUN.t7 PORT.py [-- ARGUMENT...]",
    )
    made.add_argument("programs", nargs="*", metavar="ORIGINAL.lua PORT.py", help="the two programs")
    made.add_argument("--trace", metavar="FILE", help="compare with what recorder.lua wrote under a real Torch7")
    made.add_argument("--write-recorder", metavar="FOLDER", help="put recorder.lua there, and end")
    made.add_argument("--seed", type=int, default=1, help="random seed of both, unless they set their own (1)")
    made.add_argument("--steps", type=int, metavar="N", help="compare only the first N steps of the optimiser")
    made.add_argument("--rtol", type=float, metavar="R", help="allowed, relative to a tensor's largest value "
                      "(1e-9 in double, 1e-4 in float)")  # fmt: skip
    made.add_argument("--atol", type=float, default=0.0, metavar="A", help="allowed besides (0)")
    made.add_argument("--any-type", action="store_true", help="let float stand for double")
    made.add_argument("--watch", metavar="KINDS", help=f"compare only these of {','.join(KINDS)}")
    made.add_argument("--same-start", action="store_true", help="a PyTorch port begins with the original's parameters")
    made.add_argument("--map", action="append", default=[], metavar="A=B", help="parameter A of the original "
                      "is B of a PyTorch port (1.weight=conv.weight); may be repeated")  # fmt: skip
    made.add_argument("--original-args", metavar="WORDS", help="arguments of the original, if others than the port's")
    made.add_argument("--port-args", metavar="WORDS", help="arguments of the port")
    made.add_argument("--json", metavar="FILE", help="write the result as JSON; - for standard output")
    made.add_argument("--html", metavar="FILE", help="write the result as a page with both loss curves")
    made.add_argument("--show-output", action="store_true", help="print what the programs print")
    return made


def main(words: list[str]) -> int:
    """Run ``torch7py check`` and return the exit status."""
    words, arguments = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    parse = parser()
    options = parse.parse_args(words)
    if options.write_recorder:
        return _write_recorder(options.write_recorder)
    expected = 1 if options.trace else 2
    if len(options.programs) != expected:
        parse.error("give the original and its port" if expected == 2 else "give the port")
    original = options.trace or options.programs[0]
    port = options.programs[-1]
    for path in (original, port):
        if not os.path.isfile(path):
            parse.error(f"no such file: {path}")
    watch = options.watch.split(",") if options.watch else None
    unknown = set(watch or ()) - set(KINDS)
    if unknown:
        parse.error(f"--watch: no such kind: {', '.join(sorted(unknown))}")
    if any("=" not in pair for pair in options.map):
        parse.error("--map wants NAME=NAME")
    if options.html:
        _need_matplotlib(parse)

    from lua_bridge.check.run import check

    try:
        result = check(
            original if options.trace is None else _trace(options.trace),
            port,
            arguments,
            original_arguments=options.original_args and shlex.split(options.original_args),
            port_arguments=options.port_args and shlex.split(options.port_args),
            seed=options.seed,
            tolerance=Tolerance(options.rtol, options.atol, options.any_type),
            steps=options.steps,
            watch=watch,
            names=dict(pair.split("=", 1) for pair in options.map),
            same_start=options.same_start,
            echo=options.show_output,
        )
    except TorchError as error:
        print(f"torch7py check: {error}", file=sys.stderr)
        return 2
    if options.json == "-":
        print(json.dumps(report.as_dict(result), indent=2))
    else:
        print(report.text(result))
    if options.json and options.json != "-":
        Path(options.json).write_text(json.dumps(report.as_dict(result), indent=2), "utf-8")
    if options.html:
        Path(options.html).write_text(report.page(result, original, port), "utf-8")
        print(f"\nwrote {options.html}", file=sys.stderr if options.json == "-" else sys.stdout)
    return 0 if result.agrees and result.compared else 1


def _need_matplotlib(parse: argparse.ArgumentParser) -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        parse.error("--html draws with matplotlib: pip install 'torch7py[plot]'")


def _trace(path: str):
    from lua_bridge.check.trace import Trace

    return Trace(path)


def _write_recorder(folder: str) -> int:
    from importlib import resources

    target = Path(folder) / "recorder.lua"
    target.write_text(resources.files("lua_bridge").joinpath("lua", "library", "recorder.lua").read_text("utf-8"))
    print(f"wrote {target}; under the original Torch7, in that folder: th -lrecorder train.lua")
    return 0
