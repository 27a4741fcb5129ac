import math
import time

import pytest
import torch

from torch7py.tensor.printing import tostring
from torch7py.tensor.storage import Storage


def double(*values):
    return torch.tensor(values, dtype=torch.float64)


# what Torch7 printed
PRINTED = {
    "empty": (torch.empty(0), "[torch.FloatTensor with no dimension]\n"),
    "whole": (double(-1, 20, -300), "  -1\n  20\n-300\n[torch.DoubleTensor of size 3]\n"),
    "fractions": (double(-1.5, 2.25), "-1.5000\n 2.2500\n[torch.DoubleTensor of size 2]\n"),
    "scaled down": (double(0.001, 0.002), "0.001 *\n 1.0000\n 2.0000\n[torch.DoubleTensor of size 2]\n"),
    "scaled up": (double(123456.5, 234567.25), "100000 *\n 1.2346\n 2.3457\n[torch.DoubleTensor of size 2]\n"),
    "wide spread": (double(1e-6, 2), " 1.0000e-06\n 2.0000e+00\n[torch.DoubleTensor of size 2]\n"),
    "ten digits": (torch.tensor([2**40, 1]), " 1.0995e+12\n 1.0000e+00\n[torch.LongTensor of size 2]\n"),
    "infinite": (
        double(math.inf, 1, -math.inf),
        "        inf\n 1.0000e+00\n       -inf\n[torch.DoubleTensor of size 3]\n",
    ),
    "nan": (double([math.nan, 1], [2, 3]), "nan 1.000000\n2.000000 3.000000\n[torch.DoubleTensor of size 2x2]\n"),
    "scaled matrix": (
        double([0.001, 0.002], [0.003, 0.0045]),
        "0.001 *\n  1.0000  2.0000\n  3.0000  4.5000\n[torch.DoubleTensor of size 2x2]\n",
    ),
    "columns": (
        torch.tensor([1e-7, 2, 3, 4, 5, 6, 7, 8, 9, 10], dtype=torch.float64).view(1, 10),
        "Columns 1 to 6\n 1.0000e-07  2.0000e+00  3.0000e+00  4.0000e+00  5.0000e+00  6.0000e+00\n\n"
        "Columns 7 to 10\n 7.0000e+00  8.0000e+00  9.0000e+00  1.0000e+01\n[torch.DoubleTensor of size 1x10]\n",
    ),
    "scaled slices": (
        torch.arange(1, 9, dtype=torch.float64).view(2, 2, 2) * 54321.5,
        "(1,.,.) = \n 100000 *\n   0.5432  1.0864\n   1.6296  2.1729\n\n"
        "(2,.,.) = \n 100000 *\n   2.7161  3.2593\n   3.8025  4.3457\n[torch.DoubleTensor of size 2x2x2]\n",
    ),
    "first index fastest": (
        torch.arange(1, 5, dtype=torch.int32).view(2, 2, 1, 1),
        "(1,1,.,.) = \n  1\n\n(2,1,.,.) = \n  3\n\n(1,2,.,.) = \n  2\n\n(2,2,.,.) = \n  4\n"
        "[torch.IntTensor of size 2x2x1x1]\n",
    ),
    "columns in slices": (
        torch.arange(1, 13, dtype=torch.float64).view(1, 1, 12) / 8,
        "(1,.,.) = \n Columns 1 to 9\n  0.1250  0.2500  0.3750  0.5000  0.6250  0.7500  0.8750  1.0000  1.1250\n\n"
        "Columns 10 to 12\n  1.2500  1.3750  1.5000\n[torch.DoubleTensor of size 1x1x12]\n",
    ),
    "storage": (Storage(torch.uint8, [1, 20, 100]), "   1\n  20\n 100\n[torch.ByteStorage of size 3]\n"),
    "empty storage": (Storage(torch.int64), "[torch.LongStorage of size 0]\n"),
    "half": (double([1, 2], [3, 4.5]).half(), " 1.0000  2.0000\n 3.0000  4.5000\n[torch.HalfTensor of size 2x2]\n"),
}


@pytest.mark.parametrize("case", PRINTED)
def test_as_torch7_printed(case):
    value, text = PRINTED[case]
    assert tostring(value) == text


def test_views_print_what_they_show():
    assert tostring(double([1, 1000.5], [2, 3])[:, 0]) == " 1\n 2\n[torch.DoubleTensor of size 2]\n"


def test_large_tensors_print_in_time():
    started = time.perf_counter()
    assert tostring(torch.rand(500, 400)).count("\n") > 500
    assert time.perf_counter() - started < 2
