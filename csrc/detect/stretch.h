// Stretches of words over which a score that is negative on ordinary text adds up to something.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "detect/detection.h"

namespace tinyguard {

struct Stretch {
  size_t first;  // index of the first word
  size_t last;   // index of the last word, inclusive
  int gain;
};

// Disjoint maximal stretches in one pass: a stretch starts at a positive value and ends where the sum falls
// `drop` below its best or to zero; it is kept if its best reaches `least`. `value(i, open)` is called once
// per word; `open` says whether a stretch has begun, so that words that cannot begin one need not be looked
// at.
template <typename Value>
std::vector<Stretch> find_stretches(size_t count, int least, int drop, Value value) {
  std::vector<Stretch> found;
  int sum = 0, best = 0;
  size_t first = 0, last = 0;
  const auto close = [&] {
    if (best >= least) found.push_back({first, last, best});
    sum = best = 0;
  };
  for (size_t i = 0; i < count; ++i) {
    const int v = value(i, sum != 0);
    if (sum == 0) {
      if (v <= 0) continue;
      first = i;
    }
    sum += v;
    if (sum > best) {
      best = sum;
      last = i;
    } else if (sum <= 0 || sum <= best - drop) {
      close();
    }
  }
  close();
  return found;
}

// A stretch begins no earlier than the word `free` and takes in at most kWidest words on each side, up to the
// first for which `stops(i)` says that something ends before word i.
constexpr size_t kWidest = 40;  // keeps the work linear
template <typename Stops>
Stretch widen_stretch(Stretch stretch, size_t free, size_t count, Stops stops) {
  if (stretch.first < free) stretch.first = free;
  for (size_t n = 0; n < kWidest && stretch.first > free && !stops(stretch.first); ++n) --stretch.first;
  for (size_t n = 0; n < kWidest && stretch.last + 1 < count && !stops(stretch.last + 1); ++n) ++stretch.last;
  return stretch;
}

// What was recovered before a weaker finder looks: of a span that is half covered it says no more.
class Covered {
 public:
  explicit Covered(const std::vector<Recovery>& recoveries) {
    for (const Recovery& recovery : recoveries) {
      begins_.places.push_back(recovery.span.begin);
      ends_.places.push_back(recovery.span.end);
    }
    begins_.add_up();
    ends_.add_up();
  }

  // `own` is what the asking finder recovered last.
  bool mostly(Span span, Span own = {}) const {
    const uint32_t begin = std::max(span.begin, own.begin), end = std::min(span.end, own.end);
    const uint64_t covered = before(span.end) - before(span.begin) + (end > begin ? end - begin : 0);
    return 2 * covered >= span.size();
  }

 private:
  // Sums of distances to sorted places, so that a question costs a binary search however many there are.
  struct Places {
    std::vector<uint32_t> places;
    std::vector<uint64_t> sums;  // sums[i] is that of the first i places
    void add_up() {
      std::sort(places.begin(), places.end());
      sums.assign(1, 0);
      for (const uint32_t place : places) sums.push_back(sums.back() + place);
    }
    uint64_t distances(uint32_t to) const {
      const auto count =
          static_cast<size_t>(std::lower_bound(places.begin(), places.end(), to) - places.begin());
      return uint64_t{to} * count - sums[count];
    }
  };
  // Characters of recovered spans before a position, each span counted by itself.
  uint64_t before(uint32_t position) const { return begins_.distances(position) - ends_.distances(position); }

  Places begins_, ends_;
};

// Counts different words, as far as a proof needs: one word repeated is one piece of evidence.
struct DifferentWords {
  static constexpr uint32_t kEnough = 4;
  uint32_t count = 0;
  uint32_t hashes[kEnough] = {};

  void add(uint32_t hash) {
    for (uint32_t i = 0; i < count; ++i) {
      if (hashes[i] == hash) return;
    }
    if (count < kEnough) hashes[count++] = hash;
  }
};

}  // namespace tinyguard
