"""Build and installation of torch7py and its Lua bridge."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'^__version__ = "(.+)"', (ROOT / "torch7py/version.py").read_text("utf-8"), re.M).group(1)

PLOT = ["matplotlib>=3.6"]
IMAGE = ["Pillow>=9.0"]
HDF5 = ["h5py>=3.8"]
CONVERT = ["safetensors>=0.4", "onnx>=1.16", "onnxscript>=0.1"]

setup(
    name="torch7py",
    version=VERSION,
    description="Torch7 on modern PyTorch: runs Lua programs and .t7 models, and speaks its API in Python",
    long_description=(ROOT / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    author="the torch7py authors",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.10",
    packages=find_packages(include=["torch7py", "torch7py.*", "lua_bridge", "lua_bridge.*"]),
    package_data={"lua_bridge": ["lua/**/*.lua"], "torch7py": ["image/hopper.jpg"]},
    install_requires=["torch>=2.4", "numpy>=1.24", "lupa>=2.2"],
    extras_require={
        "plot": PLOT,
        "image": IMAGE,
        "hdf5": HDF5,
        "convert": CONVERT,
        "dev": ["pytest>=8", "ruff>=0.6", *PLOT, *IMAGE, *HDF5],
    },
    entry_points={
        "console_scripts": [
            "th = lua_bridge.cli:main",
            "torch7py = lua_bridge.commands:main",
        ],
        "pytest11": ["torch7py = lua_bridge.pytest_plugin"],
    },
    classifiers=[
        "Intended Audience :: Science/Research",
        "Programming Language :: Lua",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
