"""Training: log, snapshots and alarms of a run while it trains; runs are started and resumed as jobs."""

import dataclasses
import os
import shlex
import types
import typing
from pathlib import Path
from typing import Any

from configs.gan import ABOUT, CONFIGS
from data_prep.errors import InputError
from data_prep.records.writer import DATASET_JSON
from gan import config as configuration
from gan.config import TrainConfig
from gan.config import fields as config_fields
from gan.monitoring.overview import LOG, Overview, read_overview, sample_grid
from studio.generators import dataset_of, typed
from studio.handlers import Call, get, post, send_file
from studio.project import CONFIG_JSON, read_object

ADVERSARIAL = "adversarial"
MOST_RUNS = 1_000  # run, run-2, ...
NEW_FIELDS = ("total_nimg", "batch_size", "seed")  # of a new run; others are those of its preset
HIDDEN = ("pages_in", "sharding", "accumulate", "iterations_per_dispatch", "metric_weights", "keep_latest")


def listing(call: Call) -> Any:
    """Runs, datasets, presets with the fields that a new run may set, and a free name for it."""
    root = call.studio.project.root
    names = ("run", *(f"run-{number}" for number in range(2, MOST_RUNS)))
    presets = [
        {"name": name, "about": ABOUT[name], "fields": _fields(config, only=NEW_FIELDS)}
        for name, config in CONFIGS.items()
    ]
    return {
        "runs": call.studio.project.entries("run"),
        "datasets": call.studio.project.entries("dataset"),
        "presets": presets,
        "name": next((name for name in names if not os.path.lexists(root / name)), ""),
    }


def overview(call: Call) -> Any:
    """State of a run; only whether anything changed, if `version` is the newest."""
    run = call.entry("run")
    version = _version(call, run)
    if call.query.get("version") == version:
        return {"version": version, "same": True}
    found = read_overview(run)
    state = dataclasses.asdict(found)
    state["snapshots"] = [
        {"nimg": shot.nimg, "values": shot.values, "v": _stamp(shot.samples)} for shot in found.snapshots
    ]
    return state | {
        "version": version,
        "name": call.studio.project.name_of(run),
        "job": _job_of(call, run),
        "command": _resume_command(call, run, found),
        "fields": _fields(_saved(call, run), resumable=True) if found.recipe == ADVERSARIAL else [],
    }


def samples(call: Call) -> Any:
    """The sample grid of a snapshot, or of real images. The address holds its time of change."""
    name = call.params["nimg"]
    if name != "reals" and not name.isdecimal():
        raise InputError(f"{name}: must be a number of images, or reals")
    path = sample_grid(call.entry("run"), None if name == "reals" else int(name))
    call.studio.project.inside(path)
    return send_file(path, media_type="image/png", cache="v" in call.query)


def describe(call: Call) -> Any:
    """The command of a new run, or of a resumed one with other settings."""
    return {"command": _shell(_words(call))}


def start(call: Call) -> Any:
    """Start that command as a job."""
    words = _words(call)
    return call.studio.jobs.start(words, title=f"Training of {words[words.index('--run') + 1]}").as_json()


def _words(call: Call) -> list[str]:
    """Words of the command that the body describes: {run, fields}, or {preset, data, name, fields}."""
    fields = call.body.get("fields", {})
    if not isinstance(fields, dict):
        raise InputError("fields: must be an object")
    project = call.studio.project
    if "run" in call.body:
        run = project.path_of(call.text("run"))
        return _resume_words(call, run, read_overview(run), fields)
    preset, data = call.text("preset"), project.path_of(call.text("data"))
    if preset not in CONFIGS:
        raise InputError(f"no preset {preset!r}; choose from {', '.join(CONFIGS)}")
    if not (data / DATASET_JSON).is_file():
        raise InputError(f"{data.name}: must be a dataset")
    name = call.text("name")
    run = project.new_path(name)
    if run.exists():
        raise InputError(f"{name} exists; choose another name, or open it to resume it")
    return _train_words(CONFIGS[preset], fields, data=project.name_of(data), run=name)


def _resume_words(call: Call, run: Path, found: Overview, fields: dict[str, Any]) -> list[str]:
    """Words that resume a run; [] for a run of another recipe or an imported one."""
    if found.recipe != ADVERSARIAL or found.preset not in CONFIGS:
        if fields:
            raise InputError(f"{run.name} was not made by gan train; resume it by its own command")
        return []
    config = _saved(call, run)
    fixed = set(fields) - configuration.resumable_fields(config)
    if fixed:
        raise InputError(f"{', '.join(sorted(fixed))}: may not change when a run is resumed")
    return _train_words(config, fields, data=_data_of(call, run), run=call.studio.project.name_of(run))


def _resume_command(call: Call, run: Path, found: Overview) -> str:
    """The command that resumes a run; empty where its dataset is gone."""
    try:
        return _shell(_resume_words(call, run, found, {}))
    except InputError:
        return ""


def _train_words(config: TrainConfig, fields: dict[str, Any], *, data: str, run: str) -> list[str]:
    before = config_fields.flat(config)
    changed: dict[str, Any] = {}
    for name, text in fields.items():
        if name not in before:
            raise InputError(f"{name}: no field of the config")
        value = _parse(name, text, before[name])
        if value != before[name]:
            changed[name] = value
    configuration.check(config_fields.replace(config, **changed))
    words = ["gan", "train", config.preset, "--data", data, "--run", run]
    for name, value in changed.items():
        values = value if isinstance(value, tuple) else (value,)
        words += [f"--{name.replace('_', '-')}", *map(str, values)]
    return words


def _parse(name: str, text: Any, before: Any) -> Any:
    """The value of a field that was typed in."""
    if text is None or text in ("", "None"):
        return () if isinstance(before, tuple) else None
    if isinstance(before, tuple):
        return tuple(str(text).split())
    try:
        number = float(text)
        return int(number) if number == int(number) and not isinstance(before, float) else number
    except (ValueError, OverflowError):
        if isinstance(before, str) or text == "auto":
            return str(text)
        raise InputError(f"{name} {text}: must be a number") from None


def _fields(
    config: TrainConfig, *, only: tuple[str, ...] = (), resumable: bool = False
) -> list[dict[str, Any]]:
    """Fields as the page edits them: name, value as text, choices."""
    may_change = configuration.resumable_fields(config) - set(HIDDEN) if resumable else set(only)
    owners = [config, *config_fields.groups(config).values()]
    found = []
    for owner in owners:
        hints = typing.get_type_hints(type(owner), include_extras=True)
        for field in dataclasses.fields(owner):
            if field.name in may_change:
                value = getattr(owner, field.name)
                shown = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
                found.append({"name": field.name, "value": shown, "choices": _choices(hints[field.name])})
    return found


def _choices(hint: Any) -> list[str]:
    """Values of a Literal; [] for other types, and for numbers that may be a word too."""
    if typing.get_origin(hint) is typing.Literal:
        return [str(value) for value in typing.get_args(hint)]
    return ["True", "False"] if hint is bool and not isinstance(hint, types.UnionType) else []


def _saved(call: Call, run: Path) -> TrainConfig:
    """The config of a run of gan train, read without jax."""
    config = read_object(run / CONFIG_JSON, call.studio.project.root)
    return configuration.from_json(config.get("train", {}), kind=TrainConfig)


def _data_of(call: Call, run: Path) -> str:
    """The dataset of a run as a user in ROOT would type it."""
    project = call.studio.project
    return typed(project, dataset_of(project, run))


def _job_of(call: Call, run: Path) -> str | None:
    """The newest job that trains in a run folder."""
    name = call.studio.project.name_of(run)
    for job in call.studio.jobs.all():
        flags = dict(zip(job.words, job.words[1:], strict=False))
        out = flags.get("--out") if job.words[:1] == ["demo"] else None
        if flags.get("--run") == name or (out and name == f"{out}/run"):
            return job.id
    return None


def _version(call: Call, run: Path) -> str:
    job = _job_of(call, run)
    state = call.studio.jobs.get(job).state if job else ""
    return f"{_stamp(run / LOG)}-{_stamp(run / 'metrics.jsonl')}-{job}-{state}"


def _stamp(path: Path | None) -> int | None:
    """Time of change of a file, in ns; None: there is none."""
    try:
        return None if path is None else path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _shell(words: list[str]) -> str:
    return shlex.join(["inkloop", *words]) if words else ""


routes = [
    get("/api/training", listing),
    post("/api/training/command", describe),
    post("/api/training/start", start),
    get("/api/training/{run}", overview),
    get("/api/training/{run}/samples/{nimg}", samples),
]
