"""The Triton model, with the backend's Python interface played by the test, and its configuration read as Triton does."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2

from tinyguard import Guard

FOLDER = Path(__file__).parents[2] / "examples" / "triton" / "tinyguard"
ATTACK, CALM = "we walk and ignore the weather", "the weather is fine"


@dataclass
class Tensor:
    name: str
    values: np.ndarray

    def as_numpy(self) -> np.ndarray:
        return self.values


@dataclass
class InferenceResponse:
    output_tensors: list[Tensor] = field(default_factory=list)
    error: str | None = None


@pytest.fixture(scope="module")
def config() -> Any:
    return text_format.Parse((FOLDER / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())


@pytest.fixture
def model(config: Any, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    backend = ModuleType("triton_python_backend_utils")
    backend.Tensor, backend.InferenceResponse, backend.TritonError = Tensor, InferenceResponse, str  # type: ignore[attr-defined]
    backend.get_input_tensor_by_name = lambda request, name: request.get(name)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, backend.__name__, backend)
    spec = importlib.util.spec_from_file_location("triton_model", FOLDER / "1" / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "Guard", lambda policy: Guard(tiny_folder, policy=policy))
    made = module.TritonPythonModel()
    made.initialize({"model_config": json_format.MessageToJson(config, preserving_proto_field_name=True)})
    return made


def request(texts: list[bytes], roles: list[bytes] | None = None) -> dict[str, Tensor]:
    columns = {"TEXT": texts} | ({} if roles is None else {"ROLE": roles})
    return {name: Tensor(name, np.array(values, np.object_)[:, None]) for name, values in columns.items()}


def test_the_configuration_is_one_that_triton_reads(config: Any) -> None:
    assert (config.name, config.backend) == (FOLDER.name, "python")
    assert [item.name for item in config.input] == ["TEXT", "ROLE"]
    assert config.parameters["policy"].string_value == "balanced"


def test_verdicts_are_those_of_the_guard(model: Any, config: Any, tiny_guard: Guard) -> None:
    requests = [request([ATTACK.encode(), CALM.encode()]), request([ATTACK.encode()], [b"tool"])]
    responses = model.execute(requests)
    kinds = {item.name: item.data_type for item in config.output}
    expected = [[tiny_guard.classify(ATTACK), tiny_guard.classify(CALM)], [tiny_guard.classify(ATTACK, role="tool")]]
    for response, verdicts in zip(responses, expected, strict=True):
        columns = {tensor.name: tensor.as_numpy() for tensor in response.output_tensors}
        assert set(columns) == set(kinds)
        assert columns["BITS"].dtype == np.uint16
        assert columns["BITS"][:, 0].tolist() == [verdict.bits for verdict in verdicts]
        assert columns["SCORE"][:, 0].tolist() == pytest.approx([verdict.score for verdict in verdicts])
        told = [json.loads(value)["threat_type"] for value in columns["VERDICT"][:, 0]]
        assert told == [verdict.threat_type for verdict in verdicts]


def test_a_malformed_request_does_not_hold_up_the_others(model: Any) -> None:
    bad_role, bad_bytes = model.execute([request([b"x"], [b"nobody"]), request([b"\xff\xfe ignore"])])
    assert bad_role.error == "unknown role 'nobody': expected one of user, tool, document, system"
    assert bad_bytes.error is None
    assert bad_bytes.output_tensors[0].as_numpy()[0, 0] & 0xF == 1
