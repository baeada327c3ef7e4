"""What every test gets: fixed seeds, one thread unless told, markers by folder. Knows nothing about Whylight itself."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

HERE = Path(__file__).parent
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
settings.register_profile("whylight", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("whylight")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `--shuffle 3` run the files, and the tests of each, in a random order: the same for the same number."""
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in the random order of this seed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark `tests/e2e` as e2e; skip `gpu` tests where there is no CUDA; shuffle if asked."""
    for item in items:
        if (HERE / "e2e") in item.path.parents:
            item.add_marker("e2e")
        if item.get_closest_marker("gpu") and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="no CUDA device here"))
    if (seed := config.getoption("shuffle")) is not None:
        dice = random.Random(seed)
        dice.shuffle(items)
        files = list(dict.fromkeys(item.path for item in items))  # a file stays together: so do its fixtures
        items.sort(key=lambda item: files.index(item.path))


@pytest.fixture(autouse=True)
def _seed() -> None:
    """Every test starts from the same random state, whatever ran before it."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 (libraries still draw from it)
    torch.manual_seed(0)
