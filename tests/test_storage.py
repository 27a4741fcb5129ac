import pickle

import pytest
import torch

import torch7py
from torch7py import TorchError
from torch7py.tensor.storage import Storage, longs, of


def test_counts_from_one_and_checks_bounds():
    storage = torch7py.LongStorage([4, 5, 6])
    storage[1] = 7.9  # cut off
    assert storage.tolist() == [7, 5, 6]
    assert storage[3] == 6 and len(storage) == 3
    for wrong in (0, 4, -1):
        with pytest.raises(TorchError, match="out of bounds"):
            storage[wrong]


@pytest.mark.parametrize("kind, size", [("Byte", 1), ("Short", 2), ("Half", 2), ("Float", 4), ("Double", 8)])
def test_each_type_has_its_name_and_element_size(kind, size):
    storage = getattr(torch7py, f"{kind}Storage")(2).fill(3)
    assert torch7py.typename(storage) == f"torch.{kind}Storage"
    assert storage.elementSize() == size
    assert storage.totable().list() == [3, 3]


def test_elements_wrap_around_as_in_c():
    assert torch7py.ByteStorage([300, -1, "3"]).tolist() == [44, 255, 3]
    assert torch7py.ByteStorage(2).copy(torch7py.IntStorage([256, 257])).tolist() == [0, 1]


def test_two_storages_on_one_memory_are_equal():
    x = torch.zeros(4)
    assert of(x) == of(x[1:])
    assert hash(of(x)) == hash(of(x[1:]))
    assert torch7py.pointer(of(x)) == torch7py.pointer(of(x[1:]))
    assert longs([1, 2]) != longs([1, 2])
    assert of(torch.empty(0)) is None


def test_resize_keeps_the_beginning_and_the_memory():
    x = torch.arange(3.0)
    of(x).resize(5)[5] = 9
    assert of(x).tolist()[:3] == [0, 1, 2] and of(x)[5] == 9


def test_view_of_a_storage_shares_its_elements():
    storage = torch7py.DoubleStorage([1, 2, 3, 4])
    part = torch7py.DoubleStorage(storage, 2, 2)
    part[1] = 20
    assert storage.tolist() == [1, 20, 3, 4] and part.tolist() == [20, 3]
    with pytest.raises(TorchError, match="offset out of bounds"):
        torch7py.DoubleStorage(storage, 5)
    with pytest.raises(TorchError, match="size out of bounds"):
        torch7py.DoubleStorage(storage, 2, 4)
    with pytest.raises(TorchError, match="torch.IntStorage expected, got torch.DoubleStorage"):
        torch7py.IntStorage(storage)


def test_strings_are_bytes():
    storage = torch7py.ByteStorage().string("\0\1\xff")
    assert storage.tolist() == [0, 1, 255] and storage.string() == "\0\1\xff"
    with pytest.raises(TorchError, match="no method string"):
        torch7py.LongStorage(1).string()


@pytest.mark.parametrize("shared, left", [(False, b"Hello\n"), (True, b"******")])
def test_file_in_memory(tmp_path, shared, left):
    path = tmp_path / "text"
    path.write_bytes(b"Hello\n")
    storage = torch7py.CharStorage(str(path), shared)
    assert storage.string() == "Hello\n"
    storage.fill(ord("*"))
    del storage
    assert path.read_bytes() == left


def test_mapping_makes_and_grows_a_shared_file(tmp_path):
    path = tmp_path / "numbers"
    torch7py.FloatStorage(str(path), True, 3).copy(torch7py.DoubleStorage([1, 2, 3]))
    assert path.stat().st_size == 12
    assert torch7py.FloatStorage(str(path)).tolist() == [1, 2, 3]
    with pytest.raises(TorchError, match="12 bytes: 4 elements wanted"):
        torch7py.FloatStorage(str(path), False, 4)
    with pytest.raises(TorchError, match="unable to open"):
        torch7py.FloatStorage(str(tmp_path / "absent"))


def test_memory_of_somebody_else():
    x = torch.ones(3, dtype=torch.float64)
    torch7py.DoubleStorage(2, x.data_ptr())[2] = 5
    assert x.tolist() == [1, 5, 1]


def test_wrong_contents():
    with pytest.raises(TorchError, match="element at index 2 is not a number"):
        torch7py.LongStorage([1, "a"])
    with pytest.raises(TorchError, match="size mismatch"):
        torch7py.IntStorage(3).copy(torch7py.IntStorage(2))
    with pytest.raises(TorchError, match="-1"):
        torch7py.IntStorage(-1)


def test_pickle():
    storage = Storage(torch.int16, [1, 2])
    again = pickle.loads(pickle.dumps(storage))
    assert again != storage and again.dtype is torch.int16 and again.tolist() == [1, 2]
