#include "tokenizer/trie.h"

#include <algorithm>
#include <unordered_map>

namespace tinyguard {
namespace {

// The places of the growing array that nothing stands on yet, in order: a doubly linked list inside two
// arrays. Place 0 is its head, since the root is never free.
class FreeList {
 public:
  void grow(size_t size) {
    const size_t old = next_.size();
    next_.resize(size);
    previous_.resize(size);
    used_.resize(size, 0);
    for (size_t i = std::max<size_t>(old, 1); i < size; ++i) {
      const uint32_t last = previous_[0];
      next_[last] = static_cast<uint32_t>(i);
      previous_[i] = last;
      next_[i] = 0;
      previous_[0] = static_cast<uint32_t>(i);
    }
  }
  uint32_t first() const { return next_[0]; }
  uint32_t after(uint32_t place) const { return next_[place]; }
  bool used(size_t place) const { return used_[place] != 0; }
  void take(uint32_t place) {
    next_[previous_[place]] = next_[place];
    previous_[next_[place]] = previous_[place];
    used_[place] = 1;
  }
  size_t size() const { return next_.size(); }

 private:
  std::vector<uint32_t> next_, previous_;
  std::vector<uint8_t> used_;
};

// The keys' positions in the order of their code points. The first three of them decide most comparisons and
// fit one word.
std::vector<uint32_t> sorted(const std::vector<Trie::Key>& keys) {
  std::vector<std::pair<uint64_t, uint32_t>> heads(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    uint64_t head = 0;
    for (size_t k = 0; k < 3; ++k) head = head << 21 | (k < keys[i].text.size() ? keys[i].text[k] + 1 : 0);
    heads[i] = {head, static_cast<uint32_t>(i)};
  }
  std::sort(heads.begin(), heads.end(), [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : keys[a.second].text < keys[b.second].text;
  });
  std::vector<uint32_t> order(keys.size());
  std::transform(heads.begin(), heads.end(), order.begin(), [](const auto& head) { return head.second; });
  return order;
}

// Attempts to place a node's children among the gaps before the gaps so far are given up for all nodes to
// come but those with one child, which fit anywhere.
constexpr size_t kMaxAttempts = 32;

}  // namespace

bool Trie::number_symbols(const std::vector<Key>& keys) {
  std::unordered_map<char32_t, uint32_t> counts;
  for (const Key& key : keys) {
    for (const char32_t c : key.text) ++counts[c];
  }
  std::vector<std::pair<char32_t, uint32_t>> order(counts.begin(), counts.end());
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (order.size() > UINT16_MAX) return false;
  page_of_.assign(0x110000 >> 8, 0);
  pages_.assign(256, 0);  // the page of code points that are in no key
  uint16_t number = 0;
  for (const auto& entry : order) {
    uint16_t& page = page_of_[entry.first >> 8];
    if (page == 0) {
      page = static_cast<uint16_t>(pages_.size() / 256);
      pages_.resize(pages_.size() + 256, 0);
    }
    pages_[static_cast<size_t>(page) * 256 + (entry.first & 255)] = ++number;
  }
  return true;
}

const char* Trie::build(const std::vector<Key>& keys) {
  if (!number_symbols(keys)) return "more than 65,535 different characters";
  const std::vector<uint32_t> order = sorted(keys);

  // Breadth first: the keys of a node are a range of the sorted ones that share their first `depth` code
  // points.
  struct Range {
    uint32_t begin, end, node, depth;
  };
  struct Child {
    uint32_t symbol, begin, end;
  };
  std::vector<Range> ranges = {{0, static_cast<uint32_t>(keys.size()), kRoot, 0}};
  std::vector<Child> children;
  FreeList places;
  places.grow(2);
  uint32_t start = 0;
  nodes_.assign(2, {});
  key_of_.assign(2, kNone);
  for (size_t next = 0; next < ranges.size(); ++next) {
    Range range = ranges[next];
    if (range.begin < range.end && keys[order[range.begin]].text.size() == range.depth) {
      nodes_[range.node].score = keys[order[range.begin]].score;
      key_of_[range.node] = order[range.begin++];
      if (range.begin < range.end && keys[order[range.begin]].text.size() == range.depth)
        return "a piece twice";
    }
    children.clear();
    while (range.begin < range.end) {
      const char32_t c = keys[order[range.begin]].text[range.depth];
      uint32_t end = range.begin + 1;
      while (end < range.end && keys[order[end]].text[range.depth] == c) ++end;
      children.push_back({symbol(c), range.begin, end});
      range.begin = end;
    }
    if (children.empty()) continue;
    const auto [low, high] = std::minmax_element(
        children.begin(), children.end(), [](const Child& a, const Child& b) { return a.symbol < b.symbol; });
    const uint32_t lowest = low->symbol, width = high->symbol - lowest + 1;
    uint32_t place = children.size() == 1 || start == 0 || places.used(start) ? places.first() : start;
    for (size_t attempt = 0;; ++attempt) {
      if (place == 0) {  // nothing free is left: the first new place is
        place = static_cast<uint32_t>(places.size());
        places.grow(places.size() + width);
      } else if (place + width > places.size()) {
        places.grow(place + width);
      }
      const bool fits = std::none_of(children.begin(), children.end(), [&](const Child& child) {
        return places.used(place + child.symbol - lowest);
      });
      if (fits) break;
      if (attempt == kMaxAttempts) start = place;
      place = places.after(place);
    }
    nodes_.resize(places.size());
    key_of_.resize(places.size(), kNone);
    nodes_[range.node].base = place - lowest;
    for (const Child& child : children) {
      const uint32_t node = place + child.symbol - lowest;
      places.take(node);
      nodes_[node].parent = range.node;
      ranges.push_back({child.begin, child.end, node, range.depth + 1});
    }
  }
  return nullptr;
}

uint32_t Trie::find(std::u32string_view text) const {
  uint32_t node = kRoot;
  for (const char32_t c : text) {
    node = step(node, symbol(c));
    if (node == kNone) break;
  }
  return node;
}

}  // namespace tinyguard
