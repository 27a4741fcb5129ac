"""``python -m tests.conformance [GROUP...] [-k TEXT] [-v]``: how much of the corpus agrees."""

import argparse

from .corpus import COMPLETE, Score, groups


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance")
    parser.add_argument("group", nargs="*", metavar="GROUP", help=f"of {', '.join(groups())} (default: all)")
    parser.add_argument("-k", metavar="TEXT", default="", help="only cases whose name contains TEXT")
    parser.add_argument("-v", action="store_true", help="show every failure")
    options = parser.parse_args()
    if unknown := set(options.group) - set(groups()):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")

    passed = total = 0
    broken = False
    for group in options.group or groups():
        score = Score(group, options.k)
        if score.total:
            print(score.line(), flush=True)
        for name, failure in score.failures if options.v else ():
            print(f"    {name}: {failure}")
        for name in score.stale:
            print(f"    {name}: listed as an exception, but agrees")
        passed += score.passed
        total += score.total
        broken |= bool(score.stale) or (group in COMPLETE and bool(score.failures))
    print(f"{'all':16} {passed:5}/{total:<5} {100 * passed / max(1, total):6.1f} %")
    return int(broken)


if __name__ == "__main__":
    raise SystemExit(main())
