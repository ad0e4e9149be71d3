"""The NEON kernels, cross-compiled and emulated, beside those of this machine: the same bits.

Wants Debian's ``g++-aarch64-linux-gnu`` and ``qemu-user``.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CROSS, EMULATOR, COMPILER = "aarch64-linux-gnu-g++", "qemu-aarch64", "g++"
FLAGS = ("-std=c++17", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'csrc'}")

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or not all(map(shutil.which, (CROSS, EMULATOR, COMPILER))),
    reason="needs an x86 machine with a cross-compiler for ARM and an emulator",
)


def built(folder: Path, compiler: str, isas: dict[str, tuple[str, ...]], *flags: str) -> Path:
    """`kernel_sums` with the portable kernels and those of these instruction sets."""
    folder.mkdir()
    objects = []
    sources = {
        "csrc/kernels/generic/encoder.cpp": (),
        "csrc/layers/select.cpp": (),
        "tests/kernels/kernel_sums.cpp": (),
    }
    sources |= {f"csrc/kernels/{isa}/encoder.cpp": own for isa, own in isas.items()}
    for index, (source, own) in enumerate(sources.items()):
        objects.append(folder / f"{index}.o")
        subprocess.run([compiler, *FLAGS, *own, "-c", ROOT / source, "-o", objects[-1]], check=True)
    subprocess.run([compiler, *flags, *objects, "-o", folder / "kernel_sums"], check=True)
    return folder / "kernel_sums"


def test_neon_gives_the_bits_of_avx2(tmp_path: Path) -> None:
    x86 = ("-mavx2", "-mfma")
    vnni = ("-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vnni", "-Wno-error")
    here = built(tmp_path / "x86", COMPILER, {"avx2": x86, "avxvnni": (*x86, "-mavxvnni"), "avx512vnni": (*x86, *vnni)})
    there = built(tmp_path / "arm", CROSS, {"neon": ("-march=armv8.2-a+dotprod",)}, "-static")
    sums = {}
    for isa, command in {
        "avx2": [here],
        "neon": [EMULATOR, "-cpu", "max", there],
        "portable": [here],
        "portable, ARM": [EMULATOR, "-cpu", "max", there],
    }.items():
        line = [*command, isa.partition(",")[0]]
        sums[isa] = subprocess.run(line, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(sums["avx2"]) == 23
    assert sums["neon"] == sums["avx2"]
    assert sums["portable, ARM"] == sums["portable"]
    # Integers do not depend on fused products.
    assert [a for a in sums["portable"] if a.startswith("linear")] == [
        a for a in sums["neon"] if a.startswith("linear")
    ]
