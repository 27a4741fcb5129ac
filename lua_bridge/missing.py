"""Packages of Torch7's time that are not here: why, and what to do instead."""

from __future__ import annotations

_CUDA = (
    "it is code for GPUs of that time, which can't be loaded here; packages cutorch, cunn and cudnn are here. Programs "
    "with a switch for it (-gpuid -1, -opencl false, -backend nn, ...) run without; else remove the require."
)
_PLAIN_LUA = (
    "it is plain Lua and may run here: put its files in a folder on LUA_PATH, for example by "
    "'luarocks --lua-version 5.1 --local install {}', or clone its repository there."
)
_DRAWS = "it drew in windows of its own, by libraries of that time. Remove it, or save images with image.save."
_C_CODE = "it is C code for the Lua of that time, which can't be loaded here. "
_MATLAB = _C_CODE + "In Python, scipy.io.loadmat reads .mat files, and torch7py.save makes .t7 files."
_VIDEO = _C_CODE + "Extract frames with the program ffmpeg, by os.execute, and load them with image.load."
_THREADS = _C_CODE + "Package threads runs jobs side by side."
_NOTEBOOK = "it was the kernel of a notebook. Run scripts with th; in Python notebooks, use torch7py itself."


def _all(names: str, reason: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


REASONS = {
    **_all("cunnx cltorch clnn nccl fbcunn ccn2 inn stn stnbhwd", _CUDA),
    **_all("torchnet dp dataload optnet unsup autograd inspect luaunit busted classic logroll md5 nninit", _PLAIN_LUA),
    **_all("qt qtide qttorch qtuiloader qtwidget qtsvg qtcore qtgui camera gfx", _DRAWS),
    **_all("fb lpeg re zlib lsqlite3 lmdb struct rings curl cURL ssl zmq redis svm xsvm", _C_CODE),
    **_all("mattorch matio", _MATLAB),
    **_all("ffmpeg video", _VIDEO),
    **_all("async parallel ipc", _THREADS),
    **_all("iTorch itorch", _NOTEBOOK),
    "pl": "of Penlight, only what Torch7's programs use comes with torch7py. Install Penlight itself (lua-penlight in "
    "Debian and Ubuntu, 'luarocks --lua-version 5.1 --local install penlight'): it is found before that.",
    "audio": _C_CODE + "In Python, torchaudio reads sound files, and torch7py.save makes .t7 files.",
    "cwrap": "it made Torch7's C code when that was built; programs do not use it.",
    "graphicsmagick": _C_CODE + "Package image loads, scales and saves images.",
    "loadcaffe": _C_CODE + "Convert the Caffe model to .t7 where loadcaffe runs.",
    "mnist": "it brought its data in .t7 files, which torch.load reads. In Python, torchvision.datasets.MNIST has the "
    "data, and torch7py.save makes .t7 files.",
    "warp_ctc": "nn.CTCCriterion of package nnx is here, and does without it.",
    "posix": _C_CODE + "Packages lfs, paths and sys, and io.popen, do much of the same.",
}


def reason(name: str) -> str | None:
    """Why a package that was not found can't be had, or how; None if nothing is known of it."""
    known = REASONS.get(name) or REASONS.get(name.partition(".")[0])
    return known and f"{name}: {known.format(name)}"
