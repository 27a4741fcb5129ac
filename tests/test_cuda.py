"""cutorch, cunn and CUDA's types: without a GPU, on the CPU that stands in for one, and on a GPU where there is one."""

import subprocess
import sys

import pytest
import torch

import torch7py
from lua_bridge import LuaError, LuaTorch
from tests.test_th import th
from torch7py import cunn, cutorch, nn, random, serialization
from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor import types

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU, and none is here")
without_gpu = pytest.mark.skipif(
    torch.cuda.is_available() or types.cuda_is_cpu(), reason="shows what happens where there is no CUDA GPU"
)
several_gpus = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA GPUs")


@pytest.fixture
def stand_in(monkeypatch):
    """The CPU stands in for a GPU, as long as the test runs."""
    monkeypatch.setattr(types, "_BY_NAME", dict(types._BY_NAME))
    monkeypatch.setattr(types, "_cpu_stands_in", False)
    types.cuda_on_cpu()


def as_cuda(content: str) -> str:
    """A binary file as a program on a GPU would have written it."""
    for kind in ("Float", "Double", "Long"):
        for what in ("Tensor", "Storage"):
            name, cuda = f"torch.{kind}{what}", f"torch.Cuda{'' if kind == 'Float' else kind}{what}"
            content = content.replace(f"{chr(len(name))}\0\0\0{name}", f"{chr(len(cuda))}\0\0\0{cuda}")
    return content


def network():
    return nn.Sequential().add(nn.Linear(3, 4)).add(nn.Tanh()).add(nn.Linear(4, 2))


# --- no GPU


@without_gpu
def test_without_a_gpu_the_packages_say_what_to_do():
    with LuaTorch() as lua:
        for package in ("cutorch", "cunn", "cudnn"):
            found, message = lua.execute("return pcall(require, ...)", package)
            assert found is False and "th --cuda=cpu" in message
            assert lua.eval(package) is None
        with pytest.raises(LuaError, match="th --cuda=cpu"):
            lua.execute("return torch.Tensor(2):cuda()")
        assert lua.execute("return torch.CudaTensor") is None


@without_gpu
@pytest.mark.parametrize(
    "make",
    [
        lambda: torch7py.Tensor(2).cuda(),
        lambda: torch7py.CudaLongTensor(2),
        lambda: network().cuda(),
        lambda: nn.MSECriterion().cuda(),
    ],
)
def test_without_a_gpu_nothing_becomes_a_cuda_tensor(make):
    with pytest.raises(TorchError, match="cuda_on_cpu"):
        make()


@without_gpu
def test_a_network_from_a_gpu_loads_as_one_of_the_cpu():
    net = network().float()
    x = torch.randn(5, 3)
    expected = net.forward(x).clone()
    content = as_cuda(serialization.serialize(net))
    assert "torch.CudaTensor" in content and "torch.FloatTensor" not in content
    found = serialization.deserialize(content)
    assert found.type() == found.modules[1].type() == found.modules[2].type() == "torch.FloatTensor"
    assert torch.equal(found.forward(x), expected)
    assert found.double().type() == "torch.DoubleTensor"
    doubled = as_cuda(serialization.serialize(nn.Identity().double()))
    assert serialization.deserialize(doubled).type() == "torch.DoubleTensor"


def test_pooling_with_the_indices_of_a_gpu_goes_on():
    pool = nn.SpatialMaxPooling(2, 2)
    pool.forward(torch.rand(1, 4, 4, dtype=torch.float64))
    found = serialization.deserialize(as_cuda(serialization.serialize(pool.float())))
    image = torch.rand(1, 4, 4)
    assert found.float().forward(image).shape == (1, 2, 2)
    assert found.backward(image, torch.ones(1, 2, 2)).sum() == 4


# --- the CPU stands in


def test_cuda_types_are_those_of_the_cpu(stand_in):
    x = torch7py.CudaTensor([1.5, 2])
    assert x.type() == "torch.FloatTensor" and x.cudaLong().type() == "torch.LongTensor"
    assert torch7py.Tensor(2).type("torch.CudaDoubleTensor").type() == "torch.DoubleTensor"
    assert torch7py.CudaTensor(torch.ones(2)).sum() == 2
    assert torch7py.CudaStorage(3).__typename__ == "torch.FloatStorage"
    assert x.getDevice() == 1
    net = network().cuda()
    assert net.type() == "torch.FloatTensor" and net.modules[1].weight.dtype == torch.float32
    net.type("torch.CudaDoubleTensor")
    assert net.type() == "torch.DoubleTensor" and net.modules[1].weight.dtype == torch.float64
    assert serialization.deserialize(as_cuda(serialization.serialize(net))).cuda().type() == "torch.FloatTensor"


def test_default_type(stand_in):
    torch7py.setdefaulttensortype("torch.CudaTensor")
    try:
        assert torch7py.getdefaulttensortype() == torch7py.zeros(2).type() == "torch.FloatTensor"
    finally:
        torch7py.setdefaulttensortype("torch.DoubleTensor")


def test_devices(stand_in):
    assert (cutorch.getDeviceCount(), cutorch.getDevice()) == (1, 1)
    cutorch.setDevice(1)
    with pytest.raises(TorchError, match="invalid device ordinal: 2, where there are 1"):
        cutorch.setDevice(2)
    free, total = cutorch.getMemoryUsage(1)
    assert 0 < free <= total
    known = cutorch.getDeviceProperties(1)
    assert known.name == "CPU" and known.totalGlobalMem == total
    assert cutorch.withDevice(1, lambda: (1, 2)) == (1, 2)
    assert cutorch.hasHalfInstructions() is False and cutorch.getPeerToPeerAccess(1, 1) is True
    cutorch.synchronize()
    cutorch.synchronizeAll()


def test_streams(stand_in, monkeypatch):
    from torch7py.cutorch import streams

    monkeypatch.setattr(streams._State, "reserved", [])
    monkeypatch.setattr(streams._State, "current", 0)
    with pytest.raises(TorchError, match="1 is not a stream: 0 are reserved"):
        cutorch.setStream(1)
    cutorch.reserveStreams(2)
    cutorch.setStream(2)
    assert (cutorch.getStream(), cutorch.getNumStreams()) == (2, 2)
    cutorch.streamWaitFor(1, Table([0, 2]))
    cutorch.streamBarrierMultiDevice(Table({1: Table([1, 2])}))
    with pytest.raises(TorchError, match="3 is not a stream"):
        cutorch.streamBarrier(Table([1, 3]))
    cutorch.streamSynchronize(1)
    cutorch.Event().waitOn()
    cutorch.setDefaultStream()
    assert cutorch.getStream() == 0


def test_seeds_are_torchs(stand_in):
    cutorch.manualSeed(5)
    assert cutorch.initialSeed() == 5
    state = cutorch.getRNGState()
    first = torch7py.CudaTensor(4).uniform().tensor.clone()
    cutorch.setRNGState(state)
    assert torch.equal(torch7py.CudaTensor(4).uniform().tensor, first)
    random.manualSeed(5)
    assert torch.equal(torch7py.FloatTensor(4).uniform().tensor, first)


def test_host_tensors(stand_in):
    assert cutorch.createCudaHostTensor(2, 3).shape == (2, 3)
    assert cutorch.createCudaHostDoubleTensor(torch7py.LongStorage([4])).dtype == torch.float64


def test_lua_sees_the_types_once_cutorch_is_there(stand_in):
    with LuaTorch() as lua:
        assert lua.execute("return torch.CudaTensor") is None
        lua.execute("require 'cunn'")
        assert lua.execute("return torch.CudaTensor == torch.FloatTensor and cutorch ~= nil and nn ~= nil")
        assert lua.execute("return torch.CudaTensor{1, 2}:add(torch.DoubleTensor{1, 1}:cuda()):sum()") == 5
        assert lua.execute("return torch.CudaStorage(3):fill(2)[3]") == 2
        assert lua.execute("return cutorch.Event():waitOn()") is None
        assert lua.execute("return torch.getmetatable('torch.CudaTensor').__typename") == "torch.FloatTensor"


GPU_ONLY = """
require 'cutorch'
require 'cunn'
require 'cudnn'
cutorch.setDevice(1)
cutorch.manualSeed(1)
torch.manualSeed(1)
local net = nn.Sequential():add(cudnn.SpatialConvolution(1, 2, 3, 3)):add(cudnn.ReLU(true))
   :add(nn.View(-1):setNumInputDims(3)):add(nn.Linear(8, 2)):add(cudnn.LogSoftMax())
net = nn.DataParallelTable(1):add(net:cuda(), {1}):cuda()
local criterion = nn.ClassNLLCriterion():cuda()
local x, y = torch.CudaTensor(2, 1, 4, 4):uniform(), torch.CudaTensor{1, 2}
local parameters, gradients = net:getParameters()
local function loss() return criterion:forward(net:forward(x), y) end
local before = loss()
for i = 1, 20 do
   gradients:zero()
   loss()
   net:backward(x, criterion:backward(net.output, y))
   parameters:add(-0.1, gradients)
end
cutorch.synchronize()
assert(loss() < before)
io.write('trained')
"""


def test_cuda_tensors_are_indices(stand_in):
    with LuaTorch() as lua:
        assert lua.execute("""
            require 'cutorch'
            local x, places = torch.CudaTensor{{1, 2}, {3, 4}, {5, 6}}, torch.LongTensor{3, 1}:cuda()
            x:indexAdd(1, places, torch.CudaTensor(2, 2):fill(10))
            x:indexFill(2, torch.LongTensor{2}, 0)
            return x:index(1, places):sum(), x:gather(1, torch.CudaTensor{{1, 2}}):sum(),
               pcall(x.index, x, 1, torch.DoubleTensor{1})
        """)[:3] == (26, 11, False)


def test_a_program_for_gpus_runs_on_the_cpu(tmp_path):
    script = tmp_path / "train.lua"
    script.write_text(GPU_ONLY)
    run = th("--cuda=cpu", str(script))
    assert (run.stdout, run.stderr) == ("trained", "")
    assert th(str(script), TORCH7PY_CUDA="cpu").stdout == "trained"
    assert "--cuda=cpu" in th("-h").stdout
    assert "known is --cuda=cpu" in th("--cuda=gpu", str(script)).stderr


def test_python_chooses_the_stand_in():
    code = "import torch7py; torch7py.cuda_on_cpu(); print(torch7py.Tensor(2).cuda().type())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert found.stdout == "torch.FloatTensor\n"


def test_luatorch_takes_cpu_only():
    with pytest.raises(ValueError, match="'gpu'"):
        LuaTorch(cuda="gpu")


# --- DataParallelTable


def parallel(net, gpus, **options):
    return cunn.DataParallelTable(1, **options).add(net, Table(gpus))


@pytest.fixture(params=[1, 2, 3])
def replicas(request, stand_in, monkeypatch):
    """So many replicas, all on the CPU."""
    monkeypatch.setattr(cunn.DataParallelTable, "_gpus", lambda self: self.gpuAssignments.list())
    return request.param


@pytest.mark.parametrize("samples", [5, 2])
@pytest.mark.parametrize("flat", [False, True])
def test_data_parallel_table_is_its_module(replicas, flat, samples):
    net = network().cuda()
    twin = net.clone()
    split = parallel(net, range(1, replicas + 1), flattenParams=flat).cuda()
    x, gradient = torch.randn(samples, 3), torch.randn(samples, 2)
    for one in (split, twin):
        one.zeroGradParameters()
        one.forward(x)
        one.backward(x, gradient, 0.5)
    torch.testing.assert_close(split.output, twin.output)
    torch.testing.assert_close(split.gradInput, twin.gradInput)
    for name, (one, other) in enumerate(zip(split.parameters()[1], twin.parameters()[1])):
        torch.testing.assert_close(one, other, msg=f"gradient {name}")
    split.updateParameters(0.1)
    twin.updateParameters(0.1)
    torch.testing.assert_close(split.forward(x), twin.forward(x))
    assert len(split.impl.modules) == replicas


def test_data_parallel_table_adds_new_gradients_to_those_of_before(replicas):
    net = network().cuda()
    for gradient in net.parameters()[1]:
        gradient.fill_(7)
    twin, split = net.clone(), parallel(net, range(1, replicas + 1))
    x, gradient = torch.randn(4, 3), torch.randn(4, 2)
    for one in (split, twin):
        one.forward(x)
        one.backward(x, gradient)
    for one, other in zip(split.parameters()[1], twin.parameters()[1], strict=True):
        torch.testing.assert_close(one, other)


def test_data_parallel_table_of_tables(replicas):
    net = nn.ParallelTable().add(nn.Linear(2, 3)).add(nn.Identity()).cuda()
    split = parallel(net, range(1, replicas + 1))
    out = split.forward(Table([torch.randn(4, 2), torch.randn(4, 1)]))
    assert [tensor.shape for tensor in out] == [(4, 3), (4, 1)]
    given = split.backward(Table([torch.randn(4, 2), torch.randn(4, 1)]), out)
    assert [tensor.shape for tensor in given] == [(4, 2), (4, 1)]


def test_data_parallel_table_parameters_files_clones(replicas):
    split = parallel(network().cuda(), range(1, replicas + 1), flattenParams=True)
    x = torch.randn(4, 3)
    parameters, gradients = split.getParameters()
    parameters.fill_(0.1)
    expected = split.forward(x).clone()
    assert (expected == expected[0, 0]).sum() >= 2
    for other in (split.clone(), serialization.deserialize(as_cuda(serialization.serialize(split)))):
        assert torch.equal(other.forward(x), expected)
        other.getParameters()[0].zero_()
        assert not torch.equal(other.forward(x), expected)
    assert torch.equal(split.forward(x), expected)


def test_data_parallel_table_loads_without_asking_for_cunn(stand_in):
    content = serialization.serialize(parallel(network().cuda(), [1, 2]))
    code = (
        "import sys; from torch7py import serialization; import torch\n"
        "net = serialization.deserialize(sys.stdin.buffer.read().decode('latin-1'))\n"
        "print(type(net).__typename__, tuple(net.forward(torch.ones(2, 3)).shape))"
    )
    found = subprocess.run([sys.executable, "-c", code], input=as_cuda(content).encode("latin-1"), capture_output=True)
    assert found.stdout == b"nn.DataParallelTable (2, 2)\n", found.stderr


def test_data_parallel_table_on_the_cpu_and_its_replicas(stand_in):
    split = parallel(network().cuda(), [1]).double()
    assert split.type() == "torch.DoubleTensor"
    assert split.forward(torch.ones(2, 3, dtype=torch.float64)).dtype == torch.float64
    assert list(split.impl.exec(lambda module, i: (i, type(module).__name__))) == [(1, "Sequential")]
    split.evaluate()
    assert split.get(1).train is False
    split.apply(lambda module: setattr(module, "seen", True))
    assert split.get(1).get(1).seen and split.seen


def test_data_parallel_table_errors(stand_in):
    with pytest.raises(TorchError, match="must specify a dimension"):
        cunn.DataParallelTable(None)
    with pytest.raises(TorchError, match="table of GPU IDs required, got string"):
        cunn.DataParallelTable(1).add(network(), "all")
    split = parallel(network().cuda(), [1])
    with pytest.raises(TorchError, match="only be called once"):
        split.add(network(), Table([1]))
    with pytest.raises(TorchError, match="tensor or table of tensors, got number"):
        split.forward(3)
    with pytest.raises(TorchError, match="Share not supported"):
        split.share(network(), "weight")


# --- on a GPU


@needs_gpu
def test_tensors_and_networks_on_a_gpu():
    with LuaTorch() as lua:
        lua.execute("require 'cunn'")
        assert lua.execute("return torch.CudaTensor{1, 2}:add(1):type()") == "torch.CudaTensor"
        assert lua.execute("return torch.Tensor{1, 2}:cuda()[2]") == 2
        assert lua.execute("return torch.CudaStorage(3):fill(2)[3]") == 2
        assert lua.execute("return torch.CudaLongTensor(2):getDevice()") == 1
    net = network()
    x = torch.randn(5, 3, dtype=torch.float64)
    expected = net.forward(x).clone()
    net.cuda()
    assert net.type() == "torch.CudaTensor"
    torch.testing.assert_close(net.forward(x.float().cuda()).double().cpu(), expected, rtol=1e-4, atol=1e-4)


@needs_gpu
def test_devices_streams_and_memory_on_a_gpu():
    assert cutorch.getDeviceCount() == torch.cuda.device_count()
    assert cutorch.getDeviceProperties(1).name == torch.cuda.get_device_name(0)
    cutorch.reserveStreams(2)
    cutorch.setStream(1)
    cutorch.Event().waitOn()
    cutorch.streamBarrier(Table([1, 2]))
    cutorch.setDefaultStream()
    cutorch.synchronizeAll()
    assert cutorch.createCudaHostTensor(3).is_pinned()
    assert cutorch.getRuntimeVersion() > 10000 and cutorch.getDriverVersion() >= cutorch.getRuntimeVersion()


@several_gpus
def test_data_parallel_table_on_two_gpus():
    net = network().cuda()
    twin, split = net.clone(), parallel(net, [1, 2], flattenParams=True)
    x, gradient = torch.randn(5, 3).cuda(), torch.randn(5, 2).cuda()
    for one in (split, twin):
        one.zeroGradParameters()
        one.forward(x)
        one.backward(x, gradient)
        one.updateParameters(0.1)
    torch.testing.assert_close(split.gradInput, twin.gradInput)
    torch.testing.assert_close(split.forward(x), twin.forward(x))
