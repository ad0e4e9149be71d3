"""What importing and using the package must not do; each in a fresh interpreter."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import tinyguard

ROOT = Path(__file__).parent.parent


def python(program: str, *arguments: object) -> str:
    command = [sys.executable, "-W", "error", "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_of_the_training_stack_is_imported(tiny_folder: Path) -> None:
    program = """
import sys
import tinyguard, tinyguard.cli
tinyguard.Guard(sys.argv[1]).classify("we ignore the weather")
print(sorted({"torch", "transformers", "onnx", "fastapi", "ray"} & set(sys.modules)))
"""
    assert python(program, tiny_folder) == "[]\n"


def test_the_tokenizer_library_is_not_imported_for_the_bundled_file() -> None:
    program = """
import sys
import tinyguard
from tinyguard import modelfile, tokenizer
tokenizer.load((modelfile.BUNDLED / "tokenizer.json").read_bytes())
print("tokenizers" in sys.modules)
"""
    assert python(program) == "False\n"


def test_no_connection_is_opened(tiny_folder: Path) -> None:
    program = """
import socket, sys
def refuse(*_, **__):
    raise AssertionError("a socket was asked for")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
import tinyguard
guard = tinyguard.Guard(sys.argv[1])
print(guard.classify("we ignore the weather").threat_type, len(guard.classify_batch(["a", "b"])))
"""
    assert python(program, tiny_folder) == "direct_injection 2\n"


def test_other_threads_run_while_a_long_text_is_read(tiny_folder: Path) -> None:
    program = """
import sys, threading, time
import tinyguard
guard = tinyguard.Guard(sys.argv[1])
text = "the weather is fine and we walk to the harbour " * 20000
guard.classify(text[:1000])
beats, stop = [], threading.Event()
def beat():
    while not stop.is_set():
        beats.append(time.perf_counter())
        time.sleep(0.001)
thread = threading.Thread(target=beat)
thread.start()
begin = time.perf_counter()
guard.classify(text)
end = time.perf_counter()
stop.set(); thread.join()
inside = [begin, *(t for t in beats if begin < t < end), end]
print(end - begin, max(b - a for a, b in zip(inside, inside[1:])))
"""
    whole, longest_pause = map(float, python(program, tiny_folder).split())
    # Were the lock held through the scan, the pause would be the whole of it.
    assert longest_pause < whole / 2


def test_the_version_is_said_once() -> None:
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert declared
    assert declared[1] == tinyguard.__version__
