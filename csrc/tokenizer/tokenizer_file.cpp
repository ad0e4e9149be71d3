// Reading tokenizer.json. Whatever is in it must be known here: a field that is passed over could change ids.
#include <initializer_list>

#include "json/json.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer.h"

namespace tinyguard {

using json::Kind;
using json::Value;

namespace {

std::string unsupported(const std::string& what) { return "unsupported: " + what; }

bool equals(const Value& value, std::string_view text) {
  return value.is(Kind::string) && value.text() == text;
}

bool is_true(const Value& value) { return value.truth(); }
bool is_false(const Value& value) { return value.is(Kind::boolean) && !value.truth(); }
bool absent(const Value& value) { return !value || value.is(Kind::null); }

// The first field of an object that is none of these, or an empty text.
std::string unknown_field(const Value& object, std::initializer_list<std::string_view> known) {
  for (Value key = object.first(); key; key = key.next().next()) {
    bool found = false;
    for (const std::string_view name : known) found |= key.text() == name;
    if (!found) return std::string(key.text());
  }
  return "";
}

bool is_metaspace(const Value& value) {
  return equals(value["type"], "Metaspace") && equals(value["replacement"], "\u2581") &&
         equals(value["prepend_scheme"], "always") && is_true(value["split"]) && value.size() == 4;
}

bool is_whitespace_then_metaspace(const Value& value) {
  const Value steps = value["pretokenizers"];
  const Value first = steps.first();
  return equals(value["type"], "Sequence") && value.size() == 2 && steps.size() == 2 &&
         equals(first["type"], "WhitespaceSplit") && first.size() == 1 && is_metaspace(first.next());
}

// U+0130 → "i", then lower case: the one character whose lower case is two is spelled out before, so that
// every character stays one.
bool is_lowercase(const Value& value) {
  const Value steps = value["normalizers"];
  const Value first = steps.first(), second = first.next();
  return equals(value["type"], "Sequence") && value.size() == 2 && steps.size() == 2 &&
         equals(first["type"], "Replace") && first.size() == 3 &&
         equals(first["pattern"]["String"], "\u0130") && equals(first["content"], "i") &&
         equals(second["type"], "Lowercase") && second.size() == 1;
}

}  // namespace

class TokenizerFile {
 public:
  TokenizerFile(const Value& root, Tokenizer& out) : root_(root), out_(out) {}

  std::string read() {
    if (!root_.is(Kind::object)) return "not an object";
    // Truncation and padding are the caller's; the decoder is for the way back.
    const std::string field =
        unknown_field(root_, {"version", "truncation", "padding", "added_tokens", "normalizer",
                              "pre_tokenizer", "post_processor", "decoder", "model"});
    if (!field.empty()) return unsupported(field);
    if (!equals(root_["version"], "1.0")) return unsupported("version");
    out_.lowercase_ = is_lowercase(root_["normalizer"]);
    if (!absent(root_["normalizer"]) && !out_.lowercase_) return unsupported("normalizer");
    if (!is_whitespace_then_metaspace(root_["pre_tokenizer"])) return unsupported("pre_tokenizer");
    std::string problem = model(root_["model"]);
    if (problem.empty()) problem = added_tokens(root_["added_tokens"]);
    if (problem.empty()) problem = post_processor(root_["post_processor"]);
    return problem;
  }

 private:
  std::string model(const Value& model) {
    if (!equals(model["type"], "Unigram")) return unsupported("model");
    const std::string field = unknown_field(model, {"type", "unk_id", "vocab", "byte_fallback"});
    if (!field.empty()) return unsupported("model." + field);
    if (!absent(model["byte_fallback"]) && !is_false(model["byte_fallback"]))
      return unsupported("byte_fallback");
    int64_t unknown = -1;
    if (!model["unk_id"].integer(unknown) || unknown < 0) return unsupported("a model without unk_id");
    const Value vocabulary = model["vocab"];
    if (vocabulary.size() >= UINT32_MAX / 2 || unknown >= static_cast<int64_t>(vocabulary.size())) {
      return "unk_id is outside the vocabulary";
    }
    // The pieces one after the other in one text, so that the keys are views of it.
    std::u32string characters;
    std::vector<size_t> ends;
    std::vector<Trie::Key> pieces;
    ends.reserve(vocabulary.size());
    pieces.reserve(vocabulary.size());
    for (Value entry = vocabulary.first(); entry; entry = entry.next()) {
      const Value text = entry.first(), score = text.next();
      if (entry.size() != 2 || !text.is(Kind::string) || !score.is(Kind::number)) {
        return "vocab[" + std::to_string(pieces.size()) + "] is not a piece and a score";
      }
      characters += decode_utf8(text.text());
      ends.push_back(characters.size());
      pieces.push_back({{}, score.number()});
    }
    size_t begin = 0;
    for (size_t i = 0; i < pieces.size(); ++i) {
      pieces[i].text = std::u32string_view(characters).substr(begin, ends[i] - begin);
      begin = ends[i];
    }
    const char* problem = out_.unigram_.build(pieces, static_cast<uint32_t>(unknown));
    return problem == nullptr ? "" : unsupported(problem);
  }

  std::string added_tokens(const Value& tokens) {
    for (Value token = tokens.first(); token; token = token.next()) {
      const std::u32string content = decode_utf8(token["content"].text());
      int64_t id = -1;
      const bool plain = is_true(token["special"]) && is_false(token["normalized"]) &&
                         is_false(token["single_word"]) && is_false(token["lstrip"]) &&
                         is_false(token["rstrip"]) && token.size() == 7;
      if (!plain || content.empty() || !token["id"].integer(id) || id != out_.id(content)) {
        return unsupported("added token '" + std::string(token["content"].text()) + "'");
      }
      out_.special_.push_back(content);
    }
    return "";
  }

  // Only the form for one text is read: the special tokens before and after it.
  std::string post_processor(const Value& processor) {
    if (absent(processor)) return "";
    if (!equals(processor["type"], "TemplateProcessing")) return unsupported("post_processor");
    bool after = false;
    for (Value item = processor["single"].first(); item; item = item.next()) {
      if (item["Sequence"] && equals(item["Sequence"]["id"], "A") && !after) {
        after = true;
        continue;
      }
      const Value ids = processor["special_tokens"][item["SpecialToken"]["id"].text()]["ids"];
      if (ids.size() == 0) return unsupported("post_processor");
      for (Value entry = ids.first(); entry; entry = entry.next()) {
        int64_t id = -1;
        if (!entry.integer(id) || id < 0) return unsupported("post_processor");
        (after ? out_.suffix_ : out_.prefix_).push_back(id);
      }
    }
    return after ? "" : unsupported("post_processor");
  }

  const Value root_;
  Tokenizer& out_;
};

std::string Tokenizer::read(std::string_view json) {
  json::Document document;
  *this = {};
  const std::string problem = document.parse(json);
  return problem.empty() ? TokenizerFile(document.root(), *this).read() : problem;
}

}  // namespace tinyguard
