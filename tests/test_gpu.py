"""On a GPU: every module, criterion and optimiser, and the recorded corpus, give what they give on the CPU."""

import re

import pytest
import torch

from tests import (
    test_cudnn,
    test_nn_convolution,
    test_nn_criterions,
    test_nn_gradients,
    test_nn_rest,
    test_nnx,
    test_optim_steps,
    test_rnn_gradients,
)
from tests.conformance import corpus
from tests.gradcheck import leaves, weights_for
from tests.test_nn_gradients import x
from torch7py import nn, optim, random, serialization
from torch7py.table import Table

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU, and none is here")


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    """The same random numbers for each test, and convolutions in all bits of a float."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    random.manualSeed(1)


def converted(nest, typename: str):
    """A copy of a nest, its tensors of that type; what is no nest as it is."""
    if not isinstance(nest, (Table, torch.Tensor)):
        return nest
    return nn.utils.recursiveType(nn.utils.recursiveCopy(None, nest)[0], typename)


def close(found, expected) -> None:
    """Assert that two nests agree, the first of them on the GPU."""
    for one, other in zip(leaves(found), leaves(expected), strict=True):
        assert one.is_cuda
        torch.testing.assert_close(one.cpu(), other, rtol=1e-3, atol=1e-4, check_dtype=False)


def unpooled(pooling, unpooling):
    return nn.Sequential().add(pooling).add(unpooling(pooling))


TABLES = {
    "nn": test_nn_gradients.MODULES | test_nn_convolution.MODULES | test_nn_rest.MODULES | test_nn_rest.ONCE,
    "cudnn": test_cudnn.MODULES,
}
MODULES = {
    f"{package}.{name} {number}": (case[0], input)
    for package, table in TABLES.items()
    for name, case in table.items()
    for number, input in enumerate(case[1:], 1)
    if "Unpooling" not in name
}
MODULES |= {name: (make, input) for name, make, input in test_rnn_gradients.CASES}
MODULES |= {name: (make, x(4, 2, 3)) for name, make in test_rnn_gradients.LAYERS.items()}
MODULES |= {name: (lambda case=case: case()[0], case()[1]) for name, case in test_nnx.MODULES.items()}
MODULES |= {
    "SpatialMaxUnpooling": (lambda: unpooled(nn.SpatialMaxPooling(2, 2), nn.SpatialMaxUnpooling), x(2, 2, 4, 6)),
    "VolumetricMaxUnpooling": (
        lambda: unpooled(nn.VolumetricMaxPooling(2, 2, 2), nn.VolumetricMaxUnpooling),
        x(2, 2, 2, 4, 6),
    ),
}


def run(module, input, typename: str) -> Table:
    """Output, gradients by input and parameters, and the parameters after a step; as that type."""
    module.type(typename)
    input = converted(input, typename)
    module.zeroGradParameters()
    random.manualSeed(7)
    output = module.forward(input)
    results = [output, module.backward(input, converted(weights_for(output), typename))]
    parameters, gradients = (Table(tensors or ()) for tensors in module.parameters())
    results += [gradients, parameters]
    module.updateParameters(0.1)
    return converted(Table(results), typename)


@pytest.mark.parametrize("name", MODULES)
def test_modules(name):
    make, input = MODULES[name]
    module = make()
    twin = module.clone()
    close(run(module, input, "torch.CudaTensor"), run(twin, input, "torch.FloatTensor"))


@pytest.mark.parametrize(
    "name", ["nn.a network 1", "cudnn.SpatialConvolution 1", "FastLSTM", "nn.BatchNormalization 1"]
)
def test_clones_files_and_flat_parameters(name):
    make, input = MODULES[name]
    module = make().cuda()
    input = converted(input, "torch.CudaTensor")
    expected = nn.utils.recursiveCopy(None, module.forward(input))[0]
    parameters, gradients = module.getParameters()
    assert parameters.is_cuda and gradients.is_cuda and parameters.shape == gradients.shape
    for other in (module.clone(), serialization.deserialize(serialization.serialize(module)), module.clearState()):
        module.zeroGradParameters()
        assert other.type() == "torch.CudaTensor"
        close(other.forward(input), converted(expected, "torch.FloatTensor"))


CRITERIONS = {**test_nn_criterions.CASES, **test_nn_rest.CRITERIONS, **test_rnn_gradients.CRITERIONS}


@pytest.mark.parametrize("name", CRITERIONS)
def test_criterions(name):
    make, input, target = CRITERIONS[name]
    results = []
    for typename in ("torch.FloatTensor", "torch.CudaTensor"):
        criterion = make()
        getattr(criterion, "module", criterion).type(typename)
        random.manualSeed(7)
        pair = converted(input, typename), converted(target, typename)
        loss = criterion.forward(*pair)
        results.append((loss[0] if isinstance(loss, tuple) else loss, criterion.backward(*pair)))
    assert results[1][0] == pytest.approx(results[0][0], rel=1e-4)
    close(results[1][1], results[0][1])


STEPS = {name: (step, config) for name, (step, config, _) in test_optim_steps.SAME.items()}
STEPS |= {name: (getattr(optim, name), {}) for name in ("asgd", "nag", "cg", "lbfgs", "cmaes", "de")}
STEPS["lbfgs with a line search"] = (optim.lbfgs, dict(lineSearch=optim.lswolfe))
STEPS["cmaes"] = (optim.cmaes, dict(sigma=0.5, maxEval=40))
STEPS["de"] = (optim.de, dict(maxFEs=60, scaleFactor=0.5, crossoverRate=0.9))


@pytest.mark.parametrize("name", STEPS)
def test_optimisers(name):
    step, config = STEPS[name]
    ends = []
    for device in ("cuda", "cpu"):
        random.manualSeed(1)
        point, state = torch.tensor([1.0, -2, 0.5, 3]).to(device), Table(**config)
        pull = torch.tensor([1.0, 2, 3, 4]).to(device)
        for _ in range(3):
            found = step(lambda y, pull=pull: (0.5 * (pull * y * y).sum().item(), pull * y), point, state)[0]
        ends.append(Table([point, found]))
    close(*ends)


# The corpus, its programs said in the types of a GPU

_KINDS = "Byte|Char|Short|Int|Long|Half|Float|Double"
# of these CUDA has none: matrices and vectors of integers multiplied, C's pointers to elements, strings of bytes, and
# conversions of modules to further types
NOT_ON_A_GPU = {
    "maths/dot",
    "maths/addmm/int",
    "storage/string",
    "storage/string-byte",
    "ffi/data-float",
    "ffi/data-number",
    "nn/Copy/dontCast",
    "nngraph/float-double-round-trip",
}


def in_cuda(source: str) -> str:
    """A program with the tensors of a GPU in place of the CPU's; LongStorages stay, which are mostly sizes."""
    source = re.sub(rf"torch\.({_KINDS})(Tensor\b|(?<!Long)Storage\b)", r"torch.Cuda\1\2", source)
    source = re.sub(rf":({_KINDS.lower()})\(\)", lambda found: f":cuda{found[1].title()}()", source)
    return source.replace("CudaFloat", "Cuda").replace(":cudaFloat()", ":cuda()")


def of_the_cpu(value):
    """A value in the corpus's notation, with the CPU's names for types."""
    if isinstance(value, dict):
        return {key: of_the_cpu(item) for key, item in value.items()}
    if isinstance(value, list):
        return [of_the_cpu(item) for item in value]
    if isinstance(value, str):
        return re.sub(r"torch\.Cuda(?=\w+(Tensor|Storage))", "torch.", value).replace("torch.Cuda", "torch.Float")
    return value


@pytest.mark.parametrize("group", sorted(set(corpus.groups()) - {"packages", "system"}))
def test_corpus(group, monkeypatch):
    encode, failure = corpus.encode, corpus.failure
    monkeypatch.setattr(corpus, "encode", lambda value: of_the_cpu(encode(value)))
    preamble = "require 'cunn' torch.setdefaulttensortype('torch.CudaDoubleTensor')"
    monkeypatch.setattr(corpus, "PREAMBLE", f"{preamble} torch.manualSeed(1234)")
    in_floats = {case.name: case.tolerance() for case in corpus.cases(group)}
    monkeypatch.setattr(corpus.Case, "tolerance", lambda case: in_floats[case.name])
    monkeypatch.setattr(corpus, "failure", lambda case: failure(case._replace(source=in_cuda(case.source))))
    failures = [f"{name}: {what}" for name, what in corpus.Score(group).failures if name not in NOT_ON_A_GPU]
    assert not failures, "\n".join(failures)
