"""Package torchx: functions of tensors and nests, lists of files, and a tensor in several parts."""

import hashlib

import pytest
import torch

import torch7py
from lua_bridge import LuaError, LuaTorch
from torch7py import Table, TorchError, dpnn, nn, torchx
from torch7py.tensor import types


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.execute("require 'torchx'")
        yield runtime


@pytest.fixture
def stand_in(monkeypatch):
    """The CPU stands in for a GPU, as long as the test runs."""
    monkeypatch.setattr(types, "_BY_NAME", dict(types._BY_NAME))
    monkeypatch.setattr(types, "_cpu_stands_in", False)
    types.cuda_on_cpu()


# --- tensors and nests


def test_group(lua):
    assert lua.execute("""
        local groups, val, idx = torch.group(torch.FloatTensor{5, 3, 4, 5, 3, 5})
        local keys = {}
        for key in pairs(groups) do keys[#keys + 1] = key end
        table.sort(keys)
        groups[3].val:fill(0)  -- a view
        return table.concat(keys, ' '), groups[5].idx:sum(), groups[3].idx[2], val[1], val[6], torch.type(val), idx[3]
    """) == ("3 4 5", 11, 5, 0, 5, "torch.FloatTensor", 3)


def test_group_by_a_function_into_given_tensors(lua):
    assert lua.execute("""
        local val, idx = torch.Tensor(), torch.LongTensor()
        local close = function(first, value) return math.floor(first) == math.floor(value) end
        local groups, val2, idx2 = torch.group(val, idx, torch.Tensor{5.4, 3.1, 4, 5.1, 3.2, 5.4}, close, true)
        return val == val2 and idx == idx2, groups[5.4].val[3], groups[3.2].idx[1], groups[4].val:size(1), val[1]
    """) == (True, 5.1, 5, 1, 5.4)


def test_concat(lua):
    assert lua.execute("""
        local res = torch.FloatTensor()
        local a, b = torch.ones(2, 3), torch.IntTensor(2, 1):fill(2)
        local same = torch.concat(res, {a, b}, 2) == res
        return same, res:sum(), res:size(2), torch.type(torch.concat{b, b}), torch.type(torch.concat({a, b}, 2, 2)),
           torch.Tensor():concat({a, a}):size(1)
    """) == (True, 10, 4, "torch.IntTensor", "torch.IntTensor", 4)


def test_treemax_goes_by_means_above_the_leaves(lua):
    leaves = "torch.Tensor{0,0,0,0,0,%d, 1,1,1,1,1,10, 0,6, 2,5, 7,5}, {3, 3, 2}"
    assert lua.execute(f"return torch.treemax({leaves % 13})") == (7, 17)
    assert lua.execute(f"return torch.treemax({leaves % 27})") == (27, 6)


def test_remap_makes_what_is_missing(lua):
    assert lua.execute("""
        local nest = {torch.ones(2), {torch.ones(3)}}
        local one, two = torch.remap(nest, nil, function(x, y) y:resize(x:size()):copy(x) end, nil, torch.IntTensor())
        torch.remap(nest, two, function(x, y) x:add(y:double()) end)
        return one == nest, nest[2][1]:sum(), torch.type(two[2][1]), two[1]:sum()
    """) == (True, 6, "torch.IntTensor", 2)


def test_nests(lua):
    assert lua.execute("""
        local nest = {torch.Tensor{{1, 2}, {3, 4}, {5, 6}}, {a = torch.Tensor{7, 8, 9}}}
        local size, sub = torchx.recursiveSize(nest, 2), torchx.recursiveSub(nest, 2, -1)
        local some = torchx.recursiveIndex(nil, nest, 1, torch.LongTensor{3, 1})
        sub[2].a:fill(0)  -- views
        return #size[1], size[1][1], size[2].a[1], nest[2].a:sum(), some[2].a[1], some[1][2][2],
           torchx.recursiveBatchSize(nest), torchx.recursiveSum(nest)
    """) == (1, 3, 3, 7, 9, 2, 3, 28)


@pytest.mark.parametrize(
    "code, message",
    [
        ("torch.group(torch.ones(2, 2))", "a vector expected"),
        ("torch.concat({torch.ones(2, 3), torch.ones(3, 3)}, 2)", r"along dim 2: \[3 x 3\], the tensor at index 2"),
        ("torch.concat{torch.ones(2), 3}", "Expecting table of torch.Tensors at arg 2 : number"),
        ("torch.remap({}, {}, 3)", "Expecting function at argument 3"),
        ("torch.remap(1, 2, print)", "expecting nested tensors or tables. Got number and number instead"),
        ("torch.treemax(torch.ones(7), {2})", "7 leaves cannot be parted evenly into 2 branches"),
        ("torchx.Queue():get()", "Queue is empty"),
        ("torch.md5.sum(nil)", "string expected, got nil"),
        ("paths.indexdir('/nowhere')", "Could not find any files"),
    ],
)
def test_errors(lua, code, message):
    with pytest.raises(LuaError, match=r"script.lua:1: .*" + message):
        lua.execute(code, name="@script.lua")


def test_md5_of_bytes(lua):
    assert lua.eval("torch.md5.sumhexa('helloworld!')") == "420e57b017066b44e05ea1577f6e2e12"
    assert lua.eval("torch.md5.sumhexa('\\195\\169')") == hashlib.md5("é".encode()).hexdigest()
    assert lua.eval("#torch.md5.sum('')") == 16


def test_queue(lua):
    lua.execute("""
        queue = torchx.Queue()
        for i = 1, 3 do queue:put(i) end
        assert(queue:get() == 1)
        queue = torch.deserialize(torch.serialize(queue))
        queue:put('last')
        assert(queue:get() == 2 and queue:get() == 3 and not queue:empty() and queue:get() == 'last' and queue:empty())
    """)


# --- lists of files


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    for name in ("b.png", "a.PNG", "text.txt", "inner/frame.png", "inner/ä.jpg"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "cache"))
    return tmp_path


def test_indexdir(lua, folder):
    names = lua.execute(
        """
        local files, names = paths.indexdir(...), {}
        for i = 1, files:size() do
           names[i] = paths.basename(files:filename(i))
           assert(paths.filep(files:filename(i)))
        end
        return table.concat(names, ' ')
        """,
        str(folder),
    )
    assert names == "a.PNG b.png frame.png \xc3\xa4.jpg"
    assert torchx.indexdir([str(folder / "inner")]).filename(2) == str(folder / "inner" / "ä.jpg")


def test_indexdir_chooses_and_remembers(folder):
    def count(*args):
        return torchx.indexdir(str(folder), *args).size()

    assert (count("png"), count(["txt", "jpg"]), count("png", False, "*FRAME*")) == (3, 2, 2)
    (folder / "c.png").write_bytes(b"")
    assert (count("png", True), count("png"), count("png", True)) == (3, 4, 4)
    with pytest.raises(TorchError, match="no file number 5, where there are 4"):
        torchx.indexdir(str(folder), "png").filename(5)


# --- a tensor in parts


def in_parts(weight, *columns):
    return torchx.MultiCudaTensor(2, Table([part.clone() for part in weight.split(columns, 1)]))


def joined(tensor):
    return torch.cat(list(tensor.tensors), tensor.catdim - 1)


def test_a_tensor_in_parts_is_like_the_whole(lua):
    weight = torch.rand(6, 5)
    parts = in_parts(weight, 2, 3)
    rows, values = torch.tensor([2, 6, 2]), torch.rand(3, 5)
    lua.execute("parts, weight, rows, values = ...", parts, weight, rows, values)
    lua.execute("""
        local function near(a, b) assert((a - b):abs():max() < 1e-5) end
        assert(parts:dim() == 2 and parts:size(1) == 6 and parts:size(2) == 5 and parts:size():size() == 2)
        near(parts.index(torch.FloatTensor(), parts, 1, rows), weight:index(1, rows))
        parts:indexAdd(1, rows, values):mul(2):add(0.5, parts)
        weight:indexAdd(1, rows, values)  -- which returns its last argument
        weight:mul(3)
        assert(math.abs(parts:norm() - weight:norm()) < 1e-4)
        local input, output = torch.FloatTensor(4, 5):uniform(), torch.FloatTensor(4, 6):zero()
        near(parts.addmm(output, 0, output, 2, input, parts:t()), input * weight:t() * 2)
        local twin = parts:clone()
        parts:zero()
        assert(parts:norm() == 0 and twin:norm() > 0 and twin:t():size(1) == 5)
        local other = torch.MultiCudaTensor():resizeAs(twin):copy(twin)
        near(other.tensors[2], weight:narrow(2, 3, 3))
        other:uniform(-2, -1)
        assert(other.tensors[1]:max() <= -1 and other.tensors[2]:min() >= -2)
    """)


def test_a_tensor_in_parts_in_a_file():
    weight = torch.rand(2, 3)
    again = torch7py.deserialize(torch7py.serialize(in_parts(weight, 1, 2)))
    assert (again.catdim, len(again.tensors)) == (2, 2) and torch.equal(joined(again), weight)


@pytest.mark.parametrize("batchnoise", [True, False])
def test_nce_with_divided_weights_learns_as_with_whole_ones(stand_in, batchnoise):
    torch7py.manualSeed(1)
    one = dpnn.NCEModule(5, 20, 4, torch.ones(20))
    one.batchnoise = batchnoise
    two = one.clone()
    one.cuda()
    two.multicuda(1, 2)
    assert [part.shape[1] for part in two.weight.tensors] == [3, 2]
    input, target = torch.rand(3, 5), torch.tensor([4, 20, 1])
    loss, results = dpnn.NCECriterion().cuda(), []
    for module in (one, nn.Sequential().add(two)):
        torch7py.manualSeed(2)
        for _ in range(3):
            output = module.forward(Table([input, target]))
            loss.forward(output, target)
            module.zeroGradParameters()
            gradInput = module.backward(Table([input, target]), loss.backward(output, target))
            norm = module.gradParamClip(0.1)
            module.updateGradParameters(0.9)
            module.weightDecay(0.01)
            module.updateParameters(0.5)
        module.evaluate()
        two.normalized = one.normalized = True
        results += [gradInput[1], torch.tensor(norm), module.forward(Table([input, target])).clone(), loss.output]
        two.normalized = one.normalized = None
        module.training()
    for plain, divided in zip(results[:3], results[4:7]):
        torch.testing.assert_close(divided, plain)
    torch.testing.assert_close(joined(two.weight), one.weight)
    torch.testing.assert_close(joined(two.momGradParams[1]), one.momGradParams[1])


def test_copies_files_and_types_of_a_divided_nce(stand_in):
    module = dpnn.NCEModule(4, 10, 2, torch.ones(10))
    module.multicuda(1, 1)
    shared, copy = module.sharedClone(), torch7py.deserialize(torch7py.serialize(module.clone()))
    module.weight.tensors[1].fill_(7)
    assert shared.weight.tensors[1].max() == 7 and copy.weight.tensors[1].max() < 1
    assert "4 -> 10" in module.__tostring__()
    module.reset()
    assert joined(module.weight).abs().max() <= 0.5
    with pytest.raises(TorchError, match="Cannot convert a multicuda NCEModule"):
        module.double()
    with pytest.raises(TorchError, match="Cannot gather a torch.MultiCudaTensor"):
        module.getParameters()
    with pytest.raises(TorchError, match="specify two devices"):
        dpnn.NCEModule(4, 10, 2, torch.ones(10)).multicuda(1, None)


@pytest.mark.skipif(torch.cuda.is_available(), reason="only where there is no GPU")
def test_nce_needs_gpus_to_divide_its_weights():
    with pytest.raises(TorchError, match="multicuda: no CUDA driver"):
        dpnn.NCEModule(4, 10, 2, torch.ones(10)).multicuda(1, 2)
