// A small, strict reader of JSON (RFC 8259) for the files of a model folder.
//
// The document is one flat array of nodes over one arena of text, so that reading a tokenizer of 48,000
// pieces costs a few milliseconds and two allocations that matter. UTF-8 must be valid and surrogate escapes
// paired; nothing may follow the value. Of members with the same name the last counts, as in Python's json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tinyguard::json {

enum class Kind : uint8_t { missing, null, boolean, number, string, array, object };

class Document;

// A place in a document, which it must not outlive; `missing` where there is nothing.
class Value {
 public:
  Value() = default;
  Value(const Document* document, uint32_t index) : document_(document), index_(index) {}

  Kind kind() const;
  bool is(Kind kind) const { return this->kind() == kind; }
  explicit operator bool() const { return document_ != nullptr; }

  // A string's characters in UTF-8; a number as it is spelled; otherwise empty.
  std::string_view text() const;
  bool truth() const;
  // The double nearest to the number, whatever the locale; 0 for anything else.
  double number() const;
  // Whether this is a number spelled as an integer that fits, which is then in `value`.
  bool integer(int64_t& value) const;
  // Items of an array, members of an object.
  size_t size() const;

  // The first item of an array or the first name of an object; a name's next is its value, and that one's
  // next the next name.
  Value first() const;
  Value next() const;
  // A member by its name.
  Value operator[](std::string_view name) const;

 private:
  const Document* document_ = nullptr;
  uint32_t index_ = 0;
};

class Document {
 public:
  // An empty message, or what is wrong and at which byte.
  std::string parse(std::string_view text);
  Value root() const { return nodes_.empty() ? Value() : Value(this, 0); }

 private:
  friend class Value;
  friend class Reader;
  struct Node {
    uint32_t text = 0;  // where its text begins in the arena
    uint32_t size = 0;  // bytes of text, or items or members; 1 for true
    uint32_t next = 0;  // the next sibling, 0 for the last
    Kind kind = Kind::null;
  };
  std::vector<Node> nodes_;
  std::string arena_;
};

}  // namespace tinyguard::json
