"""The exceptions that torch7py raises on bad input."""


class TorchError(RuntimeError):
    """Something that Torch7 would have stopped at with ``error(...)``.

    Lua sees the message only, preceded by the script's position.
    """


class ArgumentError(TorchError, TypeError):
    """A function was given arguments that fit none of its forms."""
