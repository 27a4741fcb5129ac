"""The recorded corpus: what the original Torch7 returned for some thousand short Lua chunks, and who agrees.

Each line of a ``.jsonl`` file is one case: ``name``, ``packages`` to require, ``source`` (a Lua chunk) and what the
original did, ``returns`` or ``error``. ``python -m tests.conformance [GROUP...] [-k TEXT] [-v]`` runs them.
"""
