"""Runs train.lua and train.py on the same data and seed and sets their loss curves side by side.

    python compare.py [ARGUMENTS FOR BOTH, such as -model mlp -epochs 5]

Where the environment variable TORCH7_TH names an original Torch7 interpreter, train.lua runs there too.
"""

import os
import subprocess
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
WINDOW = 50  # steps of which the plot shows the mean
STYLES = {
    "Lua": {"color": "tab:blue", "linewidth": 4, "alpha": 0.4},
    "Python": {"color": "tab:orange", "linewidth": 1.2},
    "original": {"color": "black", "linewidth": 0.8, "linestyle": ":"},
}

PROGRAMS = {
    "Lua": [str(Path(sys.executable).with_name("th")), str(HERE / "train.lua")],
    "Python": [sys.executable, str(HERE / "train.py")],
}
if "TORCH7_TH" in os.environ:
    PROGRAMS["original"] = [os.environ["TORCH7_TH"], str(HERE / "train.lua")]


def run(name: str, arguments: list[str]) -> tuple[list[float], str]:
    """Train with one of the programs: the loss of every step, and what it printed."""
    folder = RESULTS / name.lower()
    command = [*PROGRAMS[name], "-save", str(folder), *arguments]
    print(f"running {' '.join(os.path.relpath(word) if os.path.isabs(word) else word for word in command)}", flush=True)
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if ran.returncode != 0:
        sys.exit(f"{name} failed with status {ran.returncode}:\n{ran.stdout}")
    return [float(line) for line in (folder / "losses.txt").read_text().split()], ran.stdout


def largest_difference(one: list[float], other: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def epoch_lines(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("epoch")]


def show_curves(losses: dict[str, list[float]], epochs: int) -> None:
    """The mean loss of each epoch, a column for each program."""
    print("\nmean loss " + "".join(f"{name:>22}" for name in losses))
    for epoch in range(epochs):
        means = []
        for curve in losses.values():
            steps = len(curve) // epochs
            means.append(sum(curve[epoch * steps : (epoch + 1) * steps]) / steps)
        print(f"epoch {epoch + 1:3} " + "".join(f"{mean:22.15f}" for mean in means))
    steps = len(losses["Lua"])
    for name in list(losses)[1:]:
        print(f"largest difference between Lua and {name} in {steps} steps: ", end="")
        print(f"{largest_difference(losses['Lua'], losses[name]):.3g}")


def plot(losses: dict[str, list[float]], path: Path) -> None:
    """The curves above each other (the wide line shows at the sides of the narrow ones), and below what parts them."""
    figure, (top, bottom) = plt.subplots(2, figsize=(9, 7), height_ratios=(2, 1), sharex=True, layout="constrained")
    for name, curve in losses.items():
        means = [sum(curve[end - WINDOW : end]) / WINDOW for end in range(WINDOW, len(curve) + 1)]
        top.plot(range(WINDOW, len(curve) + 1), means, label=name, **STYLES[name])
        if name != "Lua":
            parted = [a - b for a, b in zip(curve, losses["Lua"], strict=True)]
            bottom.plot(range(1, len(curve) + 1), parted, label=f"{name} - Lua", **STYLES[name])
    top.set(ylabel=f"loss, mean of {WINDOW} steps", yscale="log", title="Handwritten digits: the same training twice")
    bottom.set(xlabel="step", ylabel="difference")
    top.legend()
    bottom.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    losses, outputs = {}, {}
    for name in PROGRAMS:
        losses[name], outputs[name] = run(name, sys.argv[1:])
    show_curves(losses, len(epoch_lines(outputs["Lua"])))

    print("\n" + outputs["Lua"][outputs["Lua"].index("ConfusionMatrix:") : outputs["Lua"].rindex("test accuracy")])
    for name, output in outputs.items():
        print(f"{name + ':':10}{output.splitlines()[-1].strip()}")

    picture = RESULTS / "losses.png"
    plot(losses, picture)
    print(f"\nThe plot of the loss curves is in {os.path.relpath(picture)}")


if __name__ == "__main__":
    main()
