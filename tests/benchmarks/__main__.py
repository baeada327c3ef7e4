"""Cost of integrated gradients beside its floor: `python -m tests.benchmarks [points] [rounds]`.

For each net at hand, the same number of points is evaluated by a bare loop of forward and backward passes (the floor; best of
three batch sizes and two layouts),
by Whylight as called by default, by Captum as called by default and at its best `internal_batch_size`, and by PAIR
saliency. Batch sizes are chosen first; then runs are interleaved and the fastest of each way is kept. Peak memory is
that of a process of its own, above what it held after a short run. OMP_NUM_THREADS sets the threads.
"""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import torch

from tests.benchmarks.ways import Run, cases, ways

MEMORY = ("whylight", "captum default", "captum best")


def seconds(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def fastest(variants: list[Run]) -> Run:
    """The variant with the least time in three tries each; one that is alone is warmed up the same."""
    return min(variants, key=lambda run: min(seconds(run) for _ in range(3)))


def times(name: str, points: int, rounds: int) -> dict[str, float]:
    """Least seconds of every way."""
    made = cases()[name]()
    if made is None:
        return {}
    chosen = {way: fastest(variants) for way, variants in ways(*made, points).items()}
    best = dict.fromkeys(chosen, float("inf"))
    for _ in range(rounds):
        for way, run in chosen.items():
            best[way] = min(best[way], seconds(run))
    return best


def peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024  # MiB


def extra_memory(name: str, way: str, points: int) -> float:
    """Peak MiB of one way above a warm process, measured in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks", "--peak", name, way, str(points)]
    found = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ})
    return float(found.stdout)


def print_peak(name: str, way: str, points: int) -> None:
    made = cases()[name]()
    assert made is not None
    net, x = made
    pick = lambda n: (variants := ways(net, x, n)[way])[len(variants) // 2]  # 16 at once, for who is told
    pick(2)()  # libraries get ready
    Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak starts here
    before = peak()
    pick(points)()
    print(peak() - before)


def processor() -> str:
    try:
        with Path("/proc/cpuinfo").open() as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main(points: int = 64, rounds: int = 8) -> None:
    print(f"{points} points; {processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, ", end="")
    print(f"torch {torch.__version__}, Python {platform.python_version()}; times as ratios to the bare loop")
    for name in cases():
        best = times(name, points, rounds)
        if not best:
            print(f"{name:16} not at hand")
            continue
        floor = best.pop("bare loop")
        ratios = "  ".join(f"{way} {t / floor:.3f}" for way, t in best.items())
        memory = "  ".join(f"{way} {extra_memory(name, way, 300):.0f}" for way in MEMORY if way in best)
        print(f"{name:16} floor {1000 * floor / points:6.2f} ms per gradient   {ratios}", flush=True)
        print(f"{'':16} peak MiB at 300 points: {memory}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        print_peak(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(*map(int, sys.argv[1:]))
