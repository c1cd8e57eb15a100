"""Every parameter of every notebook changes something, also when the step has run before."""

import pytest

pytest.register_assert_rewrite("tests.steps.reruns.rerun")
