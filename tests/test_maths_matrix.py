"""Products, factorisations, convolutions, and tensors of known content."""

import pytest
import torch

from torch7py.errors import TorchError
from torch7py.tensor import types
from torch7py.tensor.registry import functions, methods


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


A, B = doubles([[1, 2, 3], [4, 5, 6]]), doubles([[1, 2], [3, 4], [5, 6]])
AB = [[22, 28], [49, 64]]
ONES = torch.ones(2, 2, dtype=torch.float64)


def test_products_write_a_result_of_the_right_size_only():
    assert functions["mm"](A, B).tolist() == AB
    r = torch.full((2, 2), torch.nan, dtype=torch.float64)
    assert functions["mm"](r, A, B) is r and r.tolist() == AB
    with pytest.raises(RuntimeError):
        functions["mm"](doubles([]), A, B)
    with pytest.raises(RuntimeError):
        methods["mv"](doubles([1]), A, doubles([1, 2, 3]))
    with pytest.raises(TorchError):
        functions["mm"](A, B.float())


def test_dot_takes_any_shapes():
    assert functions["dot"](A, B) == 91
    with pytest.raises(TorchError, match="6 and 1 elements"):
        functions["dot"](A, doubles([1]))


@pytest.mark.parametrize(
    "args, expected",
    [
        ((ONES, A, B), [[23, 29], [50, 65]]),
        ((10, ONES, A, B), [[32, 38], [59, 74]]),
        ((ONES, 2, A, B), [[45, 57], [99, 129]]),
        ((10, ONES, 2, A, B), [[54, 66], [108, 138]]),
    ],
)
def test_addmm_as_a_function(args, expected):
    assert functions["addmm"](*args).tolist() == expected
    r = doubles([])
    assert functions["addmm"](r, *args) is r and r.tolist() == expected
    assert ONES.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize(
    "args, expected",
    [
        ((A, B), [[23, 29], [50, 65]]),
        ((2, A, B), [[45, 57], [99, 129]]),
        ((10, 2, A, B), [[54, 66], [108, 138]]),
        ((2 * ONES, A, B), [[24, 30], [51, 66]]),
        ((3, 2 * ONES, 0.5, A, B), [[17, 20], [30.5, 38]]),
    ],
)
def test_addmm_as_a_method(args, expected):
    x = ONES.clone()
    assert methods["addmm"](x, *args) is x and x.tolist() == expected


@pytest.mark.parametrize("name", ["addmm", "addmv", "addr", "addbmm", "baddbmm"])
def test_no_addend_is_broadcast(name):
    batch = torch.ones(2, 2, 2, dtype=torch.float64)
    vector = torch.ones(2, dtype=torch.float64)
    shape, a, b = {
        "addmm": ((1, 2), ONES, ONES),
        "addmv": ((1,), ONES, vector),
        "addr": ((1, 2), vector, vector),
        "addbmm": ((1, 2), batch, batch),
        "baddbmm": ((1, 2, 2), batch, batch),
    }[name]
    m = torch.ones(shape, dtype=torch.float64)
    for operation in (functions[name], methods[name]):
        with pytest.raises(RuntimeError):
            operation(m, a, b)
    assert m.shape == shape


def test_triangles_and_diagonals():
    x = doubles([[1, 2, 3], [4, 5, 6]])
    assert functions["tril"](x).tolist() == [[1, 0, 0], [4, 5, 0]]
    assert methods["triu"](x, 1).tolist() == [[0, 2, 3], [0, 0, 6]]
    assert functions["diag"](x, 1).tolist() == [2, 6]
    assert functions["diag"](doubles([1, 2]), -1).tolist() == [[0, 0, 0], [1, 0, 0], [0, 2, 0]]
    assert functions["trace"](x) == 6
    with pytest.raises(TorchError):
        functions["diag"](x, 5)


def test_cross_finds_its_dimension():
    a, b = doubles([[1, 0, 0], [0, 1, 0]]), doubles([[0, 1, 0], [0, 0, 1]])
    assert functions["cross"](a, b).tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(TorchError, match="dimension 1 does not have size 3"):
        functions["cross"](a, b, 1)


def test_linear_systems():
    a, b = doubles([[4, 1], [2, 3]]), doubles([[1], [2]])
    x, lu = functions["gesv"](b, a)
    assert x.flatten().tolist() == pytest.approx([0.1, 0.6])
    assert lu.flatten().tolist() == [4, 1, 0.5, 2.5]
    assert x.stride() == (1, 2)
    r, s = doubles([]), doubles([])
    assert functions["gesv"](r, s, b, a)[0] is r and torch.equal(r, x)
    with pytest.raises(TorchError, match="singular"):
        functions["gesv"](b, torch.ones_like(a))
    with pytest.raises(TorchError, match="A has 2 rows, B has 3"):
        functions["gesv"](doubles([1, 2, 3]), a)


def test_factorisations_multiply_back():
    s = doubles([[4, 2, 1], [2, 5, 3], [1, 3, 6]])
    upper, lower = functions["potrf"](s), functions["potrf"](s, "L")
    torch.testing.assert_close(upper.t() @ upper, s)
    torch.testing.assert_close(lower, upper.t())
    torch.testing.assert_close(functions["potri"](upper), functions["inverse"](s))
    torch.testing.assert_close(functions["potrs"](s, lower, "L"), torch.eye(3, dtype=torch.float64))
    u, pivots = functions["pstrf"](s)
    order = pivots.long() - 1
    torch.testing.assert_close(u.t() @ u, s[order][:, order])
    assert pivots.tolist()[0] == 3
    with pytest.raises(TorchError, match="leading minor of order 2"):
        functions["potrf"](doubles([[1, 2], [2, 1]]))
    with pytest.raises(TorchError, match="rank deficient"):
        functions["pstrf"](ONES)
    q, r = functions["qr"](B)
    torch.testing.assert_close(q @ r, B)
    u, d, v = functions["svd"](B)
    torch.testing.assert_close(u @ torch.diag(d) @ v.t(), B)
    assert functions["svd"](B, "A")[0].shape == (3, 3)
    values, vectors = functions["symeig"](s, "V")
    torch.testing.assert_close(vectors @ torch.diag(values) @ vectors.t(), s)


def test_least_squares_gives_as_many_rows_as_unknowns():
    x, _ = functions["gels"](doubles([[1], [2], [3]]), B)
    torch.testing.assert_close(x, torch.linalg.pinv(B) @ doubles([[1], [2], [3]]))


def test_complex_eigenvalues_are_rows_of_two():
    a = doubles([[0, -1, 0], [1, 0, 0], [0, 0, 2]])
    values, vectors = functions["eig"](a, "V")
    assert sorted(values.tolist()) == [[0, -1], [0, 1], [2, 0]]
    pair = [i for i in range(3) if values[i, 1] > 0][0]
    complex_vector = torch.complex(vectors[:, pair], vectors[:, pair + 1])
    torch.testing.assert_close(a.to(torch.complex128) @ complex_vector, 1j * complex_vector)
    assert functions["eig"](a)[1].numel() == 0


def test_options_are_checked():
    with pytest.raises(TorchError, match="expected arguments"):
        functions["potrf"](ONES, "X")
    with pytest.raises(TorchError, match="torch.IntTensor does not implement"):
        functions["inverse"](ONES.int())


def test_convolution_flips_and_correlation_does_not():
    x, k = torch.arange(1.0, 10).view(3, 3).double(), doubles([[1, 2], [3, 4]])
    assert functions["xcorr2"](x, k).tolist() == [[37, 47], [67, 77]]
    assert functions["conv2"](x, k).tolist() == [[23, 33], [53, 63]]
    assert functions["conv2"](x, k, "F").shape == (4, 4)
    bank = torch.ones(4, 2, 2, 2, dtype=torch.float64)
    assert functions["conv2"](torch.stack([x, x]), bank).shape == (4, 2, 2)
    with pytest.raises(TorchError, match="smaller than kernel"):
        functions["conv2"](k, x)


@pytest.mark.parametrize("mode", ["V", "F"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.int64])
def test_convolution_of_large_planes_as_of_small_ones(mode, dtype):
    x = (torch.rand(2, 150, 140) * 9).to(dtype)
    k = (torch.rand(2, 4, 7) * 5).to(dtype)
    y = functions["conv2"](x, k, mode)
    assert torch.equal(y[1], functions["conv2"](x[1], k[1], mode))
    corner = functions["conv2"](x[:, :20, :30], k, mode)
    rows, columns = (n - (0 if mode == "V" else k) for n, k in zip(corner.shape[1:], (3, 6)))
    assert torch.allclose(corner[:, :rows, :columns], y[:, :rows, :columns], rtol=1e-5)


def test_creation_follows_the_default_type_and_named_ones():
    assert functions["zeros"](2, 3).dtype == torch.float64
    types.default.name, types.default.dtype = "torch.FloatTensor", torch.float32
    try:
        assert functions["ones"](2).dtype == torch.float32
        assert functions["range"](1, 3).dtype == torch.float32
    finally:
        types.default.name, types.default.dtype = "torch.DoubleTensor", torch.float64
    assert functions["zeros"](2, "torch.IntTensor").dtype == torch.int32
    assert functions["zeros"](3, 0).shape == (3,)
    with pytest.raises(TorchError):
        functions["ones"]()


def test_sequences():
    assert functions["range"](1, 10, 3).tolist() == [1, 4, 7, 10]
    assert functions["range"](5, 1, -2).tolist() == [5, 3, 1]
    assert functions["linspace"](0, 1, 3).tolist() == [0, 0.5, 1]
    assert functions["logspace"](0, 2, 3).tolist() == [1, 10, 100]
    kept = torch.zeros(2, 2, dtype=torch.float64)
    assert functions["range"](kept, 1, 4).tolist() == [[1, 2], [3, 4]]
    with pytest.raises(TorchError, match="step sign"):
        functions["range"](3, 1)
    assert functions["eye"](2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
