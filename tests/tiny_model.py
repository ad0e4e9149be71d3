"""A model folder small enough to reason about: the answers are decided by single words.

The fast graph's logits are the maximum over the text's tokens of a table: an ordinary word speaks for benign, a word of
TRIGGERS for its class. The word UNSURE sends a window to the deep graph, which adds what it knows of DEEP_TRIGGER. So a
test knows what the whole pipeline must answer, down to the window that a word falls into and the way that it took. The
loudest run of a window begins at the first of the words that speak most for a direct injection; with ``run_tokens`` in
model.json the guard takes a closer look there.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

CLASSES = ["benign", "direct_injection", "jailbreak", "indirect_injection"]
TRIGGERS = {"ignore": (1, 8.0), "roleplay": (2, 8.0), "planted": (3, 8.0), "perhaps": (1, 2.0), "faintly": (1, 1.0)}
SEVERITY = {"direct_injection": 12, "jailbreak": 10, "indirect_injection": 13}
UNSURE, DEEP_TRIGGER, HARMFUL, EXTRACTION = "unsure", "subtle", "venom", "prompt"
ORDINARY = ["the", "weather", "is", "fine", "and", "we", "walk", "to", "harbour", "with", "bread", "a"]
ORDINARY += ["holiday", "greeting", "from", "family", "by", "sea"]
WORDS = [UNSURE, DEEP_TRIGGER, HARMFUL, EXTRACTION]
FILES = ("fast.onnx", "deep.onnx", "fast.plain.onnx", "deep.plain.onnx", "tokenizer.json")
MAX_TOKENS, OVERLAP = 32, 8
THRESHOLDS = {"strict": 0.2, "balanced": 0.6, "permissive": 0.9}


def write_model(folder: Path, broken: str | None = None, **changes: object) -> Path:
    """Write the graphs, tokenizer.json and model.json; ``changes`` replace fields of model.json. With ``deep_reads``
    "ids" the deep graph is one that reads the text itself, and answers the same.

    broken  a word whose logits are no numbers
    """
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {
        word: index for index, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *ORDINARY, *TRIGGERS, *WORDS])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", vocabulary["<s>"]), ("</s>", vocabulary["</s>"])]
    )
    # Kept in the file as an export might leave it; the run time must turn it off.
    tokenizer.enable_truncation(16)
    (folder / "tokenizer.json").write_text(tokenizer.to_str())
    for kind in ("", ".plain"):
        (folder / f"fast{kind}.onnx").write_bytes(_fast(vocabulary, broken).SerializeToString())
        deep = _deep_of_ids(vocabulary) if changes.get("deep_reads") == "ids" else _deep()
        (folder / f"deep{kind}.onnx").write_bytes(deep.SerializeToString())
    manifest = {
        "format": 2,
        "name": "tiny",
        "version": "0",
        "created": "2026-01-01",
        "classes": CLASSES,
        "max_tokens": MAX_TOKENS,
        "window_overlap": OVERLAP,
        "router_threshold": 0.5,
        "calibration": {branch: {"temperature": 1.0, "benign_bias": 0.0} for branch in ("fast", "deep")},
        "batch_invariant": True,
        "thresholds": THRESHOLDS,
        "threshold_budgets": {"strict": 0.02, "balanced": 0.01, "permissive": 0.001},
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name in FILES
            if (content := (folder / name).read_bytes())
        },
        "card": {"quality": [{"set": "made up", "detection": 0.5}], "licence": "Apache-2.0"},
        **changes,
    }
    (folder / "model.json").write_text(json.dumps(manifest))
    return folder


def _table(vocabulary: dict[str, int]) -> np.ndarray:
    """float32 [V, 24]: an answer (4 classes, 16 codes, severity, harmful intent), doubt, what the deep graph adds."""
    table = np.zeros((len(vocabulary), _WIDE + 2), np.float32)
    table[:, :4] = (2.0, -4.0, -4.0, -4.0)
    table[:, 20:23] = -4.0
    for word, (index, logit) in TRIGGERS.items():
        table[vocabulary[word], index] = logit
        share = SEVERITY[CLASSES[index]] / 15
        table[vocabulary[word], 20] = np.log(share / (1 - share))
    table[vocabulary[EXTRACTION], 4 + 6] = 3.0
    table[vocabulary[HARMFUL], 21] = 4.0
    table[vocabulary[UNSURE], 22] = 4.0
    table[vocabulary[DEEP_TRIGGER], 23] = 12.0
    return table


_WIDE = 4 + 16 + 2
_PRESENT = [  # the tokens before a row's length: penalties [B, T, 1] for the others
    helper.make_node(
        "ConstantOfShape", ["shape"], ["ones"], value=helper.make_tensor("v", TensorProto.INT64, [1], [1])
    ),
    helper.make_node("CumSum", ["ones", "axis"], ["places"]),
    helper.make_node("Unsqueeze", ["lengths", "axis"], ["ends"]),
    helper.make_node("Greater", ["places", "ends"], ["absent"]),
    helper.make_node("Cast", ["absent"], ["absences"], to=TensorProto.FLOAT),
    helper.make_node("Mul", ["absences", "far"], ["penalty"]),
    helper.make_node("Unsqueeze", ["penalty", "last"], ["penalties"]),
]
_CONSTANTS = {
    "axis": np.array(1, np.int64).reshape(1),
    "last": np.array([2], np.int64),
    "far": np.array(-1e9, np.float32),
    "one": np.array(1.0, np.float32),
}


def _fast(vocabulary: dict[str, int], broken: str | None) -> object:
    table = _table(vocabulary)
    if broken is not None:
        table[vocabulary[broken], :_WIDE] = np.inf
    nodes = [
        helper.make_node("Shape", ["ids"], ["shape"]),
        *_PRESENT,
        helper.make_node("Gather", ["table", "ids"], ["hidden"]),
        helper.make_node("Add", ["hidden", "penalties"], ["masked"]),
        helper.make_node("ReduceMax", ["masked"], ["highest"], axes=[1], keepdims=0),
        helper.make_node("Split", ["highest", "parts"], ["answer", "doubt", "rest"], axis=1),
        helper.make_node("Sigmoid", ["doubt"], ["leave"]),
        helper.make_node("Sub", ["one", "leave"], ["stay"]),
        helper.make_node("Sub", ["leave", "leave"], ["nothing"]),
        helper.make_node("Concat", ["stay", "nothing", "leave"], ["routes"], axis=1),
        helper.make_node("Identity", ["answer"], ["pooled"]),
        helper.make_node("Gather", ["masked", "direct"], ["said"], axis=2),
        helper.make_node("ReduceMax", ["said"], ["evidence"], axes=[1], keepdims=0),
        helper.make_node("ArgMax", ["said"], ["begin"], axis=1, keepdims=0),
        helper.make_node("Cast", ["begin"], ["place"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["place", "one"], ["inside"]),  # the special token in front is not counted
        helper.make_node("Relu", ["inside"], ["run"]),
        helper.make_node("Concat", ["evidence", "run"], ["loudest"], axis=1),
    ]
    constants = _CONSTANTS | {
        "table": table, "parts": np.array([_WIDE, 1, 1], np.int64), "direct": np.array([1], np.int64),
    }  # fmt: skip
    inputs = [("ids", TensorProto.INT64, ["B", "T"]), ("lengths", TensorProto.INT64, ["B"]),
              ("features", TensorProto.FLOAT, ["B", 29])]  # fmt: skip
    outputs = [
        ("hidden", ["B", "T", _WIDE + 2]),
        ("pooled", ["B", _WIDE]),
        ("answer", ["B", _WIDE]),
        ("routes", ["B", 3]),
        ("loudest", ["B", 2]),
    ]
    return _model("fast", nodes, inputs, outputs, constants)


_DEEP_INPUTS = [("lengths", TensorProto.INT64, ["B"]), ("pooled", TensorProto.FLOAT, ["B", _WIDE]),
                ("fast_answer", TensorProto.FLOAT, ["B", _WIDE]), ("routes", TensorProto.FLOAT, ["B", 3])]  # fmt: skip
_ADDED = [  # what the deep graph knows of each token, `more` [B, T, 1], added to the fast answer
    *_PRESENT,
    helper.make_node("Add", ["more", "penalties"], ["masked"]),
    helper.make_node("ReduceMax", ["masked"], ["highest"], axes=[1], keepdims=0),
    helper.make_node("Mul", ["highest", "direct"], ["added"]),
    helper.make_node("Add", ["fast_answer", "added"], ["answer"]),
]
_DEEP_CONSTANTS = _CONSTANTS | {"direct": np.eye(1, _WIDE, 1, dtype=np.float32)}


def _deep() -> object:
    nodes = [
        helper.make_node("Shape", ["hidden"], ["whole"]),
        helper.make_node("Slice", ["whole", "zero", "two"], ["shape"]),
        helper.make_node("Split", ["hidden", "parts"], ["seen", "more"], axis=2),
        *_ADDED,
    ]
    constants = _DEEP_CONSTANTS | {
        "zero": np.array([0], np.int64), "two": np.array([2], np.int64), "parts": np.array([_WIDE + 1, 1], np.int64),
    }  # fmt: skip
    inputs = [("hidden", TensorProto.FLOAT, ["B", "T", _WIDE + 2]), *_DEEP_INPUTS]
    return _model("deep", nodes, inputs, [("answer", ["B", _WIDE])], constants)


def _deep_of_ids(vocabulary: dict[str, int]) -> object:
    nodes = [
        helper.make_node("Shape", ["ids"], ["shape"]),
        helper.make_node("Gather", ["table", "ids"], ["more"]),
        *_ADDED,
    ]
    constants = _DEEP_CONSTANTS | {"table": _table(vocabulary)[:, -1:]}
    inputs = [("ids", TensorProto.INT64, ["B", "T"]), *_DEEP_INPUTS, ("features", TensorProto.FLOAT, ["B", 29])]
    return _model("deep", nodes, inputs, [("answer", ["B", _WIDE])], constants)


def _model(name: str, nodes: list, inputs: list, outputs: list, constants: dict[str, np.ndarray]) -> object:
    used = {part for node in nodes for part in node.input}
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info(*item) for item in inputs],
        [helper.make_tensor_value_info(item, TensorProto.FLOAT, shape) for item, shape in outputs],
        [numpy_helper.from_array(value, item) for item, value in constants.items() if item in used],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def with_weights_apart(folder: Path) -> Path:
    """The fast graphs of a folder with their tensors in files of their own, which model.json lists."""
    manifest = json.loads((folder / "model.json").read_text())
    for name in ("fast.onnx", "fast.plain.onnx"):
        graph = onnx.load(folder / name)
        # One graph after the other: what is there already would be added to.
        (folder / f"{name}.bin").unlink(missing_ok=True)
        onnx.save_model(graph, folder / name, save_as_external_data=True, location=f"{name}.bin", size_threshold=256)
        for one in (name, f"{name}.bin"):
            manifest["files"][one] = {"sha256": hashlib.sha256((folder / one).read_bytes()).hexdigest()}
    (folder / "model.json").write_text(json.dumps(manifest))
    return folder
