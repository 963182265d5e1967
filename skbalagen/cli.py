"""Command line: parse, call one function, print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

__all__ = ["main"]


def _version() -> str:
    try:
        return version("skbalagen")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+unknown"


def _download(arguments: argparse.Namespace) -> None:
    from skbalagen.models import download

    for name, path in download(arguments.names or None).items():
        print(f"{name}: {path}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="skbalagen", description="Balance text classification data by generating text."
    )
    parser.add_argument("--version", action="version", version=f"skbalagen {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    fetch = commands.add_parser("download", help="fetch the embedded models ahead of their first use")
    fetch.add_argument("names", nargs="*", metavar="NAME", help="embedded models; all where none is named")
    fetch.set_defaults(run=_download)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 2 after an error (one line on stderr), or 130 after Ctrl-C."""
    parsed = _parser().parse_args(arguments)
    try:
        parsed.run(parsed)
    except KeyboardInterrupt:
        return 130
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        print(f"skbalagen: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
