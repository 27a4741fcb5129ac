"""``python -m tests.upstream CHECKOUT [NAME...]``: which tests of an original package pass."""

import argparse
import shlex
from pathlib import Path

from .runner import TH, WHOLE, files_of, run_file


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.upstream")
    parser.add_argument("checkout", type=Path, help="folder with a checkout of torch7, nn, optim, ...")
    parser.add_argument("name", nargs="*", help="only these test files (test_half.lua) and tests of theirs (addmm)")
    parser.add_argument("-q", action="store_true", help="totals only")
    parser.add_argument("-v", action="store_true", help="name the tests that passed, too")
    parser.add_argument("--limit", type=float, default=600, metavar="SECONDS", help="for each file (default: 600)")
    parser.add_argument("--th", default=shlex.join(TH), metavar="COMMAND", help="another interpreter")
    options = parser.parse_args()

    checkout = options.checkout.resolve()
    files = [name for name in options.name if name.endswith(".lua")]
    tests = [name for name in options.name if not name.endswith(".lua")]
    passed = total = 0
    for path in files_of(checkout):
        if files and path.name not in files:
            continue
        results = run_file(checkout, path, tests, options.limit, tuple(shlex.split(options.th)))
        if tests:
            results = [result for result in results if result.test in (*tests, WHOLE)]
        failures = [result for result in results if result.failure]
        for result in results:
            if result.failure and not options.q:
                print(f"FAILED {result.file} {result.test}\n    " + result.failure.strip().replace("\n", "\n    "))
            elif options.v:
                print(f"passed {result.file} {result.test}")
        print(f"{path.relative_to(checkout)}: {len(results) - len(failures)} of {len(results)} passed", flush=True)
        passed += len(results) - len(failures)
        total += len(results)
    print(f"{checkout.name}: {passed} of {total} tests passed")
    return int(passed < total or not total)


if __name__ == "__main__":
    raise SystemExit(main())
