"""Bring what is generated up to date: the notebooks' parameters cells and outputs, and the page of parameters.

    python3 -m uv run --group dev python -m tests.notebooks.refresh

Runs the whole guide, in order, on a new sandbox. Run it twice, and nothing changes.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from runbook_lib import sandbox
from runbook_lib.guide import NOTEBOOKS, defaults
from runbook_lib.parameters import Parameters
from runbook_lib.record.run_file import NAME as RUN_FILE

PAGE = Path(__file__).resolve().parents[2] / "notebooks" / "PARAMETERS.md"


def parameters_source(model: type[Parameters]) -> str:
    """Write the parameters cell of a notebook: typed literals that papermill can list, each with its help."""
    lines = ["# Parameters: what the forms start with (select to show)"]
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        kind = type(default).__name__
        literal = json.dumps(default) if isinstance(default, str) else repr(default)
        lines.append(f"{name}: {kind} = {literal}  # {field.description}")
    return "\n".join(lines)


def parameters_page() -> str:
    """Write the page that lists every parameter of the guide."""
    lines = [
        "<!-- Written by tests/notebooks/refresh.py; change the fields in runbook_lib/parameters instead. -->",
        "# Parameters",
        "",
        "Everything you can choose in the guide. In JupyterLab you choose it in the forms. For a headless run, write",
        "what differs from the default into one YAML file (one `name: value` a line) and run",
        "`runbook run -f setup.yaml`, or use `-p name value`. Secrets are never parameters, because papermill writes",
        "parameters into its output.",
        "",
        "| Parameter | Default | Notebooks | Means |",
        "|---|---|---|---|",
    ]
    for name, model in defaults().items():
        field = model.model_fields[name]
        takers = [notebook.name[:2] for notebook in NOTEBOOKS if name in notebook.parameters.model_fields]
        default = json.dumps(field.get_default(call_default_factory=True))
        lines.append(f"| `{name}` | `{default}` | {', '.join(takers)} | {field.description} |")
    return "\n".join(lines) + "\n"


RUN_ID = "00000000-0000-4000-8000-000000000000"
"""The id of the run that writes the outputs, which tags carry: every refresh has the same."""


@contextmanager
def new_sandbox() -> Iterator[Path]:
    """Run a new sandbox in a folder of its own, and let kernels find it."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ |= {"RUNBOOK_HOME": folder, "RUNBOOK_MODE": "unattended", "RUNBOOK_RUN_DIR": str(home / "run")}
        (home / "run").mkdir()
        (home / "run" / RUN_FILE).write_text(json.dumps({"id": RUN_ID}), "utf-8")
        sandbox.start(home, pace=sandbox.Pace.INSTANT)
        try:
            yield home
        finally:
            sandbox.stop(home)
            os.environ.clear()
            os.environ |= before


def execute(path: Path, parameters: type[Parameters]) -> str:
    """Run one notebook, and return the text that its file should hold."""
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = parameters_source(parameters)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    client.execute()
    notebook.metadata["language_info"] = {"name": "python"}
    text: str = nbformat.writes(notebook, indent=1)  # type: ignore[no-untyped-call]
    return text + "\n"


def main() -> None:
    """Refresh every notebook of the guide."""
    with new_sandbox():
        for notebook in NOTEBOOKS:
            text = execute(notebook.path, notebook.parameters)
            changed = text != notebook.path.read_text("utf-8")
            notebook.path.write_text(text, "utf-8")
            sys.stdout.write(f"{notebook.name}: {'refreshed' if changed else 'as it was'}\n")
    PAGE.write_text(parameters_page(), "utf-8")


if __name__ == "__main__":
    main()
