"""TinyGuard in Triton's Python backend: TEXT and ROLE [batch, 1] to BITS, SCORE and VERDICT (JSON), each [batch, 1]."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

from tinyguard import ROLES, Guard


class TritonPythonModel:
    def initialize(self, args: dict[str, str]) -> None:
        parameters = json.loads(args["model_config"]).get("parameters", {})
        self.guard = Guard(policy=parameters.get("policy", {}).get("string_value", "balanced"))

    def execute(self, requests: list[Any]) -> list[Any]:
        """All requests of a batch in one scan; a malformed one gets an error, the others their verdicts."""
        read = [self._texts(request) for request in requests]
        texts = [text for part in read if not isinstance(part, str) for text, _ in part]
        roles = [role for part in read if not isinstance(part, str) for _, role in part]
        verdicts = iter(self.guard.classify_batch(texts, batch_size=64, role=roles))
        responses = []
        for part in read:
            if isinstance(part, str):
                responses.append(pb_utils.InferenceResponse(error=pb_utils.TritonError(part)))
                continue
            mine = [next(verdicts) for _ in part]
            columns = {
                "BITS": np.array([v.bits for v in mine], np.uint16),
                "SCORE": np.array([v.score for v in mine], np.float32),
                "VERDICT": np.array([v.to_json().encode() for v in mine], np.object_),
            }
            tensors = [pb_utils.Tensor(name, column[:, None]) for name, column in columns.items()]
            responses.append(pb_utils.InferenceResponse(output_tensors=tensors))
        return responses

    @staticmethod
    def _texts(request: Any) -> list[tuple[str, str]] | str:
        """Texts and their roles, or what is wrong with the request."""
        texts = pb_utils.get_input_tensor_by_name(request, "TEXT").as_numpy().reshape(-1)
        given = pb_utils.get_input_tensor_by_name(request, "ROLE")
        roles = [b"user"] * len(texts) if given is None else given.as_numpy().reshape(-1)
        if len(roles) != len(texts):
            return f"{len(roles)} roles for {len(texts)} texts"
        names = [role.decode("utf-8", "replace") for role in roles]
        if unknown := [name for name in names if name not in ROLES]:
            return f"unknown role {unknown[0]!r}: expected one of {', '.join(ROLES)}"
        return [(text.decode("utf-8", "replace"), name) for text, name in zip(texts, names, strict=True)]
