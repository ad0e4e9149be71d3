"""What this core's product instructions reach from registers, in GMAC/s."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("peak.cpp")
#: Which of the measured peaks the INT8 products of an instruction set are compared with.
INTEGER = {"avx512vnni": "avx512vnni", "avxvnni": "avxvnni", "avx2": "avxvnni", "portable": "avxvnni"}


def build(folder: Path, compiler: str = "g++") -> Path:
    """Compile the loop; CalledProcessError when the compiler cannot."""
    program = folder / "peak"
    subprocess.run([compiler, "-O2", "-std=c++17", str(SOURCE), "-o", str(program)], check=True)
    return program


def measure() -> dict[str, float]:
    """Name → GMAC/s, for the instructions that this machine has."""
    with tempfile.TemporaryDirectory() as folder:
        lines = subprocess.run([build(Path(folder))], check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines)}
