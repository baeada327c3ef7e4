"""Cost of integrated gradients beside its floor: `python -m tests.benchmarks [points] [rounds] [net ...]`.

For each net at hand, the same number of points is evaluated by a bare loop of forward and backward passes (the floor; best of
four batch sizes and two layouts), by Whylight with its own rule and with Gauss and Legendre's, by Captum as called by default,
at its best `internal_batch_size`, and so with the completeness gap that Whylight always gives, and by PAIR saliency. Batch
sizes are chosen first; then runs are interleaved. Two ratios to the floor: of the fastest runs, and the median over rounds. Peak
memory is that of a process of its own, above what it held after a short run: at 300 points, and for Whylight also at 30 and after
30 calls at 30. OMP_NUM_THREADS sets the threads.
"""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import torch

from tests.benchmarks.ways import Run, cases, ways

MEMORY = ("whylight", "whylight gausslegendre", "captum default", "captum best")
WARM = 12  # calls in which Whylight finds its chunk size


def seconds(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def fastest(variants: list[Run]) -> Run:
    """The variant with the least time in three tries each; one that is alone is warmed up."""
    tries = 3 if len(variants) > 1 else WARM
    return min(variants, key=lambda run: min(seconds(run) for _ in range(tries)))


def times(name: str, points: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of every way in every round."""
    made = cases()[name]()
    if made is None:
        return {}
    chosen = {way: fastest(variants) for way, variants in ways(*made, points).items()}
    turns = [{way: seconds(run) for way, run in chosen.items()} for _ in range(rounds)]
    return {way: [turn[way] for turn in turns] for way in chosen}


def ratios(found: list[float], floor: list[float]) -> str:
    """Of the fastest runs, and the median over rounds."""
    return f"{min(found) / min(floor):.3f}/{median(a / b for a, b in zip(found, floor, strict=True)):.3f}"


def peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024  # MiB


def extra_memory(name: str, way: str, points: int, calls: int = 1) -> float:
    """Peak MiB of one way above a warm process, measured in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks", "--peak", name, way, str(points), str(calls)]
    found = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ})
    return float(found.stdout)


def memory(name: str, way: str) -> str:
    most = f"{way} {extra_memory(name, way, 300):.0f}"
    if not way.startswith("whylight"):
        return most
    return f"{most} ({extra_memory(name, way, 30):.0f} at 30, {extra_memory(name, way, 30, 30):.0f} after 30 calls)"


def print_peak(name: str, way: str, points: int, calls: int) -> None:
    made = cases()[name]()
    assert made is not None
    net, x = made
    pick = lambda n: (variants := ways(net, x, n)[way])[len(variants) > 1]  # 16 at once, for who is told
    pick(2)()  # libraries get ready
    Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak starts here
    before = peak()
    for _ in range(calls):
        pick(points)()
    print(peak() - before)


def processor() -> str:
    try:
        with Path("/proc/cpuinfo").open() as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main(points: int = 64, rounds: int = 8, *names: str) -> None:
    print(f"{points} points; {processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, ", end="")
    print(f"torch {torch.__version__}, Python {platform.python_version()}; times as ratios to the bare loop")
    for name in names or cases():
        found = times(name, points, rounds)
        if not found:
            print(f"{name:16} not at hand")
            continue
        floor = found.pop("bare loop")
        shown = "  ".join(f"{way} {ratios(seen, floor)}" for way, seen in found.items())
        print(f"{name:16} floor {1000 * min(floor) / points:6.2f} ms per gradient   {shown}", flush=True)
        peaks = "  ".join(memory(name, way) for way in MEMORY if way in found)
        print(f"{'':16} peak MiB at 300 points: {peaks}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        print_peak(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
    else:
        main(*map(int, sys.argv[1:3]), *sys.argv[3:])
