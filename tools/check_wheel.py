"""Look into built wheels before they are shipped: what is in them, what is missing, what should not be there.

    python tools/check_wheel.py dist/*.whl [--platform manylinux]
    python tools/check_wheel.py --same one/x.whl other/x.whl     # are two builds the same to the byte? If not, where?

Files: those of tinyguard/ in this repository and the compiled ones, no more and no fewer; RECORD fits; the licence is there.
Weights: sizes and SHA-256 are those of model.json. Libraries: stripped, no search path, nothing needed that is not part of
every Linux or of the wheel, no path of the machine that built them. Size: below --most megabytes (PyPI takes 100).

Exit status: 0 nothing was found, 1 something was.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools import elf  # noqa: E402 (run as a script, the path has to be set first)

# What the loader of any glibc Linux finds (PEP 600's list, as far as C++ code needs it).
SYSTEM = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"}
SYSTEM_LOADER = re.compile(r"ld-linux(-x86-64|-aarch64)?\.so\.\d")
COMPILED = re.compile(
    r"tinyguard/(_core[\w.-]*\.(so|pyd)|(lib)?tinyguard_ops\.(so|dylib|dll)|libtinyguard\.(so|dylib))"
)
# Folders that people build in; a library that names one tells about a machine.
BUILD_PATHS = re.compile(rb"/(?:tmp|home|root|work|project|Users|build)/[\w./-]+")
PYPI_MEGABYTES = 100


def source_files() -> set[str]:
    """The package's files in this repository, compiled ones and caches left out."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "tinyguard"], cwd=ROOT, capture_output=True, check=True, text=True
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):  # an unpacked source distribution
        listed = [p.relative_to(ROOT).as_posix() for p in (ROOT / "tinyguard").rglob("*") if p.is_file()]
    return {name for name in listed if name and "__pycache__" not in name and not COMPILED.fullmatch(name)}


def check_files(wheel: zipfile.ZipFile, info: str, sources: set[str]) -> Iterator[str]:
    names = wheel.namelist()
    files = {name for name in names if not name.endswith("/")}
    if len(files) != len([name for name in names if not name.endswith("/")]):
        yield "a name occurs twice"
    compiled = {name for name in files if COMPILED.fullmatch(name)}
    grafted = {name for name in files if name.startswith("tinyguard.libs/")}
    about = {name for name in files if name.startswith(f"{info}/")}
    for name in sorted(files - sources - compiled - grafted - about):
        yield f"stray file {name}"
    for name in sorted(sources - files):
        yield f"missing file {name}"
    for part in ("_core.", "libtinyguard_ops.", "libtinyguard."):
        if not any(Path(name).name.startswith(part) for name in compiled):
            yield f"no compiled {part}*"
    for name in sorted(sources & files):
        if (ROOT / name).exists() and wheel.read(name) != (ROOT / name).read_bytes():
            yield f"{name} differs from the repository's"


def check_record(wheel: zipfile.ZipFile, info: str) -> Iterator[str]:
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(wheel.read(f"{info}/RECORD").decode()))}
    files = {name for name in wheel.namelist() if not name.endswith("/")}
    for name in sorted(files ^ set(rows)):
        yield f"{name} is not both in the wheel and in RECORD"
    for name in sorted(files & set(rows)):
        digest, size = rows[name]
        content = wheel.read(name)
        found = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        if name != f"{info}/RECORD" and (digest != f"sha256={found}" or int(size) != len(content)):
            yield f"RECORD does not fit {name}"


def check_metadata(wheel: zipfile.ZipFile, info: str, platform: str) -> Iterator[str]:
    metadata = HeaderParser().parsestr(wheel.read(f"{info}/METADATA").decode())
    if metadata["License-Expression"] != "Apache-2.0":
        yield f"License-Expression is {metadata['License-Expression']}"
    try:
        if wheel.read(f"{info}/licenses/LICENSE") != (ROOT / "LICENSE").read_bytes():
            yield "the licence differs from the repository's"
    except KeyError:
        yield "no licence"
    found = re.search(r'__version__ = "(.+)"', (ROOT / "tinyguard/version.py").read_text())
    if found is None or metadata["Version"] != found[1]:
        yield f"version {metadata['Version']} is not that of tinyguard/version.py"
    if "tinyguard = tinyguard.cli:main" not in wheel.read(f"{info}/entry_points.txt").decode().replace(
        "=", " = "
    ).replace("  ", " "):
        yield "no command `tinyguard`"
    about = HeaderParser().parsestr(wheel.read(f"{info}/WHEEL").decode())
    tags = about.get_all("Tag", [])
    if about["Root-Is-Purelib"] != "false":
        yield "says that it is pure Python"
    if not all(platform in tag for tag in tags) or not tags:
        yield f"tags {tags} are not for {platform}"


def check_weights(wheel: zipfile.ZipFile) -> Iterator[str]:
    folder = "tinyguard/weights"
    manifest = json.loads(wheel.read(f"{folder}/model.json"))
    for name, entry in manifest["files"].items():
        try:
            content = wheel.read(f"{folder}/{name}")
        except KeyError:
            yield f"no {folder}/{name}"
            continue
        if hashlib.sha256(content).hexdigest() != entry["sha256"] or len(content) != entry["bytes"]:
            yield f"{folder}/{name} is not what model.json says"


def check_library(name: str, content: bytes, own: set[str]) -> Iterator[str]:
    try:
        library = elf.read(content)
    except ValueError as error:
        yield f"{name}: {error}"
        return
    if not library.stripped:
        yield f"{name} is not stripped"
    for path in library.search_paths:
        if not path.startswith("$ORIGIN"):
            yield f"{name} has the search path {path}"
    for needed in library.needed:
        if needed not in SYSTEM | own and not SYSTEM_LOADER.fullmatch(needed):
            yield f"{name} needs {needed}"
    if found := BUILD_PATHS.search(content):
        yield f"{name} names {found[0].decode()}"


def check(path: Path, platform: str = "", most: float = PYPI_MEGABYTES, sources: set[str] | None = None) -> list[str]:
    """Everything that is wrong with a wheel."""
    found = []
    if path.stat().st_size > most * 1e6:
        found.append(f"{path.stat().st_size / 1e6:.1f} MB are more than {most:g}")
    with zipfile.ZipFile(path) as wheel:
        infos = {name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
        if len(infos) != 1 or (bad := wheel.testzip()) is not None:
            return [*found, f"not a wheel: dist-info {sorted(infos)}" if len(infos) != 1 else f"damaged: {bad}"]
        (info,) = infos
        found += check_files(wheel, info, source_files() if sources is None else sources)
        found += check_record(wheel, info)
        found += check_metadata(wheel, info, platform)
        found += check_weights(wheel)
        own = {Path(name).name for name in wheel.namelist()}
        for name in wheel.namelist() if "linux" in path.name else ():
            if ".so" in Path(name).suffixes:
                found += check_library(name, wheel.read(name), own)
        if len({entry.date_time for entry in wheel.infolist()}) != 1:
            found.append("entries have different times: built without SOURCE_DATE_EPOCH?")
    return found


def differences(first: Path, second: Path) -> list[str]:
    """Where two wheels differ: in their files, or only in how they are packed."""
    if first.read_bytes() == second.read_bytes():
        return []
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as other:
        found = [f"{name} is only in one" for name in sorted(set(one.namelist()) ^ set(other.namelist()))]
        found += [
            f"{name} differs"
            for name in sorted(set(one.namelist()) & set(other.namelist()))
            if one.read(name) != other.read(name)
        ]
    return found or ["the same files, packed differently (times, order or modes)"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", type=Path, nargs="+")
    parser.add_argument("--platform", default="", help="what every tag must contain: manylinux, macosx")
    parser.add_argument("--most", type=float, default=PYPI_MEGABYTES, help="megabytes (default: PyPI's limit)")
    parser.add_argument("--same", action="store_true", help="compare two wheels instead")
    options = parser.parse_args()
    if options.same:
        if len(options.wheels) != 2:
            parser.error("--same wants two wheels")
        found = differences(*options.wheels)
        print("\n".join(found) or "the same to the byte")
        return 1 if found else 0
    status = 0
    for path in options.wheels:
        found = check(path, options.platform, options.most)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, sha256 {digest}: {'wrong' if found else 'good'}")
        print("".join(f"  {line}\n" for line in found), end="")
        status = status or (1 if found else 0)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
