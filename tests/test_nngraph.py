"""Networks made of nodes, from Python and from Lua."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import torch7py
from lua_bridge import LuaError, LuaTorch
from tests.gradcheck import check_module
from torch7py import nn, nngraph
from torch7py.errors import TorchError
from torch7py.table import Table

ROOT = Path(__file__).parent.parent
X = torch.tensor([0.3, -0.4, 0.9], dtype=torch.float64)


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.require("nngraph")
        yield runtime


def forked():
    """x -> Linear -> (Tanh, Sigmoid) -> product, and the Linear's output as a second output."""
    x = nn.Identity()()
    hidden = nn.Linear(3, 4)(x).annotate(name="hidden")
    product = nn.CMulTable()([nn.Tanh()(hidden), nn.Sigmoid()(hidden)])
    return nngraph.gModule([x], [product, hidden])


def split():
    """{x, {c, h}} -> x * c + h, with the pair split up."""
    x, pair = nn.Identity()(), nn.Identity()()
    c, h = pair.split(2)
    return nngraph.gModule([x, pair], [nn.CAddTable()([nn.CMulTable()([x, c]), h])])


def test_gradients():
    check_module(forked(), X.clone())
    check_module(forked(), torch.stack([X, X * 2]))
    check_module(split(), Table([X.clone(), Table([X * 2, X - 1])]))


def test_a_network_in_a_network():
    x = nn.Identity()()
    product, hidden = forked()(x).split(2)
    check_module(nngraph.gModule([x], [nn.Linear(8, 2)(nn.JoinTable(1, 1)([hidden, product]))]), X.clone())


def test_calls_and_signs_are_the_same():
    assert isinstance(nn.Tanh()(), nngraph.Node)
    start = -nn.Identity()
    one = nngraph.gModule([start], [start - nn.Linear(3, 2) - nn.Tanh()])
    assert [type(module).__typename__ for module in one.modules] == ["nn.Identity", "nn.Linear", "nn.Tanh"]
    a, b = -nn.Identity(), -nn.Identity()
    product = nngraph.gModule([a, b], [[a, b] - nn.CMulTable()])
    assert product.forward(Table([X, X])).equal(X * X)


def test_a_call_with_tensors_computes():
    assert nn.Tanh()(X).equal(X.tanh())
    assert nn.CAddTable()(Table([X, X])).equal(X + X)
    loss, gradient = nn.MSECriterion()(X, X + 1)
    assert loss == pytest.approx(1) and gradient.shape == X.shape


def test_a_program_sees_what_went_through():
    net = forked()
    net.zeroGradParameters()
    net.forward(X)
    gradient = torch.ones(4, dtype=torch.float64)
    net.backward(X, Table([gradient, gradient]))
    node = next(node for node in net.forwardnodes if node.data["annotations"]["name"] == "hidden")
    assert node.data["input"][1] is X and len(node.data["gradOutput"]) == 3
    assert torch.allclose(node.data["module"].gradBias, sum(node.data["gradOutput"]))
    assert net.output[2] is node.data["module"].output
    net.forward(X * 2)
    assert node.data["input"][1].equal(X * 2)
    net.clearState()
    assert node.data["input"] is None and node.data["gradOutput"] is None
    assert net.forward(X)[2].equal(node.data["module"].output)


def test_a_program_replaces_a_module():
    net = forked()
    net.forward(X)
    for node in net.forwardnodes:
        if isinstance(node.data["module"], nn.Tanh):
            node.data["module"] = nn.Identity()
    product, hidden = net.forward(X)
    assert product.equal(hidden * hidden.sigmoid())


def test_types_and_copies():
    net = forked()
    expected = [tensor.clone() for tensor in net.forward(X)]
    net.backward(X, net.output)
    for twin in (net.clone(), torch7py.deserialize(torch7py.serialize(net)), net.double()):
        assert [tensor.tolist() for tensor in twin.forward(X)] == [tensor.tolist() for tensor in expected]
    net.float()
    assert net.innode.data["input"][1].dtype is torch.float32
    assert torch.allclose(net.forward(X.float())[1].double(), expected[0], atol=1e-6)
    net.backward(X.float(), net.output)
    assert net.innode.data["gradOutput"][1] is net.gradInput
    shared = net.clone("weight", "bias")
    net.modules[2].bias.fill_(3)
    assert shared.modules[2].bias[0] == 3


def test_a_deep_network_costs_no_depth():
    start = node = nn.Identity()()
    for _ in range(600):
        node = nn.MulConstant(1)(node)
    net = nngraph.gModule([start], [node])
    assert net.forward(X).equal(X) and net.backward(X, X).equal(X)
    assert net.clone().forward(X).equal(X)
    with LuaTorch() as lua:
        lua.require("nngraph")
        seen = "local net = ... ; local n = 0; for _, node in ipairs(net.forwardnodes) do n = n + #node.data.input end"
        assert lua.execute(seen + " return n", net) == 603


def test_gradients_of_nests_add_up():
    x = nn.Identity()()
    net = nngraph.gModule([x], [nn.Identity()(x), nn.Identity()(x), nn.Identity()(x)])
    nest = Table([X, Table([X, X * 2])])
    net.forward(nest)
    gradient = net.backward(nest, Table([nest, nest, nest]))
    assert gradient[1].equal(X * 3) and torch.allclose(gradient[2][2], X * 6)
    shorter = Table([X[:2], Table([X])])
    net.forward(shorter)
    gradient = net.backward(shorter, Table([shorter, shorter, shorter]))
    assert gradient[1].equal(X[:2] * 3) and len(gradient[2]) == 1


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: nn.Tanh()(None), r"inputs\[1\] is nil"),
        (lambda: nn.Tanh()([]), "empty table of inputs"),
        (lambda: nn.Tanh()(nn.Tanh()), "second set of parens"),
        (lambda: nn.Tanh()(nn.Tanh()(), nn.Tanh()()), "Use {input1, input2}"),
        (lambda: (lambda x: nn.CAddTable()([x, x]))(nn.Identity()()), "same input twice"),
        (lambda: nngraph.gModule([], [nn.Tanh()()]), "no inputs"),
        (lambda: nngraph.gModule([nn.Tanh()()], [None, nn.Tanh()()]), r"outputs\[1\] is nil"),
        (lambda: (lambda x: (nn.Tanh()(x), nngraph.gModule([x], [nn.Abs()(x)])))(-nn.Identity()), "does not connect"),
        (lambda: (lambda x: nngraph.gModule([x], [x.split(2)[0]]))(-nn.Identity()), r"1 of split\(2\) outputs"),
    ],
)
def test_what_does_not_fit_is_said_when_the_graph_is_built(build, message):
    with pytest.raises(TorchError, match=message):
        build()


def test_errors_name_the_node():
    net = forked()
    with pytest.raises(TorchError) as caught:
        net.forward(torch.ones(5, dtype=torch.float64))
    assert "size mismatch, [4 x 3], [5]\nin hidden (" in str(caught.value)
    assert "nn.Linear(3 -> 4)" in str(caught.value) and "test_nngraph.py]:" in str(caught.value)
    with pytest.raises(TorchError, match="Got 1 gradOutputs instead of 2"):
        net.forward(X)
        net.backward(X, Table([X]))


def test_a_drawing_of_the_fault(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    net = forked()
    net.name = "faulty"
    nngraph.setDebug(True)
    try:
        with pytest.raises(TorchError):
            net.forward(torch.ones(5, dtype=torch.float64))
    finally:
        nngraph.setDebug(False)
    text = (tmp_path / "faulty.dot").read_text()
    place = text.index("fillcolor=red")
    red = text[text.rindex("\n", 0, place) + 1 : text.index("[", place - 40)]
    assert f'{red}[label="hidden' in text
    assert "saving faulty.svg" in capsys.readouterr().err


def test_nodes_named_after_variables():
    first = nn.Identity()()
    second = nn.Tanh()(first).annotate(name="kept")
    nngraph.annotateNodes()
    assert first.data["annotations"]["name"] == "first" and second.data["annotations"]["name"] == "kept"
    text = nngraph.simple_print.todot(nngraph.gModule([first], [second]).fg)
    assert text.count("label=") == 1 and "nn.Tanh" in text


def test_lua_sees_and_changes_nodes(lua):
    assert lua.execute("""
        local x = nn.Identity()()
        local y = nn.Linear(2, 2)(x)
        nngraph.annotateNodes()
        local net = nn.gModule({x}, {nn.Tanh()(y)})
        local input = torch.ones(2)
        local before = net:forward(input):clone()
        local found
        for _, node in ipairs(net.forwardnodes) do
           if node.data.annotations.name == 'y' then found = node end
        end
        found.data.module.bias:zero()
        net:forward(input * 2)
        local seen = found.data.input[1][1]
        found.data.module = nn.MulConstant(3)
        net:backward(input, net:forward(input))
        return before:size(1), seen, net.output[1] == math.tanh(3), #found.data.gradOutput
    """) == (2, 2, True, 1)


def test_a_call_in_lua_never_computes(lua):
    with pytest.raises(LuaError, match=r"inputs\[1\] should be an nngraph.Node but is of type torch.DoubleTensor"):
        lua.execute("nn.Tanh()(torch.ones(2))")
    label = lua.execute("local n = nn.Tanh()()\nreturn n.data.annotations._debugLabel")
    assert label == "[<python>]:1_"


def test_an_error_object_of_a_lua_module_stays_one(lua):
    assert lua.execute("""
        local module = nn.Module()
        function module:updateOutput() error({code = 3}) end
        local x = nn.Identity()()
        local ok, value = pcall(function() nn.gModule({x}, {module(x)}):forward(torch.ones(1)) end)
        return ok, value.code
    """) == (False, 3)


def test_a_criterion_as_node():
    prediction, target = nn.Identity()(), nn.Identity()()
    net = nngraph.gModule([prediction, target], [nn.MSECriterion()([prediction, target])])
    assert net.forward(Table([X, X + 2])).item() == pytest.approx(4)
    gradients = net.backward(Table([X, X + 2]), torch.tensor([0.5], dtype=torch.float64))
    assert torch.allclose(gradients[1], torch.full_like(X, -2 / 3)) and gradients[2].abs().sum() == 0


def test_file_is_loaded_without_asking_for_the_package(tmp_path):
    """The packages of a file's classes are found by its type names."""
    x = nn.Identity()()
    net = nngraph.gModule([x], [nn.Tanh()(nn.Linear(2, 2)(x))])
    path = str(tmp_path / "net.t7")
    torch7py.save(path, net)
    code = f"""import torch7py
net = torch7py.load({path!r})
print(type(net).__name__, len(net.forward(torch7py.ones(2))))"""
    ran = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert ran.stdout.split() == ["gModule", "2"], ran.stderr
