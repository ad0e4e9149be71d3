// Escapes inside running text: regions in which they stand close together.
#include <algorithm>

#include "detect/encoding_scan.h"
#include "views/codec_bytes.h"
#include "views/plausible_text.h"

namespace tinyguard::encoding {

const EscapeFamily kEscapeFamilies[kFamilies] = {
    {"url", match_url},
    {"html_entities", match_html_entity},
    {"escapes", match_backslash},
    {"quoted_printable", match_quoted_printable},
};

namespace {

constexpr uint32_t kGap = 24;        // characters between two escapes of a region
constexpr uint32_t kMargin = 128;    // characters around a region that still belong to its word
constexpr size_t kMostRegions = 4;   // past this one recovery spans them all
constexpr uint32_t kMany = 8;        // escapes that may hide a second code
constexpr uint32_t kFewEscapes = 4;  // foreign letters that a reader still reads around

bool ends_word(char32_t c) {
  return is_ascii_space(c) || c == U'"' || c == U'\'' || c == U'<' || c == U'>' || c == U'`';
}

// The words that a region begins and ends in.
Span whole_words(const Scan& scan, Span span, uint32_t floor) {
  const uint32_t first = std::max(floor, span.begin - std::min(span.begin, kMargin));
  const auto last = static_cast<uint32_t>(std::min<size_t>(scan.text.size(), span.end + kMargin));
  while (span.begin > first && !ends_word(scan.text[span.begin - 1])) --span.begin;
  while (span.end < last && !ends_word(scan.text[span.end])) ++span.end;
  return span;
}

// Whether undoing the escapes tells a reader something that the text does not show.
bool hides_text(const EscapeCounts& counts, Family family, uint32_t size) {
  switch (family) {
    case kUrl:
      return counts.plain >= 2 || counts.letters >= kFewEscapes || (counts.plain == 0 && counts.spaces >= 3);
    case kHtml:
      return counts.plain >= 2 || counts.letters >= kFewEscapes;
    case kBackslash:
      return counts.plain >= 3 || counts.letters >= kFewEscapes;
    default:  // "width=65" is an assignment: quoted-printable letters have to stand side by side
      return (counts.plain >= 4 && counts.characters * 5 >= size * 2) ||
             (counts.letters >= 3 && counts.plain * 4 <= counts.total);
  }
}

struct Region {
  Span span;
  EscapeCounts counts;
  float proof;
};

float suspicion_of(const EscapeCounts& counts) {
  const float share = static_cast<float>(counts.plain) / static_cast<float>(std::max(1u, counts.total));
  return counts.plain < 2 ? 0.1f : 0.1f + 0.75f * share;
}

bool prove(const Scan& scan, Family family, Region& region, std::u32string& decoded) {
  std::u32string_view encoded = scan.part(region.span);
  std::u32string form;
  const bool words = std::any_of(encoded.begin(), encoded.end(), is_ascii_space);
  if (family == kUrl && !words && encoded.find(U'+') != std::u32string_view::npos) {
    form = std::u32string(encoded);  // application/x-www-form-urlencoded writes spaces so
    std::replace(form.begin(), form.end(), U'+', U' ');
    encoded = form;
  }
  region.counts = unescape(encoded, kEscapeFamilies[family].matcher, decoded);
  if (!form.empty() && region.counts.total >= 2) {
    const std::u32string_view part = scan.part(region.span);
    region.counts.spaces += static_cast<uint32_t>(std::count(part.begin(), part.end(), U'+'));
  }
  if (region.counts.total >= kMany && region.counts.plain == 0) {  // escaped twice: "%2541"
    std::u32string inner;
    const EscapeCounts counts = unescape(decoded, kEscapeFamilies[family].matcher, inner);
    if (counts.plain >= kMany) {
      region.counts = counts;
      decoded = std::move(inner);
    }
  }
  if (!is_clean_text(decoded)) return false;
  if (hides_text(region.counts, family, region.span.size())) {
    region.proof = text_plausibility(decoded);
    const bool spelled = region.counts.plain >= 4 && region.counts.plain * 2 >= region.counts.total;
    if (region.proof >= (spelled ? 0.1f : 0.35f)) return true;
  }
  // What the escapes spell may be another code. Nobody escapes plain letters throughout who has nothing to
  // hide, and many words may be words of a cipher.
  if (region.counts.total < kMany) return false;
  const bool throughout =
      region.counts.plain >= kMany && region.counts.characters * 5 >= region.span.size() * 4;
  const bool words_of = family == kUrl && region.counts.spaces >= kMany && region.counts.letters == 0;
  region.proof = throughout || words_of ? kPlausible : layer_proof(decoded);
  return region.proof > 0.0f;
}

}  // namespace

void scan_escapes(Scan& scan, Family family, const std::vector<Span>& tokens) {
  const EscapeMatcher matcher = kEscapeFamilies[family].matcher;
  std::vector<Region> proven;
  std::u32string decoded;
  Span open{0, 0};
  bool any = false;
  uint32_t floor = 0;
  const auto close = [&] {
    Region region{whole_words(scan, open, floor), {}, 0.0f};
    floor = region.span.end;
    if (prove(scan, family, region, decoded)) proven.push_back(region);
    any = false;
  };
  for (const Span token : tokens) {
    for (uint32_t i = token.begin; i < token.end;) {
      const char32_t c = scan.text[i];
      const bool lead = c == U'%' || c == U'&' || c == U'\\' || c == U'=' || c == U'U' || c == U'u';
      Escape escape;
      if (!lead || !matcher(scan.text, i, escape)) {
        ++i;
        continue;
      }
      if (any && i > open.end + kGap) close();
      if (i >= floor) {  // else the region before took this word
        if (!any) open.begin = i;
        any = true;
        open.end = i + escape.length;
      }
      i += escape.length;
    }
  }
  if (any) close();

  if (proven.size() > kMostRegions) {
    Region all{{proven.front().span.begin, proven.back().span.end}, {}, 0.0f};
    if (prove(scan, family, all, decoded)) proven.assign(1, all);
  }
  for (Region& region : proven) {
    const EscapeCounts counts = region.counts;
    if (!prove(scan, family, region, decoded)) continue;
    scan.report(region.span, kEscapeFamilies[family].kind, std::move(decoded), region.proof,
                suspicion_of(counts));
  }
}

}  // namespace tinyguard::encoding
