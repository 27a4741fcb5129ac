"""The test suites of the original packages, run on this implementation.

``python -m tests.upstream CHECKOUT [NAME...]`` runs the test files that a checkout of torch7, nn, optim, ... brings
with it, as they are; what they test is the package of that name here.
"""
