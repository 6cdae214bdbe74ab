"""The public names of qualitative coding are its methods, and they need nothing of the machine."""

import subprocess
import sys

import pytest

from healthsys import coding


def test_the_names_listed_are_the_methods():
    assert dir(coding) == sorted(coding.__all__)
    assert all(callable(getattr(coding, name)) for name in dir(coding))


@pytest.mark.parametrize("name", coding.__all__)
def test_each_method_has_an_example(name):
    assert ">>>" in getattr(coding, name).__doc__


def test_methods_plots_and_readers_import_nothing_of_the_machine():
    code = (
        "import sys, healthsys.coding, healthsys.plots.coding, healthsys.io.refi_qda, healthsys.validation.coding\n"
        "print(*sorted(name for name in sys.modules if name.split('.')[0] in ('IPython', 'pandera', 'compendium')\n"
        "      or name in ('healthsys.' + part for part in ('datasets', 'paths', 'plotting', 'tables', 'evidence'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
