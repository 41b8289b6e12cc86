"""Handlers: values of requests, results as JSON, errors as sentences."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from data_prep.errors import InputError
from studio.handlers import Call, as_json


def call(query=(), body=()):
    return Call(None, {}, dict(query), dict(body), None)


@dataclasses.dataclass(frozen=True)
class Result:
    """Values that JSON does not have."""

    path: Path
    values: np.ndarray
    missing: float
    inner: tuple["Result", ...] = ()


def test_results_become_json():
    inner = Result(Path("a/b.png"), np.arange(3), float("nan"))
    value = as_json({"x": Result(Path("c"), np.zeros((1, 2)), np.float32(0.5), (inner,)), 1: np.int64(7)})
    assert json.loads(json.dumps(value, allow_nan=False)) == {
        "x": {
            "path": "c",
            "values": [[0, 0]],
            "missing": 0.5,
            "inner": [{"path": "b.png", "values": [0, 1, 2], "missing": None, "inner": []}],
        },
        "1": 7,
    }


@pytest.mark.parametrize("value", ["x", "", "nan", "inf", None, [], {}, "1e99", "-1", 10**400])
def test_numbers_are_finite_and_in_range(value):
    with pytest.raises(InputError, match="size"):
        call(body={"size": value}).number("size", low=0, high=10)


def test_numbers_of_query_and_body():
    assert call(query={"size": "2.5"}, body={"size": 3}).number("size", low=0, high=10) == 2.5
    assert call(body={"size": 3}).integer("size", low=0, high=10) == 3
    assert call().integer("size", low=0, high=10, default=4) == 4
    with pytest.raises(InputError, match="whole"):
        call(body={"size": 2.5}).integer("size", low=0, high=10)


@pytest.mark.parametrize("value", [None, 5, [], "x" * 201])
def test_texts_are_short(value):
    with pytest.raises(InputError, match="name"):
        call(body={"name": value}).text("name")


def test_errors_of_the_system_name_the_file_without_its_folder(client, studio, monkeypatch):
    def refuse(*kinds):
        raise PermissionError(13, "Permission denied", str(studio.project.root / "secret.json"))

    monkeypatch.setattr(studio.project, "entries", refuse)
    response = client.get("/api/home")
    assert (response.status_code, response.json()["error"]) == (500, "secret.json: Permission denied")
