// An encoding inside a cheap transformation: base64 written backwards, hex digits rotated by 13 letters.
//
// The result of the outer step has no words in it that would prove it, so the inner one is the proof: a
// region of code that gave no text is turned, and kept where its beginning is then decoded to text.
#include <algorithm>
#include <iterator>

#include "detect/encoding_scan.h"
#include "views/cipher.h"
#include "views/flip.h"

namespace tinyguard::encoding {
namespace {

constexpr uint32_t kLeastCoded = 24;
constexpr size_t kMostRegions = 16;
constexpr uint32_t kTried = 256;  // characters that the proof sees
constexpr uint32_t kLongestEscape = 10;

struct Turn {
  const char* kind;
  std::u32string (*undo)(std::u32string_view);
};
constexpr Turn kTurns[] = {
    {"flip_sentence", flip_sentence},
    {"rot13", [](std::u32string_view text) { return shift_letters(text, 13); }},
};

// The runs that are worth a look, the longest if there are many.
std::vector<Span> longest(const std::vector<Span>& runs) {
  std::vector<Span> regions;
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(regions),
               [](Span run) { return run.size() >= kLeastCoded; });
  if (regions.size() > kMostRegions) {
    const auto most = regions.begin() + static_cast<std::ptrdiff_t>(kMostRegions);
    std::nth_element(regions.begin(), most, regions.end(),
                     [](Span a, Span b) { return a.size() > b.size(); });
    regions.erase(most, regions.end());
  }
  return regions;
}

// As much as the proof sees, without half an escape at the end.
std::u32string_view beginning(std::u32string_view characters) {
  if (characters.size() <= kTried) return characters;
  const size_t mark = characters.find_last_of(U"%&\\ ", kTried - 1);
  return characters.substr(
      0, mark != std::u32string_view::npos && mark + kLongestEscape > kTried ? mark : kTried);
}

// Are there escapes left over that the codec did not take?
bool has_rest(const Finding& finding) {
  const std::string_view kind = finding.kind;
  return (kind == "url" && finding.text.find(U'%') != std::u32string::npos) ||
         (kind == "escapes" && finding.text.find(U'\\') != std::u32string::npos);
}

}  // namespace

float layer_proof(std::u32string_view characters) {
  Scan inner;
  inner.text = beginning(characters);
  Detection ignored;
  scan_all(inner, ignored);
  size_t covered = 0;
  float plausibility = 0.0f;
  for (const Finding& finding : inner.findings) {
    if (has_rest(finding)) continue;
    covered += finding.span.size();
    plausibility = std::max(plausibility, finding.plausibility);
  }
  return covered * 10 >= inner.text.size() * 8 ? plausibility : 0.0f;
}

void scan_turned(Scan& scan) {
  for (const Span region : longest(scan.coded)) {
    const auto overlaps = [&](const Finding& finding) {
      return finding.span.begin < region.end && region.begin < finding.span.end;
    };
    // A turn leaves digits and marks alone, which decode as they stand.
    const bool known = std::any_of(scan.findings.begin(), scan.findings.end(), overlaps);
    if (known && layer_proof(scan.part(region)) > 0.0f) continue;
    for (const Turn& turn : kTurns) {
      std::u32string turned = turn.undo(scan.part(region));
      const float proof = layer_proof(turned);
      if (proof == 0.0f) continue;
      scan.findings.erase(std::remove_if(scan.findings.begin(), scan.findings.end(), overlaps),
                          scan.findings.end());
      scan.report(region, turn.kind, std::move(turned), proof, 0.8f);
      break;
    }
  }
}

}  // namespace tinyguard::encoding
