"""ConfusionMatrix and Logger."""

import builtins
import math

import pytest
import torch

from torch7py.console import Console, current
from torch7py.errors import TorchError
from torch7py.optim import ConfusionMatrix, Logger
from torch7py.table import Table


@pytest.fixture(autouse=True)
def python_console():
    """A Lua runtime of another test may have put its own in place."""
    before, current.console = current.console, Console()
    yield
    current.console = before


def test_confusion_matrix_counts_rows_of_targets():
    confusion = ConfusionMatrix(3)
    confusion.add(2, 1)
    confusion.add(torch.tensor([0.1, 0.2, 0.7]), 1)
    confusion.add(torch.tensor([0.9, 0.1, 0.0]), torch.tensor([0.0, 1.0, 0.0]))
    confusion.add(1, 0)  # no target: not counted
    assert confusion.mat.tolist() == [[0, 1, 1], [1, 0, 0], [0, 0, 0]]


def test_confusion_matrix_takes_batches_of_every_form():
    scores = torch.tensor([[0.8, 0.2], [0.1, 0.9], [0.4, 0.6]])
    for predictions in (scores, torch.tensor([1.0, 2, 2]), torch.tensor([[1], [2], [2]])):
        for targets in (
            torch.tensor([1, 1, 2]),
            torch.tensor([[1.0], [1], [2]]),
            torch.tensor([[1, 0], [1, 0], [0, 1]]),
        ):
            confusion = ConfusionMatrix(2)
            confusion.batchAdd(predictions, targets)
            assert confusion.mat.tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("add", (3, 1)),
        ("add", (0, 1)),
        ("add", (1, None)),
        ("add", (torch.ones(1, 2), 1)),
        ("batchAdd", (torch.ones(1, 1, 2), torch.ones(1))),
        ("batchAdd", (torch.ones(2), torch.ones(3))),
        ("batchAdd", (torch.ones(1), torch.full((1,), 3.0))),
        ("batchAdd", (torch.ones(2), torch.zeros(2))),
    ],
)
def test_confusion_matrix_refuses(method, arguments):
    confusion = ConfusionMatrix(2)
    with pytest.raises(TorchError):
        getattr(confusion, method)(*arguments)
    assert confusion.mat.sum() == 0


def test_confusion_matrix_rates():
    confusion = ConfusionMatrix(["cat", "dog", "bird"])
    confusion.batchAdd(torch.tensor([1, 1, 2, 2]), torch.tensor([1, 2, 2, 2]))
    assert str(confusion) == (
        "ConfusionMatrix:\n"
        "[[       1       0       0]   100.000% \t[class: cat]\n"
        " [       1       2       0]   66.667% \t[class: dog]\n"
        " [       0       0       0]]  nan% \t[class: bird]\n"
        " + average row correct: 83.333334326744% \n"
        " + average rowUcol correct (VOC measure): 58.333334326744% \n"
        " + global correct: 75%"
    )
    assert confusion.totalValid == 0.75
    confusion.zero()
    confusion.updateValids()
    assert math.isnan(confusion.totalValid)


def test_confusion_matrix_widens_its_columns():
    confusion = ConfusionMatrix(1)
    confusion.mat.fill_(123456789)
    assert "[[ 123456789]]  100.000% \n" in str(confusion)


def test_false_acceptance_and_rejection():
    confusion = ConfusionMatrix(3)
    confusion.batchAdd(torch.tensor([1, 3, 3, 3]), torch.tensor([1, 1, 3, 3]))
    frr, far, present_frr, present_far = confusion.farFrr()
    assert frr.tolist() == [0.5, -1, 0]
    assert far.tolist() == [0, -1, 0.5]
    assert (present_frr.tolist(), present_far.tolist()) == ([0.5, 0], [0, 0.5])


def test_render_puts_the_best_class_first():
    confusion = ConfusionMatrix(["bad", "good"])
    confusion.batchAdd(torch.tensor([2, 2]), torch.tensor([1, 2]))
    image = confusion.render("score", False, 4)
    assert image.shape == (8, 8)
    assert image[0, 0] == 1  # 'good' is always recognised
    assert image[5, 1] == 1  # and 'bad' is taken for it
    assert image[5, 5] == 0


def test_logger_writes_rows_of_eleven_characters_and_tabs(tmp_path):
    path = tmp_path / "runs" / "train.log"
    logger = Logger(str(path))
    assert logger.setNames(["loss", "note"]) is logger
    logger.add([0.001234567, "first"])
    logger.add(Table([-123456.789, "50%"]))
    assert path.read_text() == "loss\tnote\t\n 1.2346e-03\tfirst\t\n-1.2346e+05\t50%\t\n"
    assert logger.symbols[1].list() == [0.001234567, -123456.789]


def test_logger_takes_its_names_from_the_first_row(tmp_path):
    path = tmp_path / "log"
    logger = Logger(str(path))
    logger.add({"loss": 0.5})
    logger.add({"loss": 0.25})
    assert path.read_text() == "loss\t\n 5.0000e-01\t\n 2.5000e-01\t\n"


def test_logger_without_a_file_prints(capsys):
    Logger().add([1])
    assert capsys.readouterr().out == "<Logger> warning: no path provided, logging to std out\n1\t\n 1.0000e+00\t\n"


@pytest.mark.parametrize(
    ("row", "message"), [([1, 2], "no column 2: the columns are a"), ([[1]], "can only log numbers and strings")]
)
def test_logger_refuses_a_row_and_writes_nothing_of_it(tmp_path, row, message):
    path = tmp_path / "log"
    logger = Logger(str(path)).setNames(["a"])
    with pytest.raises(TorchError, match=message):
        logger.add(row)
    assert path.read_text() == "a\t\n"


def test_logger_plots_beside_the_log(tmp_path, caplog):
    pytest.importorskip("matplotlib")
    logger = Logger(str(tmp_path / "log")).setNames(["a", "b"])
    for value in (1, 2, 4):
        logger.add([value, value * 2])
    logger.style(["-", ["+", "~"]]).setlogscale(True)
    logger.display(False)
    logger.plot("a")
    assert (tmp_path / "log.eps").read_bytes().startswith(b"%!PS")
    assert not (tmp_path / "log.png").exists()
    logger.display(True)
    logger.plot()
    assert (tmp_path / "log.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(TorchError, match="no column c"):
        logger.plot("c")
    assert not caplog.messages  # of matplotlib's


def test_logger_without_matplotlib_warns_once(tmp_path, monkeypatch, capsys):
    real = builtins.__import__

    def without_matplotlib(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    logger = Logger(str(tmp_path / "log"))
    logger.plot()
    logger.plot()
    assert capsys.readouterr().out.count("pip install torch7py[plot]") == 1
