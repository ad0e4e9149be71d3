#include "views/pipeline.h"

#include <algorithm>

#include "views/assemble.h"

namespace tinyguard {
namespace {

// Kinds whose plaintext stands for itself: what it is hidden in would only dilute it.
constexpr std::string_view kStandalone[] = {"hidden_markup", "tags", "variation_selectors",
                                            "zero_width_bits"};

Context context_of(std::string_view kind) {
  for (std::string_view name : kStandalone) {
    if (kind == name) return Context::none;
  }
  return Context::around;
}

// All that one technique recovered from one text.
struct Candidate {
  const char* kind = nullptr;
  std::vector<const Recovery*> parts;
  uint64_t covered = 0;
  float plausibility = 0.0f;  // weighted by length
  float priority() const { return plausibility * static_cast<float>(covered); }
};

// A finished view that competes for one of the places.
struct Finished {
  View view;
  float priority = 0.0f;
  std::vector<Span> replaced;  // in the assembled text, before it was normalized
  NormalizedText normalized;
};

// The position in the normalized text of a position in the original.
uint32_t to_normalized(const NormalizedText& normalized, uint32_t position) {
  const auto& origin = normalized.origin;
  if (origin.empty()) return position;
  const auto at = std::lower_bound(origin.begin(), origin.end(), position) - origin.begin();
  return static_cast<uint32_t>(std::min<size_t>(static_cast<size_t>(at), normalized.text.size()));
}

// Text that normalization found in invisible characters, in the form of recoveries.
std::vector<Recovery> smuggled_recoveries(const NormalizedText& normalized) {
  std::vector<Recovery> recoveries;
  for (const SmuggledText& smuggled : normalized.smuggled) {
    const uint32_t begin = to_normalized(normalized, smuggled.origin.begin);
    const uint32_t end = std::max(begin, to_normalized(normalized, smuggled.origin.end));
    recoveries.push_back({smuggled.text, {begin, end}, smuggled.kind, 0.9f});
  }
  return recoveries;
}

// One candidate for each technique, the weightiest first.
std::vector<Candidate> group(const std::vector<Recovery>& recoveries) {
  std::vector<Candidate> candidates;
  for (const Recovery& recovery : recoveries) {
    if (recovery.text.empty()) continue;
    auto same = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
      return std::string_view(candidate.kind) == recovery.kind;
    });
    if (same == candidates.end())
      same = candidates.insert(candidates.end(), Candidate{recovery.kind, {}, 0, 0.0f});
    same->parts.push_back(&recovery);
  }
  for (Candidate& candidate : candidates) {
    candidate.parts = arrange(std::move(candidate.parts));
    double weighted = 0.0;
    for (const Recovery* part : candidate.parts) {
      // What was invisible covers nothing; its plaintext counts instead.
      const uint64_t covered =
          std::max<uint64_t>({part->span.size(), part->span.size() == 0 ? part->text.size() : 0, 1});
      candidate.covered += covered;
      weighted += static_cast<double>(part->plausibility) * static_cast<double>(covered);
    }
    candidate.plausibility = static_cast<float>(weighted / static_cast<double>(candidate.covered));
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.priority() > b.priority(); });
  return candidates;
}

// What a view was recovered from, in the original: what was invisible has a place there only.
Span hull_of(const Candidate& candidate, const NormalizedText& source) {
  Span hull{UINT32_MAX, 0};
  for (const SmuggledText& smuggled : source.smuggled) {
    if (std::string_view(smuggled.kind) != candidate.kind) continue;
    hull = {std::min(hull.begin, smuggled.origin.begin), std::max(hull.end, smuggled.origin.end)};
  }
  if (hull.begin < hull.end) return hull;
  const Span first = source.to_original(candidate.parts.front()->span);
  const Span last = source.to_original(candidate.parts.back()->span);
  return {first.begin, std::max(first.end, last.end)};
}

Finished finish(const Candidate& candidate, const NormalizedText& source, size_t limit, bool& cut) {
  Assembled assembled = assemble(source.text, candidate.parts, context_of(candidate.kind), limit);
  cut = cut || assembled.cut;
  Finished finished;
  finished.normalized = normalize(assembled.text);
  finished.view.text = finished.normalized.text;
  finished.view.kind = candidate.kind;
  finished.view.plausibility = candidate.plausibility;
  finished.view.depth = 1;
  finished.view.span = hull_of(candidate, source);
  finished.priority = candidate.priority();
  finished.replaced = std::move(assembled.replaced);
  return finished;
}

// How many characters of `inner` (in the assembled text) lie in `replaced`; both sorted and disjoint.
uint64_t overlap(const std::vector<Span>& replaced, const std::vector<Span>& inner) {
  uint64_t total = 0;
  for (size_t i = 0, k = 0; i < replaced.size() && k < inner.size();) {
    const uint32_t begin = std::max(replaced[i].begin, inner[k].begin);
    const uint32_t end = std::min(replaced[i].end, inner[k].end);
    if (begin < end) total += end - begin;
    (replaced[i].end < inner[k].end ? i : k) += 1;
  }
  return total;
}

// What is hidden in the text that a view recovered: `take(candidate, size)` is given each technique and how
// many characters of the recovered text it recovers once more. It answers whether to go on.
template <typename Take>
void look_into(const Finished& outer, bool& cut, Take take) {
  const TextView view{outer.normalized.text, outer.normalized};
  const Shared shared{scan_words(view.original), {}};
  std::vector<Recovery> recoveries = smuggled_recoveries(outer.normalized);
  for (const RegisteredDetector& detector : kDetectors) {
    if (!detector.recovers) continue;
    Detection detection = detector.detect(view, shared);
    cut = cut || detection.cut;
    std::move(detection.recoveries.begin(), detection.recoveries.end(), std::back_inserter(recoveries));
  }
  for (const Candidate& candidate : group(recoveries)) {
    std::vector<Span> spans;
    for (const Recovery* part : candidate.parts) {
      Span span = outer.normalized.to_original(part->span);
      if (span.size() == 0) ++span.end;  // invisible text stands between characters
      spans.push_back(span);
    }
    const uint64_t shared_size = overlap(outer.replaced, spans);
    if (shared_size == 0) continue;  // only the surroundings: the first layer has seen them
    if (!take(candidate, shared_size)) return;
  }
}

// The second layer. Marks the outer view as superseded when nearly all that it recovered was recovered once
// more, into something that reads better.
void descend(Finished& outer, size_t limit, std::vector<Finished>& results, bool& overflow,
             bool& superseded) {
  uint64_t outer_size = 0;
  for (const Span& span : outer.replaced) outer_size += span.size();
  look_into(outer, overflow, [&](const Candidate& candidate, uint64_t shared_size) {
    if (outer.view.kind == candidate.kind && context_of(candidate.kind) == Context::none) return true;
    Finished inner = finish(candidate, outer.normalized, limit, overflow);
    inner.view.span = outer.view.span;
    inner.view.depth = outer.view.depth + 1;
    inner.view.kind = outer.view.kind + "+" + candidate.kind;
    superseded = superseded ||
                 (10 * shared_size >= 9 * outer_size && candidate.plausibility > outer.view.plausibility);
    results.push_back(std::move(inner));
    return true;
  });
}

// Whether a view of the last layer still hides something that would have made one more.
bool hides_more(const Finished& inner, size_t limit, const std::vector<View>& views) {
  bool cut = false, more = false;
  look_into(inner, cut, [&](const Candidate& candidate, uint64_t) {
    const Finished deeper = finish(candidate, inner.normalized, limit, cut);
    more = !deeper.view.text.empty() && std::none_of(views.begin(), views.end(), [&](const View& view) {
      return view.text == deeper.view.text;
    });
    return !more;
  });
  return more || cut;
}

// Takes the weightiest views that are new and fit.
void select(std::vector<Finished> finished, size_t budget, Analysis& analysis) {
  const size_t limit = budget;
  std::vector<const Finished*> last;  // views of the last layer
  std::stable_sort(finished.begin(), finished.end(),
                   [](const Finished& a, const Finished& b) { return a.priority > b.priority; });
  for (Finished& candidate : finished) {
    std::u32string& text = candidate.view.text;
    const bool known = text.empty() || std::any_of(analysis.views.begin(), analysis.views.end(),
                                                   [&](const View& view) { return view.text == text; });
    if (known) continue;
    if (analysis.views.size() > kMaxViews || budget == 0) {
      analysis.overflow = true;
      return;
    }
    if (text.size() > budget) {
      text.resize(budget);
      analysis.overflow = true;
    }
    budget -= text.size();
    if (candidate.view.depth == kMaxDepth) last.push_back(&candidate);
    analysis.views.push_back(std::move(candidate.view));
  }
  for (size_t i = 0; i < last.size() && !analysis.overflow; ++i)
    analysis.overflow = hides_more(*last[i], limit, analysis.views);
}

}  // namespace

Analysis analyze(std::u32string_view original) {
  Analysis analysis;
  analysis.normalized = normalize(original);
  const NormalizedText& normalized = analysis.normalized;
  const TextView view{original, normalized};
  const Shared shared = measure_shared(view);

  std::vector<Recovery> recoveries = smuggled_recoveries(normalized);
  for (size_t i = 0; i < kDetectorCount; ++i) {
    Detection detection = kDetectors[i].detect(view, shared);
    analysis.scores[i] = detection.score;
    analysis.overflow = analysis.overflow || detection.cut;
    for (const Evidence& evidence : detection.evidence) {
      if (evidence.span.size() > 0)
        analysis.evidence.push_back({normalized.to_original(evidence.span), evidence.kind});
    }
    std::move(detection.recoveries.begin(), detection.recoveries.end(), std::back_inserter(recoveries));
  }
  // What was removed has no place in the normalized text, but it has one in the original.
  for (const Span& span : normalized.invisible_spans) analysis.evidence.push_back({span, "invisible"});
  compute_features(view, shared, analysis.scores.data(), analysis.features.data());

  analysis.views.push_back({normalized.text, "text", {0, normalized.original_length}, 1.0f, 0});
  if (recoveries.empty()) return analysis;

  const size_t budget = std::max(kLengthFactor * original.size(), kLengthFloor);
  const std::vector<Candidate> candidates = group(recoveries);
  if (candidates.size() > kMaxViews) analysis.overflow = true;
  std::vector<Finished> outer, results;
  for (size_t i = 0; i < std::min(candidates.size(), kMaxViews); ++i) {
    outer.push_back(finish(candidates[i], normalized, budget, analysis.overflow));
  }
  for (Finished& finished : outer) {
    bool superseded = false;
    descend(finished, budget, results, analysis.overflow, superseded);
    if (!superseded) results.push_back(std::move(finished));
  }
  select(std::move(results), budget, analysis);
  return analysis;
}

}  // namespace tinyguard
