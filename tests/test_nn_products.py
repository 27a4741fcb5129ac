"""Large products of floats take another road than small ones: the numbers are the same."""

import pytest
import torch

from torch7py import nn
from torch7py.errors import TorchError


@pytest.mark.parametrize("bias", [True, False])
def test_a_large_linear_layer_agrees_with_doubles(bias):
    torch.manual_seed(1)
    large = nn.Linear(512, 384, bias).float()
    exact = large.clone().double()
    x, g = torch.randn(256, 512), torch.randn(256, 384)
    for net, input, gradient in ((large, x, g), (exact, x.double(), g.double())):
        net.zeroGradParameters()
        net.forward(input)
        for scale in (1, 0.5):
            net.backward(input, gradient, scale)
    for name in ("output", "gradInput", "gradWeight") + (("gradBias",) if bias else ()):
        torch.testing.assert_close(getattr(large, name).double(), getattr(exact, name), rtol=1e-4, atol=1e-4)


def test_output_and_gradient_stay_the_same_objects():
    net = nn.Linear(512, 384).float()
    output, gradient = net.output, net.gradInput
    for rows in (256, 4, 300):
        x = torch.randn(rows, 512)
        assert net.forward(x) is output and output.shape == (rows, 384)
        assert net.backward(x, output) is gradient and gradient.shape == x.shape


def test_a_large_input_of_the_wrong_size_is_refused():
    with pytest.raises(TorchError, match="size mismatch"):
        nn.Linear(512, 384).float().forward(torch.randn(256, 511))
