"""Our own sandbox, in all ways that isolate, against the contract of sandboxes."""

from __future__ import annotations

import shutil
import sys

import pytest

from langprop.executors.local import LocalExecutor
from langprop.testing.sandbox_suite import SandboxSuite

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation needs Linux")


@pytest.fixture(scope="module")
def executors():
    modes = ("auto", "sealed", "bwrap") if shutil.which("bwrap") else ("auto", "sealed")
    made = {mode: LocalExecutor(1, isolation=mode) for mode in modes}
    yield made
    for executor in made.values():
        executor.close()


class TestAuto(SandboxSuite):
    mode = "auto"

    @pytest.fixture
    def executor(self, executors):
        return executors[self.mode]


class TestSealed(TestAuto):
    mode = "sealed"


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap isn't installed")
class TestBubblewrap(TestAuto):
    mode = "bwrap"
