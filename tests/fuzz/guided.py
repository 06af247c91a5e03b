# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the coverage-guided fuzzer (atheris) on a target, in a separate process with its own Python.

python -m tests.fuzz.guided TARGET [options of libFuzzer] [directories of inputs] is that process.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.seeds import REGRESSIONS, SEEDS, WORDS
from tests.tools.paths import FUZZER_PYTHON, ROOT, WORK

FOUND = WORK / "fuzz"
COLLECTIONS = WORK / "typing"
INSTRUMENTED = "ansible_collections.npmops.auth"
LONGEST_INPUT = 2048
SLOWEST_INPUT = 10  # seconds
GRACE = 60  # seconds to start and to finish


@dataclass(frozen=True)
class Search:
    """The limits of a search for inputs.

    :ivar seconds: the maximum duration.
    :ivar inputs: the maximum number of inputs; 0 for no limit.
    :ivar seed: the random seed; 0 for a new one each time.
    :ivar goes_on: start with the interesting inputs of earlier searches, and keep those of this one.
    """

    seconds: int
    inputs: int = 0
    seed: int = 0
    goes_on: bool = False


@dataclass(frozen=True)
class Findings:
    """The result of a search.

    :ivar inputs: the number of inputs that were tried.
    :ivar failing: an input that failed, or None.
    :ivar report: the last output of the fuzzer.
    """

    inputs: int
    failing: bytes | None
    report: str


def is_installed() -> bool:
    if not FUZZER_PYTHON.exists():
        return False
    command = [str(FUZZER_PYTHON), "-c", "import atheris"]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def run(target: str, search: Search) -> Findings:
    """Search for an input for which the target fails."""
    folder = make_directory(FOUND / target)
    failing = folder / "failing"
    failing.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            make_command(target, search, folder, failing),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=search.seconds + GRACE,
            cwd=ROOT,
            # Makes the order of sets the same in each run.
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(COLLECTIONS), str(ROOT)]), "PYTHONHASHSEED": "0"},
            check=False,
        )
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as problem:
        output, code = problem.stdout or b"", -1
    report = output.decode("utf-8", "replace")[-3000:]
    if code != 0 and not failing.exists():
        raise RuntimeError(f"the fuzzer itself failed:\n{report}")
    counted = re.search(r"number_of_executed_units: (\d+)", report)
    return Findings(
        inputs=int(counted.group(1)) if counted else 0,
        failing=failing.read_bytes() if failing.exists() else None,
        report=report,
    )


def make_command(target: str, search: Search, folder: Path, failing: Path) -> list[str]:
    options = {
        "max_total_time": search.seconds,
        "runs": search.inputs or -1,
        "seed": search.seed,
        "max_len": LONGEST_INPUT,
        "timeout": SLOWEST_INPUT,
        "dict": write_words(folder / "words"),
        "exact_artifact_path": failing,
        "print_final_stats": 1,
    }
    # libFuzzer writes its findings to the first directory.
    folders = [make_directory(folder / "found")] if search.goes_on else []
    seeds = [*SEEDS.get(target, ()), *(data for name, data in REGRESSIONS.values() if name == target)]
    if seeds:
        folders.append(write_seeds(seeds, folder / "seeds"))
    command = [str(FUZZER_PYTHON), "-m", "tests.fuzz.guided", target]
    return command + [f"-{name}={value}" for name, value in options.items()] + [str(path) for path in folders]


def make_directory(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_seeds(seeds: Sequence[bytes], path: Path) -> Path:
    """Write the initial inputs, each to a file as libFuzzer requires."""
    for old in make_directory(path).iterdir():
        old.unlink()
    for number, data in enumerate(seeds):
        (path / f"{number:03}").write_bytes(data)
    return path


def write_words(path: Path) -> Path:
    words = ("".join(f"\\x{byte:02x}" for byte in word) for word in WORDS)
    path.write_text("".join(f'"{word}"\n' for word in words), encoding="ascii")
    return path


def main(target: str, *options: str) -> None:
    """Run the fuzzer in this process. Does not return: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=[INSTRUMENTED]):
        from tests.fuzz.planted import PLANTED
        from tests.fuzz.properties import TARGETS
    atheris.Setup([target, *options], {**TARGETS, **PLANTED}[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
