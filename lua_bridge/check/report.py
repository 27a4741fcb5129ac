"""A check's result for people (text, one HTML page) and for programs (JSON)."""

from __future__ import annotations

import html
import io
import os
from pathlib import Path

from lua_bridge.check.comparison import Finding, Result
from torch7py.errors import TorchError

_WORDS = {
    "network": "the initial parameters",
    "input": "the network's input",
    "output": "the network's output",
    "target": "the criterion's target",
    "loss": "the loss",
    "gradients": "the gradients",
    "parameters": "the parameters after the step of the optimiser",
    "probe": "a probe",
}


def text(result: Result) -> str:
    """The result as a few lines."""
    lines = [verdict(result)]
    first = result.first
    if first is not None:
        lines += ["", *_finding(first)]
        others = [finding for finding in result.findings if finding is not first]
        if others:
            lines += ["", "then differ"]
            for finding in sorted(others, key=lambda finding: finding.step):
                lines.append(f"  in step {finding.step}: {_what(finding)}, {_amount(finding)}")
    for side, who in enumerate(("original", "port")):
        if result.endings[side]:
            lines += ["", f"the {who} ended early:", _indented(result.endings[side])]
            if result.tails[side]:
                lines += ["  it had printed:", _indented(result.tails[side], 4)]
    lines += ["", *_table(result)]
    lines += ["", *result.notes] if result.notes else []
    return "\n".join(lines)


def verdict(result: Result) -> str:
    """One sentence."""
    first = result.first
    if first is not None:
        return f"The port parts from the original in step {first.step}: {_what(first)}."
    if any(result.endings):
        side = "original" if result.endings[0] else "port"
        return f"The {side} ended early; up to there, {result.steps} steps agree."
    if not result.compared:
        return "Nothing was compared: neither program used a network, a criterion, an optimiser or a probe."
    return f"The port agrees with the original in all {result.steps} steps."


def _what(finding: Finding) -> str:
    if finding.kind == "probe":
        return f"probe '{finding.name}'{' at ' + finding.path if finding.path else ''}"
    return f"{_WORDS[finding.kind]}{', ' + finding.path if finding.path else ''}"


def _amount(finding: Finding) -> str:
    found = finding.difference
    if found.absolute is not None:
        return f"by {found.absolute:.3g} at most ({found.relative:.2g} of the largest value)"
    return found.text or f"{found.original!r} in the original, {found.port!r} in the port"


def _values(found) -> list[str]:
    if found.original is None and found.port is None:
        return []
    at = f"first at index [{', '.join(map(str, found.index))}]: " if found.index else ""
    return [f"  {at}{_number(found.original)} in the original, {_number(found.port)} in the port"]


def _number(value) -> str:
    return f"{value:.10g}" if isinstance(value, float) else repr(value)


def _finding(finding: Finding) -> list[str]:
    lines = [f"{_what(finding)} ({finding.name.split(chr(10))[0].removesuffix(' {') or finding.kind})"]
    lines += [f"  {_amount(finding)}", *_values(finding.difference)]
    place = finding.place
    if place is not None:
        field = {"output": "puts out", "gradInput": "hands back"}[place.original.field]
        where = f"module {place.original.path or '(the network)'}"
        if place.original.path == "criterion":
            where = "the criterion"
        other = f", {place.port.path} in the port" if place.port.path != place.original.path else ""
        lines.append(f"first in {where}, {place.original.title}{other}: what it {field} differs")
        lines += [f"  by {place.difference.absolute:.3g} at most"] if place.difference.absolute is not None else []
        lines += [f"  {place.difference.text}"] if place.difference.text else []
        lines += _values(place.difference)
    for who, where in zip(("original", "port"), finding.where):
        if where:
            lines.append(f"  {who + ':':10}{_line(where)}")
    lines += [f"likely: {cause}" for cause in finding.causes[:3]]
    return lines


def _line(where: str) -> str:
    """A position in a script, with the line's text."""
    path, _, number = where.rpartition(":")
    try:
        line = Path(path).read_text("utf-8", "replace").split("\n")[int(number) - 1].strip()
    except (OSError, ValueError, IndexError):
        return where
    near = os.path.relpath(path)
    return f"{path if near.startswith('..') else near}:{number}: {line}"


def _table(result: Result) -> list[str]:
    if not result.compared:
        return []
    lines = [f"{'compared':<14}{'values':>8}{'differ':>8}  largest difference (relative)"]
    for kind, count in result.compared.items():
        largest = result.largest.get(kind)
        worst = f"{largest:.2g}" if largest else ""
        lines.append(f"{kind:<14}{count:>8}{result.differing[kind]:>8}  {worst}".rstrip())
    return lines


def _indented(text: str, by: int = 2) -> str:
    return "\n".join(" " * by + line for line in text.split("\n"))


def as_dict(result: Result) -> dict:
    """All of the result, for JSON."""

    def finding(found: Finding) -> dict:
        place = found.place
        return {
            "step": found.step,
            "kind": found.kind,
            "name": found.name.split("\n")[0].removesuffix(" {"),
            "path": found.path,
            **found.difference._asdict(),
            "original_line": found.where[0],
            "port_line": found.where[1],
            "module": place
            and {
                "path": place.original.path,
                "module": place.original.title,
                "port_path": place.port.path,
                "port_module": place.port.title,
                "field": place.original.field,
                **place.difference._asdict(),
            },
            "causes": found.causes,
        }

    return {
        "agrees": result.agrees,
        "verdict": verdict(result),
        "steps": result.steps,
        "first": finding(result.first) if result.first else None,
        "findings": [finding(found) for found in sorted(result.findings, key=lambda found: found.step)],
        "compared": dict(result.compared),
        "differing": dict(result.differing),
        "largest": result.largest,
        "losses": {"original": result.losses[0], "port": result.losses[1]},
        "endings": {"original": result.endings[0], "port": result.endings[1]},
        "notes": result.notes,
    }


def page(result: Result, original: str, port: str) -> str:
    """The result as one self-contained HTML page, with the curves of both losses.

    Raises:
        TorchError: matplotlib is not installed.
    """
    colour = "#2b7a3d" if result.agrees else "#b3261e"
    networks = "".join(
        f"<tr><td><pre>{html.escape(a)}</pre></td><td><pre>{html.escape(b)}</pre></td></tr>" for a, b in result.networks
    )
    curves = _curves(result) if result.losses[0] and result.losses[1] else ""
    first, *rest = text(result).split("\n")
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(first)}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
h1 {{ font-size: 1.4rem; border-left: .4rem solid {colour}; padding-left: .8rem }}
pre {{ font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap; margin: 0 }}
section {{ background: #f6f6f4; padding: 1rem; margin: 1rem 0; border-radius: .4rem; overflow-x: auto }}
td, th {{ vertical-align: top; text-align: left; padding-right: 2rem }} svg {{ width: 100%; height: auto }}
</style>
<h1>{html.escape(first)}</h1>
<p>{html.escape(original)} (original) and {html.escape(port)} (port)</p>
<section><pre>{html.escape(chr(10).join(rest).strip())}</pre></section>
{curves}
<section><table><tr><th>network of the original</th><th>network of the port</th></tr>{networks}</table></section>
</html>
"""


def _curves(result: Result) -> str:
    """Both losses by step, and how far they are apart, as SVG."""
    try:
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogLocator
    except ImportError:
        raise TorchError("an HTML report draws with matplotlib: pip install 'torch7py[plot]'") from None
    figure = Figure(figsize=(9, 5), layout="constrained")
    FigureCanvasSVG(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    (x, a), (other_x, b) = (zip(*[(step, _plain(loss)) for step, loss in side]) for side in result.losses)
    above.plot(x, a, label="original", color="#1f5fa8", linewidth=2.5)
    above.plot(other_x, b, label="port", color="#e08a1e", linewidth=1.2)
    above.set_ylabel("loss")
    above.legend(frameon=False)
    apart = [(step, abs(p - q)) for step, p, q in zip(x, a, b)]
    apart = [(step, value) for step, value in apart if value > 0]
    below.plot([step for step, _ in apart], [value for _, value in apart], color="#555", linewidth=1)
    below.set_ylabel("difference")
    below.set_xlabel("step")
    if apart:
        below.set_yscale("log")
        below.yaxis.set_major_locator(LogLocator(numticks=4))
    else:
        below.set_yticks([0])
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
        if result.first is not None:
            axes.axvline(result.first.step, color="#b3261e", linewidth=1, linestyle=":")
    if result.first is not None:
        above.annotate(f"part in step {result.first.step}", (result.first.step, above.get_ylim()[1]), color="#b3261e")
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return f"<section>{drawn.getvalue()[drawn.getvalue().index('<svg') :]}</section>"


def _plain(loss) -> float:
    return loss if isinstance(loss, (int, float)) else float("nan")
