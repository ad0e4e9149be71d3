// The most probable cut of a word into pieces of a vocabulary (Kudo, "Subword Regularization", 2018,
// section 3.2), piece for piece as Hugging Face's `tokenizers` finds it.
//
// Exactness hangs on the order of the sums, since equal sums are common ("-----" has many best cuts): scores
// are added from left to right in double precision, and of several best ways to a place the first one found
// is kept, the one that begins furthest left.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/trie.h"

namespace tinyguard {

// A token and where it lies in its word.
struct PieceSpan {
  uint32_t piece;
  uint32_t begin, end;
};

class Unigram {
 public:
  // What is wrong, or null. `unknown` is the piece that stands for characters without one.
  const char* build(const std::vector<Trie::Key>& pieces, uint32_t unknown);

  // Appends the pieces of a word; a run of characters without a piece is one token. Any number of threads may
  // ask. Time and memory grow with the length of the word, not with its square.
  void cut(std::u32string_view word, std::vector<PieceSpan>& out) const;

  // The piece that a text is, or Trie::kNone.
  uint32_t find(std::u32string_view text) const;

 private:
  // For each node of the trie: whether the text that leads to it, as a word, is best left in one piece. Found
  // out when first asked. Every thread would write the same, so the order of memory does not matter.
  enum Whole : uint8_t { kUnasked, kYes, kNo };

  Trie trie_;
  uint32_t unknown_ = 0;
  double unknown_score_ = 0.0;
  std::unique_ptr<std::atomic<uint8_t>[]> whole_;
};

}  // namespace tinyguard
