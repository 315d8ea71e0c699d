"""usage: python -m tests.benchmarks [NAME ...]     (default: all)

One JSON object a benchmark on stdout, progress on stderr. Traffic goes to loopback only and ends by itself.
"""

import sys
from importlib import import_module

NAMES = ("accept", "mail", "modem", "mqtt", "smpp", "store")


def main() -> None:
    names = sys.argv[1:] or NAMES
    wrong = [name for name in names if name not in NAMES]
    if wrong:
        sys.exit(f"no benchmark {', '.join(wrong)}; there are {', '.join(NAMES)}")
    for name in names:
        import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main()
