"""Fill the dual-branch model from a pruned pretrained encoder: its first layers the fast branch, the rest the deep one,
or all of them once more where the deep branch reads the text itself.

Where a deep layer is a mixture, every expert begins as a copy of the layer's feed-forward part plus noise (sparse
upcycling, Komatsuzaki et al. 2022), so that the mixture computes what the base did and the experts can part ways.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.model.cased import ignore_case
from training.model.config import DualConfig
from training.model.dual import DualBranch
from training.model.experts import Experts
from training.model.locator import Locator
from training.model.structures import STRUCTURES
from training.pruning.upcycle import Upcycling, experts_of

#: Of a weight's standard deviation.
UPCYCLING_NOISE = 0.02
#: Log-odds of a run at the beginning.
NOTHING = -4.0


@torch.no_grad()
def initialize(model: DualBranch, folder: Path, seed: int = 0) -> None:
    """Load `model.safetensors` and `tokenizer.json` of a BERT-type folder; heads keep their random values.

    Raises ValueError where the base's shape or vocabulary is not the model's.
    """
    base = load_file(folder / "model.safetensors")
    _check(base, model.config, folder)
    # One segment only: its type embedding is a constant that the positions absorb.
    positions = base["embeddings.position_embeddings.weight"] + base["embeddings.token_type_embeddings.weight"][0]
    for embedding in (model.embedding, *([model.deep_embedding] if model.deep_embedding is not None else [])):
        embedding.tokens.weight.copy_(base["embeddings.word_embeddings.weight"])
        embedding.positions.weight.copy_(positions[: model.config.positions])
        _copy(embedding.norm, base, "embeddings.LayerNorm")
    deep = [*enumerate(model.deep_layers, _below(model.config))] if model.config.deep_branch else []
    for index, layer in [*enumerate(model.fast_layers), *deep]:
        source = f"encoder.layer.{index}."
        attention = layer.attention
        for part in ("weight", "bias"):
            names = (f"{source}attention.self.{name}.{part}" for name in ("query", "key", "value"))
            getattr(attention.qkv, part).copy_(torch.cat([base[name] for name in names]))
        _copy(attention.out, base, f"{source}attention.output.dense")
        _copy(attention.norm, base, f"{source}attention.output.LayerNorm")
        _copy(layer.norm, base, f"{source}output.LayerNorm")
        if isinstance(layer.feed, Experts):
            _upcycle(layer.feed, base, source, seed)
        else:
            _copy(layer.feed.up, base, f"{source}intermediate.dense")
            _copy(layer.feed.down, base, f"{source}output.dense")
    if model.config.fast_branch and model.fast_locator is not None:
        _quiet(model.fast_locator, model.fast_layers[-1].norm)
    if deep and model.deep_locator is not None:
        _quiet(model.deep_locator, deep[-1][1].norm)
    ignore_case(model)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    if model.config.characters:
        pieces = piece_characters(tokenizer, model.config)
        model.embedding.piece_characters.copy_(pieces)
        if model.deep_embedding is not None:
            model.deep_embedding.piece_characters.copy_(pieces)
    if model.config.fast_branch and model.patterns is not None:
        model.patterns.written.copy_(structure_vectors(model, tokenizer))


def piece_characters(tokenizer: Tokenizer, config: DualConfig) -> Tensor:
    """int32 [V, L]: the character ids of every piece as it stands in a text; special pieces have none."""
    from tinyguard import _core

    special = set(tokenizer.get_added_tokens_decoder())
    table = torch.zeros(config.vocabulary, config.characters_per_token, dtype=torch.int32)
    for index in range(tokenizer.get_vocab_size()):
        piece = tokenizer.id_to_token(index).replace("▁", " ")
        if index not in special and piece:
            table[index] = torch.from_numpy(_core.char_ids(piece, [(0, len(piece))])[0])
    return table


@torch.no_grad()
def structure_vectors(model: DualBranch, tokenizer: Tokenizer) -> Tensor:
    """[prototypes, D]: the mean state of each written structure after the fast layers."""
    vectors, training = [], model.training
    model.eval()
    for text in STRUCTURES:
        ids = torch.tensor([tokenizer.encode(text).ids])
        features = torch.zeros(1, model.config.features) if model.config.detectors else None
        state = model.run_fast(model.embed(ids, features), torch.ones_like(ids, dtype=torch.bool), features)
        vectors.append(state.hidden[0, 1:-1].mean(0))
    model.train(training)
    return torch.stack(vectors)


def _quiet(locator: Locator, norm: nn.LayerNorm) -> None:
    """Make a new locator read what the last norm gives as if it were not scaled down and shifted, and find nothing:
    there are hundreds of runs, and in most texts none is an attack."""
    inner = locator.inner
    inner.weight.div_(norm.weight.abs().mean())
    inner.bias.sub_(inner.weight @ norm.bias)
    locator.outer.bias.fill_(NOTHING)


def _below(config: DualConfig) -> int:
    """How many layers of the encoder the deep branch's stand on."""
    return 0 if config.separate_deep else config.fast_layers


def _copy(module: nn.Module, base: dict[str, Tensor], name: str) -> None:
    for part, parameter in module.named_parameters():
        parameter.copy_(base[f"{name}.{part}"])


def _upcycle(experts: Experts, base: dict[str, Tensor], source: str, seed: int) -> None:
    options = Upcycling(experts=len(experts.up), noise=UPCYCLING_NOISE, seed=seed)
    for ours, theirs in (("up", "intermediate.dense"), ("down", "output.dense")):
        for part, target in (("weight", ours), ("bias", f"{ours}_bias")):
            name = f"{source}{theirs}.{part}"
            experts.get_parameter(target).copy_(experts_of(base[name], name, options))


def _check(base: dict[str, Tensor], config: DualConfig, folder: Path) -> None:
    vocabulary, width = base["embeddings.word_embeddings.weight"].shape
    ffn = base["encoder.layer.0.intermediate.dense.weight"].shape[0]
    layers = 1 + max(int(name.split(".")[2]) for name in base if name.startswith("encoder.layer."))
    needed = max(config.fast_layers, _below(config) + config.deep_layers if config.deep_branch else 0)
    if (vocabulary, width, ffn) != (config.vocabulary, config.width, config.ffn) or layers < needed:
        have = f"vocabulary {vocabulary}, width {width}, FFN {ffn}, {layers} layers"
        want = f"vocabulary {config.vocabulary}, width {config.width}, FFN {config.ffn}, {needed} layers"
        raise ValueError(f"{folder}: the base does not fit: {have}; the model wants {want}")
