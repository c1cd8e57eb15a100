"""Write the exact version of every dependency into pyproject.toml.

    python3 .ci/pins.py            look up the newest versions that fit, and pin them

uv reads the pins (`constraint-dependencies`) whenever it sets the project up, so two installations a month apart get
the same versions. uv.lock would say the same, but it also names the hosts of one registry, so it is not committed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = ROOT / "pyproject.toml"
BLOCK = re.compile(r"# begin pins.*?# end pins\n", re.DOTALL)


def locked() -> list[str]:
    """Return `name==version` for every package that a fresh resolution takes, with its marker where it is forked."""
    environment = {k: v for k, v in os.environ.items() if k not in {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}}
    subprocess.run([sys.executable, "-m", "uv", "lock", "--upgrade", "--quiet"], cwd=ROOT, env=environment, check=True)
    packages = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    pins = []
    for package in packages:
        if "registry" not in package["source"]:
            continue
        markers = package.get("resolution-markers", [])
        pin = f"{package['name']}=={package['version']}"
        pins += [f"{pin} ; {marker}" for marker in markers] or [pin]
    return sorted(pins)


def main() -> None:
    """Replace the block between the two comments in pyproject.toml."""
    text = PYPROJECT.read_text("utf-8")
    PYPROJECT.write_text(BLOCK.sub("# begin pins\nconstraint-dependencies = []\n# end pins\n", text), "utf-8")
    try:
        pins = locked()
    except BaseException:
        PYPROJECT.write_text(text, "utf-8")
        raise
    lines = "".join(f'    "{pin}",\n' for pin in pins)
    note = "# begin pins: written by `python3 .ci/pins.py`, exact and without any address\n"
    block = f"{note}constraint-dependencies = [\n{lines}]\n# end pins\n"
    PYPROJECT.write_text(BLOCK.sub(lambda _: block, text), "utf-8")
    print(f"{len(pins)} packages pinned")


if __name__ == "__main__":
    main()
