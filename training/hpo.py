"""Search the options of a run with Optuna: a space in YAML, trials that stop early, a study that is kept in a file.

    python -m training.hpo --config training/configs/hpo.yaml --base BASE --data MIXTURE.npz \\
        --validation DEV.npz --out OUT

OUT/study.db (SQLite) holds every trial; given again, the command makes the trials that are missing of the configured
number. What was under way when the search was stopped counts as failed, and its options come first.
OUT/hpo.md is the table, OUT/best.yaml the best trial's options, ready for `training.loop.run --config`.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import torch
import yaml
from optuna.trial import TrialState

from training.loop.options import RunOptions, fill
from training.loop.run import train

NAME = "tinyguard"


def suggest(trial: optuna.Trial, name: str, domain: dict[str, Any]) -> Any:
    """A value of one option: {choices: […]}, or {low, high} with `log`, whole numbers where both ends are.

    Raises ValueError for a domain of another form.
    """
    if set(domain) == {"choices"}:
        return trial.suggest_categorical(name, domain["choices"])
    if not {"low", "high"} <= set(domain) <= {"low", "high", "log"}:
        raise ValueError(f"{name}: a domain has choices, or low, high and log, not {', '.join(sorted(domain))}")
    low, high, log = domain["low"], domain["high"], domain.get("log", False)
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(name, low, high, log=log)
    return trial.suggest_float(name, float(low), float(high), log=log)


def with_values(values: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """Nested option values with the chosen ones put in; dots in a name reach into parts."""
    made = {name: with_values(value, {}) if isinstance(value, dict) else value for name, value in values.items()}
    for name, value in chosen.items():
        *parents, leaf = name.split(".")
        inner = made
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[leaf] = value
    return made


def open_study(config: dict[str, Any], out: Path) -> optuna.Study:
    """The study of OUT, made where there is none. What was running when it was last open is queued again."""
    out.mkdir(parents=True, exist_ok=True)
    prune = config.get("prune") or {}
    study = optuna.create_study(
        study_name=NAME, storage=f"sqlite:///{out / 'study.db'}", load_if_exists=True,
        direction=config.get("direction", "maximize"),
        pruner=optuna.pruners.MedianPruner(prune.get("startup", 5), prune.get("warmup_steps", 0)),
    )  # fmt: skip
    # A sampler begun with the same seed again would repeat its first draws.
    study.sampler = optuna.samplers.TPESampler(seed=int(config.get("seed", 0)) + len(study.trials), n_startup_trials=6)
    # What a kill leaves running, and an interrupt failed, is tried once more.
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    others = study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.WAITING))
    known = [t.params or t.system_attrs.get("fixed_params") for t in others]
    for trial in study.get_trials(states=(TrialState.FAIL,)):
        if trial.params and trial.params not in known:
            study.enqueue_trial(trial.params)
            known.append(trial.params)
    return study


def search(
    config: dict[str, Any], base: Path | None, data: Path, held: Path, out: Path, trials: int | None = None,
    run: Callable[..., None] = train,
) -> optuna.Study:  # fmt: skip
    """Make the trials that are missing of the number wanted, and write the table after each."""
    study = open_study(config, out)
    wanted = trials if trials is not None else int(config["trials"])

    def objective(trial: optuna.Trial) -> float:
        chosen = {name: suggest(trial, name, domain) for name, domain in config["space"].items()}
        options: RunOptions = fill(RunOptions, with_values(config["options"], chosen))
        folder, found = out / "trial", []
        shutil.rmtree(folder, ignore_errors=True)

        def validated(step: int, figures: dict[str, Any]) -> None:
            found.append(float(figures[config["objective"]]))
            trial.report(found[-1], step)
            if step < options.steps and trial.should_prune():
                raise optuna.TrialPruned

        try:
            run(options, base, data, folder, held, quiet=True, on_validation=validated)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return found[-1]

    def finished() -> int:
        return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))

    while finished() < wanted:
        study.optimize(objective, n_trials=1)
        write_tables(study, config, out)
    return study


def table(study: optuna.Study, names: list[str]) -> str:
    """Markdown, best trial first; a stopped one has the figure at which it stopped."""
    sign = -1.0 if study.direction == optuna.study.StudyDirection.MAXIMIZE else 1.0
    trials = [t for t in study.trials if t.value is not None or t.intermediate_values]

    def figure(trial: optuna.trial.FrozenTrial) -> float:
        return trial.value if trial.value is not None else trial.intermediate_values[max(trial.intermediate_values)]

    lines = ["| trial | objective | stopped at | " + " | ".join(names) + " |", "|---" * (len(names) + 3) + "|"]
    for t in sorted(trials, key=lambda t: (t.state != TrialState.COMPLETE, sign * figure(t))):
        stopped = str(max(t.intermediate_values)) if t.state == TrialState.PRUNED else ""
        values = (t.params.get(name, "") for name in names)
        cells = [f"{v:.4g}" if isinstance(v, float) else str(v) for v in values]
        lines.append(f"| {t.number} | {figure(t):.4f} | {stopped} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write_tables(study: optuna.Study, config: dict[str, Any], out: Path) -> None:
    (out / "hpo.md").write_text(table(study, list(config["space"])))
    if study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        best = with_values(config["options"], study.best_params)
        (out / "best.yaml").write_text(yaml.safe_dump(best, sort_keys=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="search space and options, as configs/hpo.yaml")
    parser.add_argument("--base", type=Path, help="folder of the pruned base; without it, random weights")
    parser.add_argument("--data", type=Path, required=True, help="array file of training.data.mixture")
    parser.add_argument("--validation", type=Path, required=True, help="array file of rows to choose by")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trials", type=int, help="in place of the configured number, those already made included")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    config = yaml.safe_load(args.config.read_text())
    study = search(config, args.base, args.data, args.validation, args.out, args.trials)
    print((args.out / "hpo.md").read_text())
    print(f"best: trial {study.best_trial.number}, {study.best_value:.4f}; its options are in {args.out / 'best.yaml'}")


if __name__ == "__main__":
    main()
