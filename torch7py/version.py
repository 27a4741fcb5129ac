"""The version of torch7py, here alone."""

__version__ = "0.1.0"
