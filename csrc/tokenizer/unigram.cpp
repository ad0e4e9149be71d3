#include "tokenizer/unigram.h"

#include <algorithm>
#include <cmath>

namespace tinyguard {
namespace {

// How much less likely than the least likely piece a character without a piece is (sentencepiece's
// kUnkPenalty).
constexpr double kUnknownPenalty = 10.0;

// The best way to a place of the word: the token that ends there.
struct Step {
  double score;
  uint32_t begin;
  uint32_t node;  // of the trie; kNone for an unknown character
};

constexpr size_t kShortWord = 128;

}  // namespace

const char* Unigram::build(const std::vector<Trie::Key>& pieces, uint32_t unknown) {
  if (unknown >= pieces.size()) return "no piece for unknown characters";
  double least = std::numeric_limits<double>::infinity();
  for (const Trie::Key& piece : pieces) {
    if (piece.text.empty()) return "an empty piece";
    if (!std::isfinite(piece.score)) return "a score that is not a number";
    least = std::min(least, piece.score);
  }
  unknown_ = unknown;
  unknown_score_ = least - kUnknownPenalty;
  // From here on a run of unknown characters could be better than the piece that it spells.
  if (unknown_score_ >= -kUnknownPenalty / 2) return "scores above those of probabilities";
  if (const char* problem = trie_.build(pieces)) return problem;
  whole_ = std::make_unique<std::atomic<uint8_t>[]>(trie_.size());
  return nullptr;
}

void Unigram::cut(std::u32string_view word, std::vector<PieceSpan>& out) const {
  const size_t size = word.size();
  if (size == 0) return;
  uint32_t short_symbols[kShortWord];
  Step short_steps[kShortWord + 1];
  std::vector<uint32_t> long_symbols;
  std::vector<Step> long_steps;
  uint32_t* symbols = short_symbols;
  Step* steps = short_steps;
  if (size > kShortWord) {
    long_symbols.resize(size);
    long_steps.resize(size + 1);
    symbols = long_symbols.data();
    steps = long_steps.data();
  }
  for (size_t i = 0; i < size; ++i) symbols[i] = trie_.symbol(word[i]);
  for (size_t i = 1; i <= size; ++i) steps[i].score = Trie::kNoKey;
  steps[0].score = 0.0;

  uint32_t whole = Trie::kNone;
  for (size_t begin = 0; begin < size; ++begin) {
    const double before = steps[begin].score;
    const auto reach = [&](size_t end, double score, uint32_t node) {
      if (score > steps[end].score) steps[end] = {score, static_cast<uint32_t>(begin), node};
    };
    uint32_t node = Trie::kRoot;
    bool known = false;
    for (size_t i = begin; i < size; ++i) {
      node = trie_.step(node, symbols[i]);
      if (node == Trie::kNone) break;
      const double score = trie_.score(node);
      if (score == Trie::kNoKey) continue;
      known |= i == begin;
      reach(i + 1, before + score, node);
      if (begin == 0 && i + 1 == size) {
        whole = node;
        if (whole_[node].load(std::memory_order_relaxed) == kYes) {
          out.push_back({trie_.key(node), 0, static_cast<uint32_t>(size)});
          return;
        }
      }
    }
    if (!known) reach(begin + 1, before + unknown_score_, Trie::kNone);
  }
  if (whole != Trie::kNone) {
    whole_[whole].store(steps[size].begin == 0 ? kYes : kNo, std::memory_order_relaxed);
  }

  // The way back, fusing unknown characters, and then its tokens turned round.
  const size_t first = out.size();
  for (auto end = static_cast<uint32_t>(size); end > 0; end = steps[end].begin) {
    const Step& step = steps[end];
    const uint32_t piece = step.node == Trie::kNone ? unknown_ : trie_.key(step.node);
    if (piece == unknown_ && out.size() > first && out.back().piece == unknown_) {
      out.back().begin = step.begin;
    } else {
      out.push_back({piece, step.begin, end});
    }
  }
  std::reverse(out.begin() + static_cast<std::ptrdiff_t>(first), out.end());
}

uint32_t Unigram::find(std::u32string_view text) const {
  const uint32_t node = trie_.find(text);
  return node == Trie::kNone ? Trie::kNone : trie_.key(node);
}

}  // namespace tinyguard
