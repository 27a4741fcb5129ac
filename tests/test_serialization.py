"""``.t7`` files: what the original wrote is read, what is written the original would have written."""

import math
import os
import stat
from pathlib import Path

import pytest
import torch

import torch7py
from torch7py import nn, serialization
from torch7py.classes import Registry, TorchObject
from torch7py.errors import TorchError
from torch7py.serialization import LuaFunction, MemoryFile, UnknownObject, World
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.storage import Storage

DATA = Path(__file__).parent / "data" / "t7"
FORMATS = ("binary", "ascii")


def roundtrip(value, format="binary", **options):
    return serialization.deserialize(serialization.serialize(value, format, **options), format, **options)


# --- files of the original (tests/data/t7/make.lua)


@pytest.mark.parametrize("format", FORMATS)
def test_all_kinds_of_values_from_the_original(format):
    found = serialization.load(DATA / f"all.{format}.t7", format)
    assert found.list()[:5] == [1, 2.5, "text", True, False]
    assert type(found[1]) is int
    assert found.matrix.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert found.transposed.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert found.none.numel() == 0
    assert found.byte.tolist() == [0, 65, 255]
    assert found.char.tolist() == [-128, 10, 127]
    assert found.short.tolist() == [-300, 300]
    assert found.int.tolist() == [-70000, 70000]
    assert found.long.tolist() == [2**40, -1]
    assert found.float.tolist() == torch.tensor([0.1, 1 / 3, -math.inf]).tolist()
    assert found.half.dtype == torch.float16 and found.half.tolist() == [1.5, 1.5]
    assert math.isnan(found.special[0]) and found.special[1:].tolist() == [math.inf, 0, 1e-310]
    assert isinstance(found.storage, Storage) and found.storage.tolist() == [3, 4]
    assert found.bytes == "\0\n\xc8\xff" and found.empty == "" and found.big == 1e300
    assert found[True] == "yes" and found[-3.5] == "key"


@pytest.mark.parametrize("format", FORMATS)
def test_what_was_shared_is_shared_again(format):
    found = serialization.load(DATA / f"all.{format}.t7", format)
    assert found.me is found
    assert found["list"][1] is found["list"][2] is found.functions
    found.matrix[1].fill_(9)
    assert found.row.tolist() == [9, 9, 9] and found.transposed[:, 1].tolist() == [9, 9, 9]


@pytest.mark.parametrize("name", ["all.binary.t7", "all.ascii.t7", "net.t7"])
def test_writing_gives_the_originals_bytes(name, tmp_path):
    format = "ascii" if "ascii" in name else "binary"
    serialization.save(tmp_path / "again.t7", serialization.load(DATA / name, format), format)
    assert (tmp_path / "again.t7").read_bytes() == (DATA / name).read_bytes()


def test_functions_are_kept_as_they_are():
    increment, get = serialization.load(DATA / "all.binary.t7").functions
    assert isinstance(increment, LuaFunction) and increment.code.startswith(b"\x1bLJ")
    assert increment.upvalues[1].name == "count" and increment.upvalues[1].value == 0
    assert increment.upvalues[1].id == get.upvalues[1].id


def test_a_network_computes_what_it_did():
    found = serialization.load(DATA / "net.t7")
    assert isinstance(found.net, nn.Sequential)
    assert torch.allclose(found.net.forward(found.input), found.output, rtol=1e-12)


@pytest.mark.parametrize("format", ["binary", "b32"])
def test_file_of_a_32_bit_system(format):
    found = serialization.load(DATA / "b32.t7", format)
    assert found[1].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert found[2].tolist() == [5, -1] and found[2].dtype == torch.int64
    assert found[3].numel() == 0 and found[4].tolist() == [3, 4] and found[6] == "text" and found[7] == 7
    with pytest.raises(TorchError, match="b32.t7, byte"):
        serialization.load(DATA / "b32.t7", "b64")


def test_file_of_a_big_endian_system():
    found = serialization.load(DATA / "big_endian.t7")
    assert found[1].tolist() == [[1, 2, 3], [4, 5, 6]] and found[2].tolist() == [2**40, -1]
    assert found[3].tolist() == torch.tensor([0.1, 1 / 3, -math.inf]).tolist() and found[4] == "text"


# --- values


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("dtype", types.DTYPES.values())
def test_tensors_and_storages_of_every_type(dtype, format):
    x = torch.arange(300).to(dtype).view(20, 15)
    found = roundtrip(Table([x, x[3:7, 2:9].t(), Storage(dtype, [1, 2])]), format)
    assert found[1].dtype == dtype and torch.equal(found[1], x)
    assert torch.equal(found[2], x[3:7, 2:9].t())
    assert found[2].untyped_storage()._cdata == found[1].untyped_storage()._cdata
    assert found[3].dtype == dtype and found[3].tolist() == [1, 2]


@pytest.mark.parametrize("format", FORMATS)
def test_large_tensor(format):
    x = torch.randn(700_000, dtype=torch.float64)
    assert torch.equal(roundtrip(x, format), x)


def test_tensors_can_be_resized_after_saving_and_loading():
    x = torch.zeros(3)
    roundtrip(x).resize_(100)
    x.resize_(100)


def test_handles_dicts_and_lists_are_saved_too():
    x = torch7py.DoubleTensor([1, 2])
    found = roundtrip({"x": x, "y": [x, None, 3]})
    assert found.x is found.y[1] and found.x.tolist() == [1, 2] and found.y[3] == 3


@pytest.mark.parametrize("value", [0, -1, 2**53, -0.0, 0.1, 1e300, math.inf, -math.inf, 5e-324])
@pytest.mark.parametrize("format", FORMATS)
def test_numbers(value, format):
    found = roundtrip(value, format)
    assert found == value and math.copysign(1, found) == math.copysign(1, value)
    assert type(found) is type(value)


def test_nan_keeps_its_sign():
    assert (
        serialization.serialize(Table([math.nan, -math.nan]), "ascii").split() == "3 1 2 1 1 1 nan 1 2 1 -nan".split()
    )


def test_a_scalar_tensor_is_written_with_one_element():
    assert roundtrip(torch.tensor(3.0)).tolist() == [3]


def test_unwritable_values_say_where_they_are():
    with pytest.raises(TorchError, match=r"Unwritable object <object> at <\?>\.a\.2"):
        serialization.serialize(Table(a=Table([1, object()])))
    with pytest.raises(TorchError, match=r"no tensor type for torch.complex64"):
        serialization.serialize(torch.zeros(2, dtype=torch.complex64))
    with pytest.raises(TorchError, match=r"string at <\?>\.a has a character that is no byte: 'λ'"):
        serialization.serialize(Table(a="λ"))


def test_cuda_tensors_load_without_a_gpu(tmp_path):
    content = serialization.serialize(Table([torch.tensor([1.5, 2])]))
    content = content.replace("\x11\0\0\0torch.FloatTensor", "\x10\0\0\0torch.CudaTensor")
    content = content.replace("\x12\0\0\0torch.FloatStorage", "\x11\0\0\0torch.CudaStorage")
    found = serialization.deserialize(content)[1]
    assert found.dtype == torch.float32 and found.tolist() == [1.5, 2]


# --- objects


class Point(TorchObject):
    __typename__ = "test.Point"


class Versioned(TorchObject):
    __typename__ = "test.Versioned"
    _version = 3

    def write(self, file):
        file.writeObject(Table([self.kept]))
        file.writeInt(9)

    def read(self, file, version):
        self.kept, self.number, self.version = file.readObject()[1], file.readInt(), version


@pytest.fixture
def world():
    registry = Registry()
    for cls in (Point, Versioned):
        registry.add(cls.__typename__, cls)
    return World(registry=registry)


@pytest.mark.parametrize("format", FORMATS)
def test_objects_of_registered_classes(world, format):
    point = Point()
    point.x, point.me, point.other = 1, point, Versioned()
    point.other.kept, point.other.lost = "kept", "lost"
    found = roundtrip(point, format, world=world)
    assert type(found) is Point and found.x == 1 and found.me is found
    assert vars(found.other) == {"kept": "kept", "number": 9, "version": 3}


def test_objects_of_unknown_classes_keep_name_fields_and_version(world):
    point = Versioned()
    point.kept = 1
    content = serialization.serialize(Table([Point(), Point()]), world=world)
    first, second = serialization.deserialize(content)
    assert isinstance(first, UnknownObject) and isinstance(second, type(first))
    assert torch7py.typename(first) == "test.Point" and vars(first) == {}
    assert serialization.serialize(Table([first, second])) == content


def test_unwritable_fields_are_left_out_with_a_warning(world):
    said = []
    world.warn = said.append
    point = Point()
    point.x, point.bad = 1, object()
    assert vars(roundtrip(point, world=world)) == {"x": 1}
    assert said == ["$ Warning: cannot write object field <bad> of <test.Point> <?>"]


def test_objects_that_cannot_be_in_a_file():
    with pytest.raises(TorchError, match="Unwritable object <torch.MemoryFile>"):
        serialization.serialize(MemoryFile())
    content = serialization.serialize(Point()).replace("test.Point", "torch.File")
    with pytest.raises(TorchError, match="objects of class <torch.File> cannot be loaded"):
        serialization.deserialize(content)


def test_what_does_not_fit_a_class_is_one_clear_error(world):
    content = "4\n1\n3\nV 1\n14\ntest.Versioned\n0\n"  # nil where it wrote a table
    with pytest.raises(TorchError, match="the content of <test.Versioned> does not fit it: 'NoneType'"):
        serialization.deserialize(content, "ascii", world=world)


def test_functions_can_be_made_and_taken_apart(world):
    class Made:
        def __init__(self, function):
            self.function = function

        def __call__(self):
            """A Lua function."""

    bound = []
    world.make_function = Made
    world.bind_upvalues = lambda value, function, file: bound.append((value, function.upvalues[1].value, file))
    world.dump_function = lambda value, file: value.function if isinstance(value, Made) else None
    source = LuaFunction(b"code", Table([Table(name="self", id=1)]))
    source.upvalues[1].value = source  # a function that calls itself
    content = serialization.serialize(Table([source, source]))
    found = serialization.deserialize(content, world=world)
    assert found[1] is found[2] and isinstance(found[1], Made)
    assert [(value, held) for value, held, _ in bound] == [(found[1], found[1])]
    assert serialization.serialize(found, world=world) == content
    with pytest.raises(TorchError, match="Unwritable object <function>"):
        serialization.serialize(print, world=world)


@pytest.mark.parametrize("kind", [6, 7, 8])
def test_every_kind_of_function_record(kind):
    function = LuaFunction(b"\x1bLJ", Table([5]), kind)
    found = roundtrip(Table([function, "next"]))
    assert (found[1].kind, found[1].code, found[1].upvalues[1], found[2]) == (kind, b"\x1bLJ", 5, "next")


# --- shape of the whole


def test_deep_nesting_needs_no_deep_recursion():
    table = Table()
    for _ in range(20_000):
        table = Table([table])
    depth, table = 0, roundtrip(table)
    while table[1] is not None:
        depth, table = depth + 1, table[1]
    assert depth == 20_000


def test_nested_objects_that_read_themselves_end_in_a_clear_error():
    network = nn.Sequential()
    for _ in range(2000):
        network = nn.Sequential().add(network)
    with pytest.raises(TorchError, match="nested too deeply"):
        serialization.serialize(network)
    header = serialization.serialize(nn.Sequential())[:32]
    levels = [header[:4] + (index + 1).to_bytes(4, "little").decode("latin-1") + header[8:] for index in range(5000)]
    with pytest.raises(TorchError, match="nested too deeply"):
        serialization.deserialize("".join(levels))


def test_without_references_everything_is_written_in_full():
    shared = Table([1])
    file = MemoryFile().referenced(False)
    file.writeObject(Table([shared, shared]))
    found = file.seek(1).readObject()
    assert found[1] is not found[2] and found[2].list() == [1]
    shared.me = shared
    with pytest.raises(TorchError, match="holds itself"):
        file.writeObject(shared)


def test_hook_replaces_objects():
    file = MemoryFile()
    file.writeObject(Table([torch.zeros(2)]), None, lambda value: value.half() if torch.is_tensor(value) else value)
    assert file.seek(1).readObject()[1].dtype == torch.float16


# --- saving


def test_saving_replaces_the_file_and_keeps_its_mode(tmp_path):
    path = tmp_path / "x.t7"
    path.write_text("old")
    path.chmod(0o640)
    link = tmp_path / "link.t7"
    link.symlink_to(path)
    serialization.save(link, Table([1]))
    assert link.is_symlink() and serialization.load(path)[1] == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link.t7", "x.t7"]


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.t7"
    path.write_text("old")
    with pytest.raises(TorchError):
        serialization.save(path, Table([torch.zeros(1000), object()]))
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_a_new_file_has_the_mode_of_any_other(tmp_path):
    serialization.save(tmp_path / "x.t7", 1)
    (tmp_path / "y").write_text("")
    assert (tmp_path / "x.t7").stat().st_mode == (tmp_path / "y").stat().st_mode


def test_a_full_disk_is_a_clear_error():
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    with pytest.raises(TorchError, match="No space left"):
        serialization.save("/dev/full", torch.zeros(100_000))


def test_names_that_cannot_be_opened(tmp_path):
    with pytest.raises(TorchError, match=r"cannot open <.*missing.t7> in mode r: No such file"):
        serialization.load(tmp_path / "missing.t7")
    with pytest.raises(TorchError, match="No such file"):
        serialization.save(tmp_path / "missing" / "x.t7", 1)
    with pytest.raises(TorchError, match='"binary", "b32", "b64" or "ascii" expected for mode'):
        serialization.load(DATA / "net.t7", "text")


# --- broken files


def test_broken_files_name_file_and_position(tmp_path):
    path = tmp_path / "x.t7"
    path.write_bytes((DATA / "all.binary.t7").read_bytes()[:1000])
    with pytest.raises(TorchError, match=r"x\.t7, byte \d+"):
        serialization.load(path)
    with pytest.raises(TorchError, match=r"\(an ascii file\?\)"):
        serialization.load(DATA / "all.ascii.t7")


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("1\n5\n1\n1", "reaches to element 5 of a storage of 4"),
        ("1\n2\n1\n4", "reaches to element 5 of a storage of 4"),
        ("1\n-2\n1\n1", "sizes"),
        ("1\n2\n-1\n3", "strides"),
        ("1\n2\n1\n0", "offset 0"),
        ("2\n4611686018427387904 4\n0 1\n1", "sizes"),
        ("-1\n1", "tensor with -1 dimensions"),
        ("1000000\n1", "tensor with 1000000 dimensions"),
    ],
)
def test_tensors_cannot_reach_outside_their_storage(layout, message):
    head = "4\n1\n3\nV 1\n18\ntorch.DoubleTensor\n"
    storage = "4\n2\n3\nV 1\n19\ntorch.DoubleStorage\n4\n1 2 3 4\n"
    assert serialization.deserialize(f"{head}1\n4\n1\n1\n{storage}", "ascii").tolist() == [1, 2, 3, 4]
    with pytest.raises(TorchError, match=message):
        serialization.deserialize(f"{head}{layout}\n{storage}", "ascii")


@pytest.mark.parametrize("size", [10**6, 2**40, 2**62, -1])
def test_sizes_are_checked_before_memory_is_taken(size):
    storage = f"4\n2\n3\nV 1\n19\ntorch.DoubleStorage\n{size}\n1 2 3 4\n"
    with pytest.raises(TorchError, match=f"storage of {size} elements"):
        serialization.deserialize(storage, "ascii")
    with pytest.raises(TorchError, match="negative length" if size < 0 else "read error"):
        serialization.deserialize(f"2\n{size}\nabc\n", "ascii")
