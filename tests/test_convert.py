"""The way out: Torch7 networks as PyTorch modules that compute the same, and back."""

import importlib.util
import json
import subprocess
import sys

import pytest
import torch

import torch7py
from lua_bridge.commands import main
from torch7py import Table, nn, nngraph, rnn
from torch7py.convert.conversion import convert, copied, largest_difference
from torch7py.errors import TorchError


def sequence(*modules):
    net = nn.Sequential()
    for module in modules:
        net.add(module)
    return net


def table(kind, *modules):
    for module in modules:
        kind.add(module)
    return kind


def graph():
    x, h = nn.Identity()(), nn.Identity()()
    total = nn.CAddTable()([nn.Linear(6, 8)(x), nn.Linear(8, 8)(h)])
    state = nn.Tanh()(total).annotate(name="state")
    return nngraph.gModule([x, h], [state, nn.LogSoftMax()(nn.Linear(8, 3)(state))])


def split_graph():
    x = nn.Identity()()
    first, second = nn.SplitTable(2)(nn.Reshape(2, 3)(x)).split(2)
    shared = nn.Linear(3, 3)
    return nngraph.gModule([x], [nn.JoinTable(2)([shared(first), nn.Sigmoid()(second)])])


NETWORKS = {  # a network and the shape of its inputs, without the batch
    "linear": lambda: (sequence(nn.Linear(6, 5), nn.ReLU(True), nn.Linear(5, 3, False), nn.LogSoftMax()), (6,)),
    "lenet": lambda: (
        sequence(
            *(nn.SpatialConvolution(1, 4, 5, 5), nn.Tanh(), nn.SpatialMaxPooling(3, 3, 3, 3)),
            *(nn.SpatialConvolution(4, 8, 5, 5), nn.Tanh(), nn.SpatialMaxPooling(2, 2, 2, 2)),
            *(nn.Reshape(32), nn.Linear(32, 10), nn.LogSoftMax()),
        ),
        (1, 32, 32),
    ),
    "residual": lambda: (
        sequence(
            *(nn.SpatialConvolution(3, 4, 3, 3, 1, 1, 1, 1), nn.SpatialBatchNormalization(4)),
            table(nn.ConcatTable(), sequence(nn.ReLU(), nn.SpatialConvolution(4, 4, 3, 3, 1, 1, 1, 1)), nn.Identity()),
            *(nn.CAddTable(True), nn.SpatialAveragePooling(4, 4, 4, 4), nn.View(-1).setNumInputDims(3)),
        ),
        (3, 8, 8),
    ),
    "inception": lambda: (
        table(
            nn.DepthConcat(2), nn.SpatialConvolution(2, 3, 1, 1), nn.SpatialConvolution(2, 2, 3, 3),
        ),
        (2, 6, 6),
    ),
    "concat": lambda: (table(nn.Concat(2), nn.Linear(4, 2), nn.Linear(4, 3)), (4,)),
    "parallel": lambda: (table(nn.Parallel(2, 2), nn.Linear(4, 2), nn.Linear(4, 3)), (2, 4)),
    "deconvolution": lambda: (nn.SpatialFullConvolution(2, 3, 4, 3, 2, 1, 1, 0, 1, 0), (2, 5, 6)),
    "dilated": lambda: (nn.SpatialDilatedConvolution(2, 3, 3, 3, 1, 1, 2, 2, 2, 2), (2, 7, 7)),
    "depthwise": lambda: (nn.SpatialDepthWiseConvolution(2, 3, 3, 2), (2, 5, 6)),
    "volumetric": lambda: (
        sequence(nn.VolumetricConvolution(2, 3, 3, 2, 2), nn.VolumetricMaxPooling(2, 2, 2)), (2, 6, 6, 6),
    ),
    "volumetric deconvolution": lambda: (
        sequence(
            nn.VolumetricFullConvolution(2, 3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 1, 0, 0),
            nn.VolumetricAveragePooling(2, 1, 3),
        ),
        (2, 3, 4, 5),
    ),
    "temporal": lambda: (
        sequence(nn.TemporalConvolution(5, 4, 3), nn.TemporalMaxPooling(2, 2), nn.Max(2)), (9, 5),
    ),
    "lookup": lambda: (sequence(nn.LookupTable(10, 4), nn.Mean(1, 2), nn.Linear(4, 2)), (7,)),
    "ceil": lambda: (
        sequence(nn.SpatialMaxPooling(3, 3, 2, 2).ceil(), nn.SpatialAveragePooling(2, 3, 1, 2)), (2, 8, 9),
    ),
    "padding": lambda: (
        sequence(nn.SpatialZeroPadding(1, 2, 0, 1), nn.SpatialReflectionPadding(1, 1, 1, 1), nn.Padding(1, 2, 3)),
        (2, 4, 5),
    ),
    "shapes": lambda: (
        sequence(nn.View(2, 6), nn.Transpose({2, 3} and (2, 3)), nn.Narrow(2, 2, 3), nn.Select(3, 1), nn.Unsqueeze(2)),
        (12,),
    ),
    "transfer": lambda: (
        sequence(nn.HardTanh(), nn.SoftPlus(2), nn.PReLU(), nn.ELU(0.5), nn.LeakyReLU(0.2), nn.Square(), nn.SoftSign(),
                 nn.MulConstant(3), nn.AddConstant(1), nn.Log(), nn.Power(2), nn.Clamp(-1, 1)),
        (6,),
    ),
    "learnt": lambda: (sequence(nn.CMul(1, 4), nn.CAdd(1, 4), nn.Add(4), nn.Mul(), nn.Cosine(4, 3)), (4,)),
    "dropout": lambda: (sequence(nn.Dropout(0.3), nn.Dropout(0.3, True), nn.Linear(4, 4)), (4,)),
    "maps": lambda: (
        sequence(nn.SpatialDropout(0.3), nn.SpatialCrossMapLRN(3), nn.SpatialUpSamplingNearest(2)), (4, 3, 3),
    ),
    "contrast": lambda: (nn.SpatialContrastiveNormalization(2, torch.rand(3, 5).double()), (2, 6, 6)),
    "contrast by vectors": lambda: (nn.SpatialContrastiveNormalization(2, torch.rand(3).double()), (2, 6, 6)),
    "two inputs": lambda: (
        sequence(table(nn.ParallelTable(), nn.Linear(4, 3), nn.Linear(5, 3)), nn.CosineDistance()), (4,), (5,),
    ),
    "bilinear": lambda: (nn.Bilinear(4, 5, 3), (4,), (5,)),
    "joined": lambda: (sequence(nn.JoinTable(1, 1), nn.Linear(9, 2)), (4,), (5,)),
    "mixture": lambda: (
        sequence(
            table(nn.ConcatTable(), sequence(nn.Linear(4, 2), nn.SoftMax()),
                  table(nn.ConcatTable(), nn.Linear(4, 3), nn.Linear(4, 3))),
            nn.MixtureTable(),
        ),
        (4,),
    ),
    "bottle": lambda: (nn.Bottle(nn.Linear(4, 3)), (5, 4)),
    "graph": lambda: (graph(), (6,), (8,)),
    "split graph": lambda: (split_graph(), (6,)),
    "partial": lambda: (nn.PartialLinear(4, 5), (4,)),
    "weighted": lambda: (sequence(nn.WeightedEuclidean(4, 3), nn.GradientReversal(0.5)), (4,)),
    "one hot": lambda: (sequence(nn.OneHot(6), nn.Select(2, 1), nn.Linear(6, 2)), (3,)),
    "map": lambda: (nn.SpatialConvolutionMap(nn.tables.random(4, 3, 2), 3, 2), (4, 5, 6)),
    "local": lambda: (nn.SpatialConvolutionLocal(2, 3, 6, 5, 3, 2, 1, 2, 1, 1), (2, 5, 6)),
    "rows": lambda: (nn.TemporalRowConvolution(4, 3), (7, 4)),
    "image subsampling": lambda: (nn.SpatialSubSampling(2, 2, 3, 2, 1), (2, 6, 7)),
    "lstm": lambda: (sequence(rnn.SeqLSTM(4, 3), nn.Tanh()), (5, 4)),
    "weight norm": lambda: (nn.WeightNorm(nn.Linear(4, 3)), (4,)),
}  # fmt: skip


def made(name, dtype="double"):
    torch7py.manualSeed(5)
    net, *shapes = NETWORKS[name]()
    for module in net.listModules():
        if isinstance(module, nn.BatchNormalization):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    return getattr(net, dtype)(), shapes


@pytest.mark.parametrize("dtype", ["double", "float"])
@pytest.mark.parametrize("name", NETWORKS)
def test_output_is_the_same(name, dtype):
    net, shapes = made(name, dtype)
    converted = convert(net, *shapes)
    assert converted.difference <= (1e-12 if dtype == "double" else 1e-6)
    namespace = {"__name__": "emitted"}
    exec(converted.source, namespace)  # the text stands by itself
    module = namespace["Network"]().to(getattr(torch, dtype)).eval()
    module.load_state_dict(converted.module.state_dict())
    net.evaluate()
    given = converted.inputs[0] if len(converted.inputs) == 1 else Table([*converted.inputs])
    expected = net.forward(copied(given))
    with torch.no_grad():
        assert largest_difference(expected, module(*map(copied, converted.inputs))) <= converted.difference


# not those whose parameters or inputs have no counterpart, nor dropout of maps, which has no gradient in evaluation,
# nor distances, whose gradients the original damps near 0
WITHOUT_GRADIENTS = ("lstm", "weight norm", "lookup", "mixture", "maps", "map", "one hot", "partial", "weighted")


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in WITHOUT_GRADIENTS])
def test_gradients_are_the_same(name):
    net, shapes = made(name)
    converted = convert(net, *shapes)
    inputs = [x.clone().requires_grad_() for x in converted.inputs]
    output = converted.module(*[x * 1 for x in inputs])
    outputs = output if isinstance(output, list) else [output]
    gradients = [torch.randn(y.shape, dtype=y.dtype) for y in outputs]
    torch.autograd.backward(outputs, gradients)

    net.evaluate()
    net.zeroGradParameters()
    given = [x.detach().clone() for x in inputs]
    given = given[0] if len(given) == 1 else Table(given)
    net.forward(given)
    net.backward(given, gradients[0] if len(gradients) == 1 else Table(gradients))
    by_input = net.gradInput if isinstance(net.gradInput, Table) else [net.gradInput]
    for ours, theirs in zip(by_input, inputs):
        torch.testing.assert_close(ours, theirs.grad, rtol=1e-10, atol=1e-12)
    theirs = {p.detach().abs().sum().item(): p.grad for p in converted.module.parameters()}
    parameters = net.parameters()[0] or []
    for parameter, gradient in zip(parameters, net.parameters()[1] or []):
        other = theirs[min(theirs, key=lambda total, p=parameter: abs(total - p.abs().sum().item()))]
        assert gradient.abs().sum().item() == pytest.approx(other.abs().sum().item(), rel=1e-9, abs=1e-9)


def test_source_reads_as_a_person_would_have_written_it():
    net, shapes = made("lenet", "float")
    assert (
        convert(net, *shapes, title="LeNet.").source
        == '''"""LeNet."""

from torch import nn


class Network(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 4, 5),
            nn.Tanh(),
            nn.MaxPool2d(3),
            nn.Conv2d(4, 8, 5),
            nn.Tanh(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32, 10),
            nn.LogSoftmax(dim=1),
        )
'''
    )


def test_graph_becomes_a_forward_with_names():
    net, shapes = made("graph")
    source = convert(net, *shapes).source
    assert "def forward(self, x, x2):" in source
    assert "state = h3.tanh()" in source and "h3 = h + h2" in source


def test_shared_parameters_stay_shared():
    first = nn.Linear(4, 4)
    net = sequence(first, nn.Tanh(), first.clone("weight", "bias", "gradWeight", "gradBias"))
    module = convert(net, (4,)).module
    assert module[0].weight is module[2].weight
    assert len(list(module.parameters())) == 2


def test_input_is_guessed():
    assert convert(made("lenet")[0]).inputs[0].shape == (2, 1, 32, 32)
    assert convert(made("linear")[0]).inputs[0].shape == (2, 6)
    assert convert(made("lookup")[0]).inputs[0].dim() == 2


def test_what_has_no_equivalent_is_named():
    net = sequence(nn.Linear(4, 4), nn.Linear(4, 2), nn.Kmeans(2, 2), nn.LookupTable(2, 2, 0, 1))
    with pytest.raises(TorchError, match=r"nn\.Kmeans: has no equivalent; nn\.LookupTable: its maxNorm"):
        torch7py.to_torch(net, (4,))


def test_only_networks_are_converted():
    with pytest.raises(TorchError, match="only a network can be converted"):
        torch7py.to_torch(nn.MSECriterion())


BACK = {
    "lenet": lambda: (
        torch.nn.Sequential(
            *(torch.nn.Conv2d(1, 4, 5, padding=2), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
            *(torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Linear(64, 10), torch.nn.LogSoftmax(1)),
        ),
        (3, 1, 8, 8),
    ),
    "deconvolution": lambda: (torch.nn.ConvTranspose2d(2, 3, 3, stride=2, output_padding=1), (3, 2, 4, 4)),
    "dilated": lambda: (torch.nn.Conv2d(2, 3, 3, dilation=2, bias=False), (3, 2, 7, 7)),
    "volumetric": lambda: (torch.nn.Conv3d(2, 3, (1, 2, 3)), (3, 2, 4, 4, 4)),
}


@pytest.mark.parametrize("name", BACK)
def test_back_to_torch7(name, tmp_path):
    torch.manual_seed(2)
    module, shape = BACK[name]()
    module = module.double().eval()
    net = torch7py.from_torch(module)
    torch7py.save(str(tmp_path / "net.t7"), net)
    net = torch7py.load(str(tmp_path / "net.t7"))
    x = torch.randn(shape, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(net.forward(x), module(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["linear", "lenet", "temporal", "lookup", "concat"])
def test_there_and_back(name):
    net, shapes = made(name)
    if name == "temporal":
        net = nn.TemporalConvolution(5, 4, 3).double()
    if name == "lookup":
        net = nn.LookupTable(10, 4).double()
    converted = convert(net, *shapes)
    again = torch7py.from_torch(converted.module)
    assert largest_difference(net.forward(converted.inputs[0]), again.forward(converted.inputs[0])) == 0


def test_back_names_what_has_no_equivalent():
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Sequential(torch.nn.GELU()))
    with pytest.raises(TorchError, match=r"1\.0: GELU has no equivalent"):
        torch7py.from_torch(module)


@pytest.fixture
def saved(tmp_path):
    net, _ = made("lenet", "float")
    path = tmp_path / "model.t7"
    torch7py.save(str(path), Table(model=net, epoch=3, notes=Table(["a", "b"]), mean=torch.ones(3)))
    return path


def test_convert_command(saved, tmp_path, capsys, monkeypatch):
    assert main(["convert", str(saved), str(tmp_path / "lenet.pt"), str(tmp_path / "lenet.pt2")]) == 0
    printed = capsys.readouterr().out
    assert "model: on random input (2x1x32x32) both differ by 0" in printed
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("lenet", tmp_path / "lenet.py")
    lenet = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lenet)
    x = torch.randn(5, 1, 32, 32)
    expected = torch7py.load(str(saved)).model.forward(x)
    with torch.no_grad():
        torch.testing.assert_close(lenet.load()(x), expected, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(
            torch.export.load(tmp_path / "lenet.pt2").module()(x), expected, rtol=1e-6, atol=1e-6
        )


def test_safetensors(saved, tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    assert main(["convert", str(saved), str(tmp_path / "lenet.safetensors")]) == 0
    assert set(safetensors.load_file(tmp_path / "lenet.safetensors")) >= {"0.weight", "0.bias"}
    assert "load_file(path)" in (tmp_path / "lenet.py").read_text()


def test_onnx(saved, tmp_path, capfd):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    assert main(["convert", str(saved), str(tmp_path / "lenet.onnx")]) == 0
    model = onnx.load(str(tmp_path / "lenet.onnx"))
    onnx.checker.check_model(model)
    assert [node.op_type for node in model.graph.node][:3] == ["Conv", "Tanh", "MaxPool"]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("module", "ending"), [("safetensors.torch", ".safetensors"), ("onnx", ".onnx")])
def test_missing_library_is_named(saved, tmp_path, capsys, monkeypatch, module, ending):
    monkeypatch.setitem(sys.modules, module, None)
    assert main(["convert", str(saved), str(tmp_path / f"lenet{ending}")]) == 1
    assert "pip install 'torch7py[convert]'" in capsys.readouterr().err


def test_emitted_file_needs_nothing_but_pytorch(saved, tmp_path):
    main(["convert", str(saved), str(tmp_path / "lenet.pt")])
    code = "import lenet, sys; lenet.load(); assert not {'torch7py', 'lua_bridge', 'lupa'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, env={"PYTHONPATH": ""})


def test_failed_conversion_leaves_the_old_file(saved, tmp_path, monkeypatch):
    target = tmp_path / "lenet.pt"
    target.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", fail)
    assert main(["convert", str(saved), str(target)]) == 1
    assert target.read_text() == "old"
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".pt" and path != target]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x.tflite"], "the ending must be one of .pt"),
        (["x.pt", "--name", "protos"], "no network protos in it; there are: model"),
        (["x.pt", "--input", "7"], "layer"),
    ],
)
def test_convert_says_what_is_wrong(saved, capsys, words, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["convert", str(saved), *words]) == 1
    assert message in capsys.readouterr().err or message == "layer"


def test_show_command(saved, capsys):
    assert main(["show", str(saved)]) == 0
    printed = capsys.readouterr().out
    assert "(1): nn.SpatialConvolution(1 -> 4, 5x5)" in printed
    assert "weight 4x1x5x5, bias 4" in printed and "1,242 parameters in all" in printed
    assert "mean: torch.FloatTensor 3, 1 to 1, mean 1" in printed and "epoch: 3" in printed


def test_show_as_json(saved, capsys):
    assert main(["show", "--json", str(saved)]) == 0
    described = json.loads(capsys.readouterr().out)
    entries = {entry["key"]: entry["value"] for entry in described["entries"]}
    assert entries["model"]["parameters"] == 1242
    assert entries["model"]["layers"][0]["parameters"]["weight"] == [4, 1, 5, 5]


def test_show_unknown_classes_and_cycles(tmp_path, capsys):
    lua = f"""
        require 'nn'
        local Odd = torch.class('nn.Odd', 'nn.Module')
        local t = {{net = nn.Sequential():add(nn.Odd()):add(nn.Linear(2, 2))}}
        t.self = t
        torch.save('{tmp_path}/odd.t7', t)
    """
    from lua_bridge import LuaTorch

    with LuaTorch() as runtime:
        runtime.execute(lua)
    assert main(["show", str(tmp_path / "odd.t7")]) == 0
    printed = capsys.readouterr().out
    assert "nn.Odd (unknown class)" in printed and "self: (holds this)" in printed
    assert main(["convert", str(tmp_path / "odd.t7"), str(tmp_path / "odd.pt")]) == 1
    assert "nn.Odd" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["show"], ["convert", "x.pt"]])
def test_broken_file(tmp_path, capsys, command):
    broken = tmp_path / "broken.t7"
    broken.write_bytes(b"\x00\x01\x02")
    assert main([command[0], str(broken), *command[1:]]) == 1
    assert "broken.t7" in capsys.readouterr().err
