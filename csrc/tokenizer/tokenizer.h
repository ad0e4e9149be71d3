// From a text to the model's token ids: a tokenizer.json of the kind that XLM-RoBERTa's family uses (words at
// white space, U+2581 before each, Unigram pieces; as written or in lower case), read and run with the
// results of Hugging Face's `tokenizers`.
//
// One thing is different on purpose: special tokens that are spelled out in a text ("</s>") are text. Their
// first character is read as U+2039, so that none of their pieces can be mistaken for them. Lone surrogates
// are read as U+FFFD.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/unigram.h"

namespace tinyguard {

class Tokenizer {
 public:
  // Reads the bytes of a tokenizer.json. An empty message, or what is wrong with it or not supported.
  std::string read(std::string_view json);

  // Appends the ids of a text, without those around it. Where `offsets` is given, it gets begin and end of
  // each token in characters of the text, two numbers a token.
  void encode(std::u32string_view text, std::vector<int64_t>& ids, std::vector<int32_t>* offsets) const;

  // Ids that stand before and after a text.
  const std::vector<int64_t>& prefix() const { return prefix_; }
  const std::vector<int64_t>& suffix() const { return suffix_; }
  // The id of a token by its spelling, -1 if there is none.
  int64_t id(std::u32string_view token) const;

 private:
  friend class TokenizerFile;
  std::u32string_view clean(std::u32string_view text, std::u32string& changed) const;

  Unigram unigram_;
  bool lowercase_ = false;
  std::vector<std::u32string> special_;
  std::vector<int64_t> prefix_, suffix_;
};

}  // namespace tinyguard
