// A double-array trie over code points (Aoe, "An Efficient Digital Search Algorithm by Using a Double-Array
// Structure", 1989), with a score at each node where a key ends.
//
// Code points are first given dense numbers, the frequent ones the smallest, so that the array has few holes;
// one node is 16 bytes, and a step reads one of them.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace tinyguard {

class Trie {
 public:
  struct Key {
    std::u32string_view text;  // not empty
    double score;              // finite
  };
  static constexpr uint32_t kRoot = 0;
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr double kNoKey = -std::numeric_limits<double>::infinity();

  // What is wrong with the keys, which makes the trie unusable, or null.
  const char* build(const std::vector<Key>& keys);

  // The number of a code point; 0 for one that is in no key, which no step takes.
  uint32_t symbol(char32_t c) const {
    return c < 0x110000 ? pages_[static_cast<size_t>(page_of_[c >> 8]) * 256 + (c & 255)] : 0;
  }
  // The child of a node, or kNone.
  uint32_t step(uint32_t node, uint32_t symbol) const {
    const uint32_t next = nodes_[node].base + symbol;
    return next < nodes_.size() && nodes_[next].parent == node ? next : kNone;
  }
  // The score of the key that ends at a node, or kNoKey.
  double score(uint32_t node) const { return nodes_[node].score; }
  // Its position among the keys, or kNone.
  uint32_t key(uint32_t node) const { return key_of_[node]; }
  size_t size() const { return nodes_.size(); }
  // The node where a text ends, or kNone.
  uint32_t find(std::u32string_view text) const;

 private:
  struct Node {
    double score = kNoKey;
    uint32_t base = kNoBase;  // a child stands at base + symbol, modulo 2^32
    uint32_t parent = kNone;  // kNone where nothing stands
  };
  // Beyond every array whatever symbol is added: a leaf.
  static constexpr uint32_t kNoBase = 0x80000000u;

  bool number_symbols(const std::vector<Key>& keys);

  std::vector<uint16_t> page_of_;
  std::vector<uint16_t> pages_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> key_of_;
};

}  // namespace tinyguard
