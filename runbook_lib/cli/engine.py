"""A papermill engine that does what papermill's own does, and saves less often. Imported only with papermill."""

from __future__ import annotations

from typing import Any

from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

NAME = "runbook"


def use_engine() -> str:
    """Make the engine known to papermill, and return its name."""
    papermill_engines.register(NAME, RunbookEngine)
    return NAME


class FewerSaves(NotebookExecutionManager):  # type: ignore[misc]  # papermill has no types
    """Saves a notebook before each cell of code, while one runs, and at the end.

    papermill also saves it around each cell of prose and after each cell of code, which nobody is there to see. If the
    process is killed, the file has all cells up to the one that ran.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._due = True
        super().__init__(*arguments, **options)

    def cell_start(self, cell: Any, *arguments: Any, **options: Any) -> None:
        """Note that a cell begins."""
        self._due = cell.cell_type == "code"
        super().cell_start(cell, *arguments, **options)

    def cell_complete(self, *arguments: Any, **options: Any) -> None:
        """Note that a cell has ended."""
        self._due = False
        super().cell_complete(*arguments, **options)

    def notebook_complete(self, **options: Any) -> None:
        """Note that the notebook has ended, and save it."""
        self._due = True
        super().notebook_complete(**options)

    def save(self, **options: Any) -> None:
        """Save, if it's due."""
        if self._due:
            super().save(**options)


class RunbookEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """Runs a notebook as papermill does."""

    @classmethod
    def execute_notebook(
        cls, nb: Any, kernel_name: str, output_path: Any = None, progress_bar: Any = True, **options: Any
    ) -> Any:
        """Run a notebook, and return it as executed."""
        manager = FewerSaves(nb, output_path, progress_bar=progress_bar)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, **options)
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb
