"""What every module does: parameters, copies, types, modes, trees, text, errors."""

import pytest
import torch

from tests.test_nn_gradients import sequence, x
from torch7py import nn, random
from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor import handle, registry


@pytest.fixture(autouse=True)
def seeded():
    random.manualSeed(1234)


def network():
    return sequence(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def same_storage(a, b):
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


# The values are those of the original after torch.manualSeed(1234).
def test_linear_draws_the_original_weights():
    layer = nn.Linear(4, 3)
    assert layer.weight[0].tolist() == [
        -0.3084805498365313, -0.0023363337386399508, 0.12210876634344459, 0.3178384427446872,
    ]  # fmt: skip


def test_linear_with_numbers():
    layer = nn.Linear(2, 2)
    layer.weight.copy_(torch.tensor([[1, 2], [3, 4]]))
    layer.bias.copy_(torch.tensor([10, 20]))
    assert layer.forward(torch.tensor([1, 1]).double()).tolist() == [13, 27]
    assert layer.noBias().forward(torch.tensor([[1, 1], [0, 2]]).double()).tolist() == [[3, 7], [4, 8]]
    assert "bias" not in vars(layer) and layer.bias is None


@pytest.mark.parametrize("make", [nn.Tanh, nn.ReLU, nn.LogSoftMax, lambda: nn.Linear(3, 2), lambda: nn.View(3)])
def test_output_and_gradient_keep_their_tensors(make):
    module = make()
    output = module.forward(x(2, 3))
    gradient = module.backward(x(2, 3), torch.ones_like(output))
    for count in (5, 1, 2):
        assert module.forward(x(count, 3)) is output is module.output
        assert module.backward(x(count, 3), torch.ones_like(output)) is gradient is module.gradInput
        assert gradient.shape == (count, 3)


def test_no_warning_when_sizes_change(recwarn):
    net = sequence(nn.Linear(3, 2), nn.ReLU(), nn.LogSoftMax())
    for count in (2, 5, 1):
        net.forward(x(count, 3))
        net.backward(x(count, 3), x(count, 2))
    net.forward(x(3))
    net.backward(x(3), x(2))
    assert not recwarn.list


def test_get_parameters_are_one_vector_that_modules_see():
    net = network()
    before = torch.cat([tensor.flatten() for tensor in net.parameters()[0]])
    flat, gradient = net.getParameters()
    assert torch.equal(flat, before) and gradient.shape == flat.shape == (26,)
    flat.fill_(0.5)
    assert net.get(3).bias.tolist() == [0.5, 0.5]
    net.get(1).gradWeight.fill_(3)
    assert gradient[:12].eq(3).all()


def test_shared_parameters_stay_shared():
    first = nn.Linear(2, 2)
    second = first.clone("weight", "gradWeight", "bias", "gradBias")
    net = sequence(first, second, nn.Linear(2, 1))
    flat, _ = net.getParameters()
    assert flat.numel() == 9
    second.weight.fill_(3)
    assert first.weight.eq(3).all() and flat[:4].eq(3).all()
    net.float()
    second.weight.fill_(4)
    assert first.weight.dtype is torch.float32 and first.weight.eq(4).all()


def test_sharing_weights_without_gradients_is_an_error():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.share(first, "weight", "bias")
    with pytest.raises(TorchError, match="sharing parameters and gradParameters"):
        sequence(first, second).getParameters()


def test_flatten_leaves_out_what_no_parameter_covers():
    memory = torch.arange(10.0)
    parameter = memory[2:6].view(2, 2)
    other = torch.tensor([7.0])
    flat = nn.Module.flatten([parameter, other])
    assert flat.tolist() == [2, 3, 4, 5, 7]
    flat.zero_()
    assert parameter.sum() == 0 and memory[2] == 2


def test_clone_is_deep():
    net = network()
    net.note = Table(["a", Table([x(2)])])
    twin = net.clone()
    net.get(1).weight.zero_()
    net.note[2][1].zero_()
    assert type(twin) is nn.Sequential and twin.get(1).weight.abs().sum() > 0
    assert twin.note[1] == "a" and twin.note[2][1].abs().sum() > 0
    assert twin.forward(x(3)).shape == (2,)


def test_clone_keeps_what_was_one_thing():
    shared = nn.Linear(2, 2)
    net = sequence(shared, nn.Tanh(), shared)
    net.getParameters()
    twin = net.clone()
    assert twin.get(1) is twin.get(3) is not shared
    assert same_storage(twin.get(1).weight, twin.get(1).bias)


def test_clone_with_shared_fields():
    layer = nn.Linear(3, 2)
    twin = layer.clone("weight")
    layer.weight.fill_(0.5)
    layer.bias.fill_(9)
    assert twin.weight.eq(0.5).all() and not twin.bias.eq(9).any() and twin.shared and layer.shared


def test_type():
    net = network()
    assert net.type() == "torch.DoubleTensor"
    assert net.float() is net and net.type() == "torch.FloatTensor" and net.get(2).type() == "torch.FloatTensor"
    assert {tensor.dtype for tensor in net.parameters()[0]} == {torch.float32}
    assert net.forward(x(3).float()).dtype is torch.float32
    with pytest.raises(TorchError, match="torch.FloatTensor expected, got torch.DoubleTensor"):
        net.forward(x(3))
    with pytest.raises(TorchError, match="unknown tensor type"):
        net.type("torch.NoTensor")


def test_tensor_cache_keeps_sharing_between_networks():
    first, second, cache = nn.Linear(2, 2), nn.Linear(2, 2), Table()
    second.weight.set_(first.weight)
    first.type("torch.FloatTensor", cache)
    second.type("torch.FloatTensor", cache)
    assert same_storage(first.weight, second.weight)


def test_update_and_backward_update_agree():
    for plain, fused in [(nn.Linear(3, 2), None), (nn.SpatialConvolution(1, 2, 2, 2), None)]:
        fused = plain.clone()
        input = x(4, 3) if isinstance(plain, nn.Linear) else x(2, 1, 3, 3)
        gradient = torch.ones_like(plain.forward(input))
        fused.forward(input)
        plain.zeroGradParameters()
        plain.backward(input, gradient)
        plain.updateParameters(0.25)
        fused.backwardUpdate(input, gradient, 0.25)
        torch.testing.assert_close(fused.weight, plain.weight)
        torch.testing.assert_close(fused.bias, plain.bias)


def test_overridden_methods_are_called():
    class Half(nn.Linear):
        def reset(self, stdv=None):
            self.weight.fill_(0.5)
            self.bias.fill_(0)

        def accGradParameters(self, input, gradOutput, scale=1):
            self.calls = getattr(self, "calls", 0) + 1

    layer = Half(2, 1)
    net = sequence(layer)
    net.forward(x(2))
    net.backward(x(2), x(1))
    assert layer.weight.eq(0.5).all() and layer.calls == 1


def test_an_instance_can_be_frozen():
    layer = nn.Linear(3, 2)
    net = sequence(layer, nn.Tanh())
    net.zeroGradParameters()
    layer.accGradParameters = lambda input, gradOutput, scale=1: None
    net.forward(x(4, 3))
    assert net.backward(x(4, 3), x(4, 2)).shape == (4, 3)
    assert layer.gradWeight.abs().sum() == 0


def test_no_gradient_for_the_input_where_none_is_wanted():
    for layer, input in ((nn.Linear(3, 2), x(4, 3)), (nn.SpatialConvolution(1, 2, 2, 2), x(1, 3, 3))):
        del layer.gradInput
        layer.zeroGradParameters()
        output = layer.forward(input)
        assert layer.backward(input, torch.ones_like(output)) is None
        assert layer.gradBias.abs().sum() > 0


def test_update_grad_input_may_return_nothing():
    class Silent(nn.Tanh):
        def updateGradInput(self, input, gradOutput):
            nn.Tanh.updateGradInput(self, input, gradOutput)

    net = sequence(Silent())
    net.forward(x(3))
    assert net.backward(x(3), x(3)) is net.get(1).gradInput


def test_insert_and_remove():
    net = network()
    net.insert(nn.MulConstant(2), 2)
    net.insert(nn.Identity())
    names = [type(module).__typename__ for module in net.modules]
    assert names == ["nn.Linear", "nn.MulConstant", "nn.Tanh", "nn.Linear", "nn.Identity"]
    net.remove(2)
    net.remove()
    assert net.size() == len(net) == 3 and net.output is net.get(3).output
    with pytest.raises(TorchError, match="index out of range"):
        net.remove(4)
    with pytest.raises(TorchError, match="contiguous"):
        net.insert(nn.Tanh(), 5)


def test_tree():
    inner = network()
    net = sequence(inner, nn.Linear(2, 2))
    seen = []
    net.apply(lambda module: seen.append(type(module).__typename__))
    listed = [type(module).__typename__ for module in net.listModules()]
    assert seen == listed == ["nn.Sequential"] * 2 + ["nn.Linear", "nn.Tanh", "nn.Linear", "nn.Linear"]
    nodes, containers = net.findModules("nn.Linear")
    assert len(nodes) == 3 and containers[1] is inner and containers[3] is net
    net.replace(lambda module: nn.ReLU() if isinstance(module, nn.Tanh) else module)
    assert type(inner.get(2)) is nn.ReLU


def test_modes_reach_every_module():
    net = sequence(nn.Dropout(), nn.ConcatTable().add(nn.Dropout()))
    assert net.train is None
    net.evaluate()
    assert net.get(2).get(1).train is False
    net.training()
    assert net.train is True and net.get(1).train is True


def test_clear_state_frees_memory_and_keeps_parameters():
    net = network()
    output = net.forward(x(2, 3)).clone()
    assert net.clearState() is net
    assert net.output.numel() == 0 and net.get(1).output.numel() == 0
    assert torch.equal(net.forward(x(2, 3)), output)


def test_text():
    branches = nn.ConcatTable().add(network()).add(nn.Identity())
    assert str(sequence(branches, nn.SpatialConvolution(1, 2, 3, 3, 2, 2, 1, 1))) == (
        "nn.Sequential {\n"
        "  [input -> (1) -> (2) -> output]\n"
        "  (1): nn.ConcatTable {\n"
        "    input\n"
        "      |`-> (1): nn.Sequential {\n"
        "      |      [input -> (1) -> (2) -> (3) -> output]\n"
        "      |      (1): nn.Linear(3 -> 4)\n"
        "      |      (2): nn.Tanh\n"
        "      |      (3): nn.Linear(4 -> 2)\n"
        "      |    }\n"
        "       `-> (2): nn.Identity\n"
        "       ... -> output\n"
        "  }\n"
        "  (2): nn.SpatialConvolution(1 -> 2, 3x3, 2,2, 1,1)\n"
        "}"
    )


def test_errors_name_the_way_to_the_module():
    net = sequence(nn.Identity(), sequence(nn.Tanh(), nn.Linear(3, 2)))
    with pytest.raises(TorchError) as caught:
        net.forward(x(2, 4))
    lines = str(caught.value).splitlines()
    assert lines[1:3] == ["In 2 module of nn.Sequential:", "In 2 module of nn.Sequential:"]
    assert lines[3].endswith("size mismatch, m1: [2 x 4], m2: [3 x 2]")
    assert isinstance(caught.value.__cause__, TorchError)

    tables = nn.ParallelTable().add(nn.Identity()).add(nn.View(3))
    with pytest.raises(TorchError, match=r"In 2 module of nn.ParallelTable:\n.*input view \(2x4\)"):
        tables.forward(Table([x(2), x(2, 4)]))


@pytest.mark.parametrize(
    ("module", "input", "message"),
    [
        (nn.Linear(3, 2), x(4), r"size mismatch, \[2 x 3\], \[4\]"),
        (nn.Linear(3, 2), x(2, 2, 3), "vector or matrix"),
        (nn.Linear(3, 2), Table([x(3)]), "torch.DoubleTensor expected, got table"),
        (nn.Tanh(), torch.tensor([1, 2]), "torch.DoubleTensor expected, got torch.LongTensor"),
        (nn.View(3), x(2, 4), r"input view \(2x4\) and desired view \(3\) do not match"),
        (nn.SpatialConvolution(1, 1, 2, 2), x(4, 4), "3D or 4D input tensor expected"),
        (nn.LookupTable(3, 2), torch.tensor([1, 4]), "indices must be from 1 to 3"),
        (nn.BatchNormalization(3), x(2, 4), "got 4-feature tensor, expected 3"),
    ],
)
def test_wrong_inputs(module, input, message):
    with pytest.raises(TorchError, match=message):
        module.forward(input)


def test_handles_in_handles_out():
    net = network()
    assert isinstance(net.forward(x(3)), torch.Tensor)
    given = handle.wrap(x(3))
    output = net.forward(given)
    assert isinstance(output, handle.Tensor) and output.tensor is net.output
    assert isinstance(net.backward(given, handle.wrap(x(2))), handle.Tensor)
    assert nn.MSECriterion().forward(output, handle.wrap(x(2))) >= 0
    pair = nn.Identity().forward(Table([given, given]))
    assert isinstance(pair[1], handle.Tensor)


def test_inputs_watched_by_autograd_are_let_in():
    watched = x(3).requires_grad_()
    assert not network().forward(watched).requires_grad
    assert nn.MSECriterion().forward(watched, x(3)) == 0


def test_default_type_of_new_modules():
    set_default = registry.functions["setdefaulttensortype"]
    set_default("torch.FloatTensor")
    try:
        layer = nn.Linear(2, 2)
    finally:
        set_default("torch.DoubleTensor")
    assert layer.weight.dtype is layer.output.dtype is torch.float32 and layer.type() == "torch.FloatTensor"


def test_relu_and_max_pooling_pass_over_nan():
    nan = float("nan")
    assert nn.ReLU().forward(torch.tensor([nan, -1, 2]).double()).tolist() == [0, 0, 2]
    pool = nn.SpatialMaxPooling(2, 2)
    assert pool.forward(torch.tensor([[[nan, 1], [3, 2]]]).double()).item() == 3
    assert pool.indices.tolist() == [[[3]]]


def test_in_place_modules_share_memory_with_their_input():
    input = x(6)
    for module in (nn.ReLU(True), nn.Dropout(0.5, False, True), nn.MulConstant(2, True), nn.HardTanh(-1, 1, True)):
        values = input.clone()
        assert same_storage(module.forward(values), values)
        gradient = x(6)
        assert same_storage(module.backward(values, gradient), gradient)


def test_dropout_in_test_mode_and_with_old_scaling():
    layer = nn.Dropout(0.25, True)
    assert set(layer.forward(torch.ones(50).double()).tolist()) == {0, 1}
    layer.evaluate()
    assert layer.forward(torch.ones(2).double()).tolist() == [0.75, 0.75]


def test_batch_normalization_keeps_running_statistics():
    layer = nn.BatchNormalization(1, 0, 0.5, False)
    layer.forward(torch.tensor([[1.0], [3]]).double())
    assert layer.running_mean.tolist() == [1] and layer.running_var.tolist() == [1.5]
    layer.evaluate()
    assert layer.forward(torch.tensor([[1.0]]).double()).tolist() == [[0]]


def test_training_learns_xor():
    net, criterion = sequence(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)), nn.MSECriterion()
    input = torch.tensor([[-1, -1], [-1, 1], [1, -1], [1, 1]]).double()
    target = torch.tensor([[-1], [1], [1], [-1]]).double()
    for _ in range(300):
        net.zeroGradParameters()
        loss = criterion.forward(net.forward(input), target)
        net.backward(input, criterion.backward(net.output, target))
        net.updateParameters(0.2)
    assert loss < 0.01


def test_networks_go_through_files():
    from torch7py import serialization

    net = sequence(nn.SpatialConvolution(1, 2, 2, 2), nn.ReLU(), nn.View(8), nn.Linear(8, 2), nn.Dropout())
    net.getParameters()
    twin = serialization.deserialize(serialization.serialize(net))
    twin.evaluate()
    net.evaluate()
    assert torch.equal(twin.forward(x(1, 3, 3)), net.forward(x(1, 3, 3)))
    assert str(twin) == str(net) and same_storage(twin.get(1).weight, twin.get(4).bias)
