#include "guard/judge.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace tinyguard::guard {
namespace {

constexpr struct {
  std::string_view name;
  int code;
} kThreats[] = {
    {"benign", TINYGUARD_THREAT_BENIGN},
    {"direct_injection", TINYGUARD_THREAT_DIRECT_INJECTION},
    {"jailbreak", TINYGUARD_THREAT_JAILBREAK},
    {"obfuscation", TINYGUARD_THREAT_OBFUSCATION},
    {"context_overflow", TINYGUARD_THREAT_CONTEXT_OVERFLOW},
    {"indirect_injection", TINYGUARD_THREAT_INDIRECT_INJECTION},
    {"prompt_extraction", TINYGUARD_THREAT_PROMPT_EXTRACTION},
    {"harmful_request", TINYGUARD_THREAT_HARMFUL_REQUEST},
    {"uncertain", TINYGUARD_THREAT_UNCERTAIN},
};

// What the views pipeline puts around a recovered span, and the longest gap between two spans that it keeps.
constexpr size_t kContext = 200, kGap = 400;

// From this many windows on, more of them excuse nothing: padding must not buy an attack more than that.
constexpr unsigned kMostWindows = 4;

// What the odds of a closer look are divided by: it shows the model the most suspicious part without what
// stands around.
constexpr unsigned kLook = 8;
// Fewest tokens of a text in which a part can be looked at more closely; of a shorter one it would be most of
// it.
constexpr size_t kLeastTokens = 64;

// The threat of a window, by its class and by the finer code: whose injection it is, and what it is after.
unsigned threat_of(unsigned kind, unsigned code, size_t role) {
  if (kind != TINYGUARD_THREAT_DIRECT_INJECTION) return kind;
  // Text that a tool or a document brings in was not written by the user.
  if (role == TINYGUARD_TOOL || role == TINYGUARD_DOCUMENT || code == TINYGUARD_THREAT_INDIRECT_INJECTION) {
    return TINYGUARD_THREAT_INDIRECT_INJECTION;
  }
  return code == TINYGUARD_THREAT_PROMPT_EXTRACTION ? TINYGUARD_THREAT_PROMPT_EXTRACTION : kind;
}

// Whether some recovered view holds the whole text, its encoded parts in plain words and the rest as it
// stands. Then the encoded form says nothing that the view does not, and is not judged for being encoded.
bool read_through(const Analysis& analysis) {
  const size_t length = analysis.normalized.original_length;
  for (size_t i = 1; i < analysis.views.size(); ++i) {
    std::vector<Span> spans;
    for (const Evidence& evidence : analysis.evidence) {
      if (analysis.views[i].kind == evidence.kind) spans.push_back(evidence.span);
    }
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    });
    size_t covered = 0;
    int64_t widest = 0;
    for (size_t k = 0; k < spans.size(); ++k) {
      covered += spans[k].end - spans[k].begin;
      if (k != 0) widest = std::max(widest, int64_t{spans[k].begin} - int64_t{spans[k - 1].end});
    }
    if (spans.empty() || 2 * covered < length) continue;
    const int64_t after = static_cast<int64_t>(length) - int64_t{spans.back().end};
    if (spans.front().begin <= kContext && after <= int64_t{kContext} && widest <= int64_t{kGap}) return true;
  }
  return false;
}

// Whether a text is in plain words, however odd: what hides a text shows in a detector of disguise, or has
// been recovered into a view of its own.
bool in_plain_words(const Analysis& analysis) {
  constexpr std::string_view kDisguises[] = {"flip",         "homoglyph", "encryption", "encoding",
                                             "typoglycemia", "leet",      "invisible"};
  if (analysis.views.size() != 1) return false;
  for (size_t i = 0; i < kDetectorCount; ++i) {
    const bool disguise =
        std::find(std::begin(kDisguises), std::end(kDisguises), kDetectors[i].name) != std::end(kDisguises);
    if (disguise && analysis.scores[i] > 0.0f) return false;
  }
  return true;
}

}  // namespace

int threat_code(std::string_view name) {
  for (const auto& threat : kThreats) {
    if (threat.name == name) return threat.code;
  }
  return -1;
}

double round_6(double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6f", number);
  return std::strtod(text, nullptr);
}

bool asks_for_a_look(float loudness, size_t windows, size_t tokens) {
  return loudness > 0.0f && (windows > 1 || tokens >= kLeastTokens);
}

double among(double score, unsigned windows) { return discounted(score, std::min(windows, kMostWindows)); }

double discounted(double score, unsigned divisor) {
  return divisor <= 1 ? score : score / (score + divisor * (1.0 - score));
}

Scan::Scan(const Analysis& analysis, size_t role, const std::vector<unsigned>& classes)
    : analysis_(analysis),
      role_(role),
      classes_(classes),
      findings_(analysis.views.size()),
      looks_(analysis.views.size()),
      windows_(analysis.views.size()) {
  const bool plain = in_plain_words(analysis);
  for (size_t i = 1; i < classes.size(); ++i) {
    if (!plain || classes[i] != TINYGUARD_THREAT_OBFUSCATION) kinds_.push_back(i);
  }
  if (kinds_.empty()) kinds_.push_back(1);  // a model whose one attack is obfuscation
}

Finding Scan::found(const Reading& reading) const {
  const std::vector<double>& p = reading.probabilities;
  double score = 0.0;
  for (size_t i = 1; i < p.size(); ++i) score += p[i];
  const size_t likeliest =
      *std::max_element(kinds_.begin(), kinds_.end(), [&p](size_t a, size_t b) { return p[a] < p[b]; });
  return {score, threat_of(classes_[likeliest], reading.code, role_), reading.severity};
}

void Scan::add(size_t view, const Reading& reading) {
  ++windows_[view];
  const Finding finding = found(reading);
  std::optional<Finding>& known = findings_[view];
  if (!known || finding.score > known->score) known = finding;
}

// What a view is judged by: its worst window, or the closer look at it where that is worse.
std::optional<Finding> Scan::judged(size_t view) const {
  std::optional<Finding> finding = findings_[view];
  if (!finding) return finding;
  finding->score = among(finding->score, windows_[view]);
  std::optional<Finding> look = looks_[view];
  if (!look) return finding;
  look->score = discounted(look->score, kLook);
  return look->score > finding->score ? look : finding;
}

uint16_t Scan::judge(const Bands& bands, unsigned overflow_action) const {
  std::vector<std::pair<size_t, Finding>> found;
  for (size_t i = read_through(analysis_) ? 1 : 0; i < findings_.size(); ++i) {
    if (const std::optional<Finding> finding = judged(i)) found.emplace_back(i, *finding);
  }
  const auto worst = std::max_element(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.second.score < b.second.score;
  });
  const double highest = found.empty() ? 0.0 : worst->second.score;
  const double score = std::min(1.0, std::max(0.0, round_6(highest)));
  unsigned threat = TINYGUARD_THREAT_BENIGN, severity = 0, action = bands.action(score);
  if (score >= bands.threshold && !found.empty()) {
    // The plain text where it convicts by itself, for then nothing was hidden; else the worst recovered view.
    const bool plain = found[0].first == 0 && round_6(found[0].second.score) >= bands.threshold;
    const auto& [view, finding] = plain ? found[0] : *worst;
    severity = static_cast<unsigned>(std::max(1.0, std::min(15.0, std::nearbyint(finding.severity))));
    threat = view != 0 ? unsigned{TINYGUARD_THREAT_OBFUSCATION} : finding.threat;
  } else if (analysis_.overflow) {
    threat = TINYGUARD_THREAT_CONTEXT_OVERFLOW;
    action = std::max(action, overflow_action);
  } else if (action == TINYGUARD_ACTION_REVIEW) {
    threat = TINYGUARD_THREAT_UNCERTAIN;
  }
  return verdict_bits(score, bands.threshold, threat, severity, action);
}

uint16_t verdict_bits(double score, double threshold, unsigned threat, unsigned severity, unsigned action) {
  const double side = score < threshold ? threshold : 1.0 - threshold;
  const double confidence = side > 0.0 ? round_6(std::fabs(score - threshold) / side) : 1.0;
  return tinyguard_encode(threat, static_cast<unsigned>(std::nearbyint(15.0 * confidence)), severity, action);
}

}  // namespace tinyguard::guard
