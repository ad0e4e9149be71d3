"""Where the published sets are on the Hugging Face hub: repository, and the files of each split.

Several are gated: their terms are accepted on their page, and `HF_TOKEN` names who did. Sets that are published
elsewhere only (PINT, BIPIA, CyberSecEval, XSTest: their GitHub repositories) are read from a path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple


class Hub(NamedTuple):
    """A data set repository, and split → pattern of the names of its files."""

    repository: str
    splits: Mapping[str, str]


HUB = {
    "deepset": Hub("deepset/prompt-injections", {"train": "data/train-*.parquet", "test": "data/test-*.parquet"}),
    "safeguard": Hub("xTRam1/safe-guard-prompt-injection", {"train": "*train*.parquet", "test": "*test*.parquet"}),
    "qualifire": Hub("qualifire/prompt-injections-benchmark", {"test": "test.csv"}),
    "jackhhao": Hub("jackhhao/jailbreak-classification", {"train": "*train*.csv", "test": "*test*.csv"}),
    "wildguard": Hub("allenai/wildguardmix", {"train": "train/*.parquet", "test": "test/*.parquet"}),
    "toxicchat": Hub("lmsys/toxic-chat", {"train": "data/0124/*_train.csv", "test": "data/0124/*_test.csv"}),
    "notinject": Hub("leolee99/NotInject", {"test": "*NotInject_*"}),
    "jbb_behaviors": Hub("JailbreakBench/JBB-Behaviors", {"test": "data/*-behaviors.csv"}),
}


def hub_files(repository: str) -> Sequence[str]:
    """The names of a data set repository's files."""
    from huggingface_hub import HfApi

    return HfApi().list_repo_files(repository, repo_type="dataset")


def hub_file(repository: str, name: str) -> Path:
    """A local copy of one of them, from the cache where it is there."""
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(repository, name, repo_type="dataset"))


def fetch(
    name: str,
    split: str,
    files: Callable[[str], Sequence[str]] = hub_files,
    file: Callable[[str, str], Path] = hub_file,
) -> list[Path]:
    """The files of a set's split. Raises ValueError for a set or split that is not on the hub, and where the repository
    has no file of the pattern any more."""
    if name not in HUB:
        raise ValueError(f"{name} is not on the hub; of those here, {', '.join(HUB)} are")
    hub = HUB[name]
    if split not in hub.splits:
        raise ValueError(f"{hub.repository} has no split {split!r}, but {', '.join(hub.splits)}")
    found = [one for one in files(hub.repository) if fnmatch(one, hub.splits[split])]
    if not found:
        raise ValueError(f"{hub.repository} has no file {hub.splits[split]!r}")
    return [file(hub.repository, one) for one in sorted(found)]
