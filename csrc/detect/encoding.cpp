#include "detect/encoding.h"

#include <algorithm>
#include <array>

#include "detect/encoding_scan.h"
#include "views/codec_braille.h"
#include "views/codec_bytes.h"
#include "views/codec_morse.h"
#include "views/codec_nato.h"

namespace tinyguard {
namespace {

using encoding::Finding;
using encoding::Scan;

// What a token is made of decides which scanners look at it.
enum Class : uint32_t {
  kDigit = 1u << 0,
  kHexLower = 1u << 1,
  kHexUpper = 1u << 2,
  kLower = 1u << 3,  // g–z without o and x
  kUpper = 1u << 4,
  kPrefix = 1u << 5,  // x and o of 0x and 0o
  kMark = 1u << 6,    // , ; : ( ) [ ] { }
  kQuote = 1u << 7,
  kSlash = 1u << 8,  // / |
  kMorse = 1u << 9,
  kEscape = 1u << 10,  // % & = + and backslash
  kAngle = 1u << 11,   // < ~
  kOther = 1u << 12,
  kBraille = 1u << 13,
  kWide = 1u << 14,
  kVerb = 1u << 15,  // first character of a verb in writing without spaces
  kSpace = 1u << 31,
};

constexpr uint32_t kListSet = kDigit | kHexLower | kHexUpper | kPrefix | kMark | kQuote | kSlash | kMorse;
constexpr uint32_t kMorseSet = kMorse | kSlash | kQuote;
constexpr uint32_t kUpperSet = kHexUpper | kUpper;
constexpr uint32_t kLowerSet = kHexLower | kLower;

constexpr std::array<uint32_t, 128> classes() {
  std::array<uint32_t, 128> table{};
  for (size_t c = 0; c < 128; ++c) table[c] = c <= ' ' ? kSpace : kOther;
  for (size_t c = '0'; c <= '9'; ++c) table[c] = kDigit;
  for (size_t c = 'a'; c <= 'z'; ++c) {
    table[c] = c <= 'f' ? kHexLower : kLower;
    table[c - 32] = c <= 'f' ? kHexUpper : kUpper;
  }
  for (const char c : {',', ';', ':', '(', ')', '[', ']', '{', '}'}) table[static_cast<size_t>(c)] = kMark;
  for (const char c : {'"', '\'', '`'}) table[static_cast<size_t>(c)] = kQuote;
  for (const char c : {'/', '|'}) table[static_cast<size_t>(c)] = kSlash;
  for (const char c : {'.', '-', '_', '*'}) table[static_cast<size_t>(c)] = kMorse;
  for (const char c : {'%', '&', '=', '+', '\\'}) table[static_cast<size_t>(c)] = kEscape;
  for (const char c : {'<', '~'}) table[static_cast<size_t>(c)] = kAngle;
  // 0x and 0o may stand in a list of numbers, so that their letters must not exclude a token from one.
  for (const char c : {'x', 'o', 'X', 'O'}) table[static_cast<size_t>(c)] = kPrefix;
  return table;
}

constexpr std::array<uint32_t, 128> kClasses = classes();

// Kept out of the token loop, which is the cost of ordinary text.
uint32_t wide_class(char32_t c) {
  if (is_braille(c)) return kBraille;
  if (is_morse_mark(c)) return kMorse;
  return c == U'解' || c == U'デ' || c == U'디' || c == U'복' ? kWide | kVerb : kWide;
}

// Neighbouring tokens of one sort.
struct Run {
  Span span{};
  uint32_t tokens = 0;
  uint32_t flags = 0;

  void add(Span token, uint32_t token_flags) {
    if (tokens == 0) span.begin = token.begin;
    span.end = token.end;
    ++tokens;
    flags |= token_flags;
  }
};

struct Gates {
  uint32_t escapes[encoding::kFamilies] = {};
  std::vector<Span> escaped_tokens[encoding::kFamilies];
  uint32_t verbs = 0;
};

constexpr uint32_t kLeastToken = 8;  // of base64
constexpr uint32_t kLongToken = 16;  // worth a closer look whatever it is made of
constexpr uint32_t kLeastList = 14;  // characters of a list in one token
constexpr uint32_t kLeastListTokens = 4;
constexpr uint32_t kLeastMorse = 10;
constexpr uint32_t kLeastNato = 5;
constexpr uint32_t kMostVerbs = 16;
constexpr uint32_t kWidestGap = 4;  // white space between tokens of one code
constexpr uint32_t kLeastEscapes = 2;

void close_list(Scan& scan, Run& run) {
  if (run.tokens == 0) return;
  const bool enough = run.tokens >= kLeastListTokens || run.span.size() >= kLeastList;
  if (enough && (run.flags & kDigit) != 0 && run.span.end > scan.resume) encoding::scan_lists(scan, run.span);
  run = {};
}

void close_morse(Scan& scan, Run& run) {
  if (run.tokens == 0) return;
  const bool enough = run.tokens >= 4 || (run.flags & kSlash) != 0;
  if (enough && run.span.size() >= kLeastMorse) encoding::scan_morse(scan, run.span);
  run = {};
}

void close_nato(Scan& scan, Run& run) {
  if (run.tokens == 0) return;
  // The gate lets other words pass: the list may begin at any word of the run.
  for (uint32_t i = run.tokens >= kLeastNato ? run.span.begin : run.span.end; i < run.span.end;) {
    uint32_t end = i;
    while (end < run.span.end && is_ascii_alnum(scan.text[end])) ++end;
    if (end > i && i >= scan.resume && nato_letter(scan.text.substr(i, end - i)) != 0)
      encoding::scan_nato(scan, i);
    i = std::max(end + 1, scan.resume);
  }
  run = {};
}

void count_escapes(std::u32string_view text, Span token, Gates& gates) {
  Escape escape;
  bool found[encoding::kFamilies] = {};
  for (uint32_t i = token.begin; i < token.end; ++i) {
    const char32_t c = text[i];
    if (c >= 128 || (kClasses[c] & kEscape) == 0) continue;
    uint32_t family = encoding::kFamilies;
    if (c == U'%' && match_url(text, i, escape)) family = encoding::kUrl;
    if (c == U'&' && match_html_entity(text, i, escape)) family = encoding::kHtml;
    if (c == U'=' && match_quoted_printable(text, i, escape)) family = encoding::kQuoted;
    if (c == U'+' && i > token.begin && match_backslash(text, i - 1, escape)) family = encoding::kBackslash;
    if (c == U'\\') {
      const char32_t next = i + 1 < token.end ? text[i + 1] : 0;  // \n and \" alone hide nothing
      const bool coded = next == U'u' || next == U'x' || next == U'U' || is_digit(next);
      if (coded && match_backslash(text, i, escape)) family = encoding::kBackslash;
    }
    if (family == encoding::kFamilies) continue;
    ++gates.escapes[family];
    if (!found[family]) gates.escaped_tokens[family].push_back(token);
    found[family] = true;
  }
}

// A capital after the first character, or a digit: what words do not have and base64 does.
bool looks_mixed(std::u32string_view token, uint32_t flags) {
  if ((flags & kDigit) != 0) return true;
  if ((flags & kUpperSet) == 0 || (flags & (kLowerSet | kPrefix)) == 0) return false;
  return std::any_of(token.begin() + 1, token.end(), [](char32_t c) { return c - U'A' < 26u; });
}

void inspect_token(Scan& scan, Span token, uint32_t flags, Gates& gates) {
  const std::u32string_view text = scan.text;
  if ((flags & kEscape) != 0) count_escapes(text, token, gates);
  if ((flags & kAngle) != 0) encoding::scan_ascii85(scan, token);
  if ((flags & kBraille) != 0) {
    for (uint32_t i = token.begin; i < token.end; ++i) {
      if (is_braille(text[i]) && i >= scan.resume) encoding::scan_braille(scan, i);
    }
  }
  const bool line_start = token.begin == 0 || text[token.begin - 1] == U'\n';
  if (line_start && token.size() > kLongToken && (flags & kLowerSet) == 0)
    encoding::scan_uuencode(scan, token.begin);
  if (token.size() >= kLeastToken && (token.size() >= kLongToken || looks_mixed(scan.part(token), flags))) {
    if (token.begin >= scan.resume) encoding::scan_radix(scan, token);
    if (token.size() >= kLongToken && (flags & kDigit) != 0 && (flags & ~kListSet) != 0) {
      encoding::scan_lists(scan, token);
    }
    uint32_t word = token.begin;
    while (word < token.end && !is_ascii_letter(text[word])) ++word;
    const size_t hyphen = scan.part({word, token.end}).substr(0, 10).find(U'-');
    if (word >= scan.resume && hyphen < 10 && nato_letter(text.substr(word, hyphen)) != 0)
      encoding::scan_nato(scan, word);
  }
}

// uuencode's "begin 644 name".
bool begins_uuencode(std::u32string_view text, Span token) {
  const std::u32string_view head = text.substr(token.begin, 9);
  return head.size() == 9 && head.substr(0, 6) == U"begin " && is_digit(head[6]) && is_digit(head[7]) &&
         is_digit(head[8]);
}

void find_claim(std::u32string_view text, Span token, Gates& gates, Detection& detection) {
  if (gates.verbs >= kMostVerbs) return;
  const uint32_t verb = encoding::find_decode_verb(text, token);
  if (verb == encoding::kNoVerb) return;
  ++gates.verbs;
  Span where;
  if (encoding::names_encoding(text, verb, where)) detection.evidence.push_back({where, "decode_request"});
}

// Do the first three characters allow a verb that find_decode_verb knows? "dec…", "dek…", "déc…", "ent…",
// "дек…".
bool may_be_verb(const char32_t* word) {
  const char32_t first = word[0] | 0x20;
  if (first == U'd') return (word[2] | 0x20) == U'c' || (word[2] | 0x20) == U'k';
  if (first == U'e') return (word[2] | 0x20) == U't' && (word[3] | 0x20) == U's';
  return word[0] == U'д' || word[0] == U'Д' || word[0] == U'р' || word[0] == U'Р';
}

// Do the first two letters begin a word of the spelling alphabet, or "space"?
bool may_be_nato(const char32_t* word) {
  const char32_t letter = (word[0] | 0x20) - U'a', second = word[1] | 0x20;
  if (letter >= 26u) return false;
  return second == static_cast<unsigned char>(kNatoSecond[letter]) ||
         (letter == U's' - U'a' && second == U'p');
}

// For each first letter, the second letters (as bits) with which a short word is worth a look: spelling
// words, "space", "begin", "dec…", "ent…".
constexpr std::array<uint32_t, 26> word_starts() {
  std::array<uint32_t, 26> starts{};
  for (size_t i = 0; i < 26; ++i) starts[i] = kNatoSecond[i] >= 'a' ? 1u << (kNatoSecond[i] & 31) : 0u;
  starts['s' - 'a'] |= 1u << ('p' & 31);
  starts['b' - 'a'] |= 1u << ('e' & 31);
  starts['d' - 'a'] |= 1u << ('e' & 31);
  starts['e' - 'a'] |= 1u << ('n' & 31);
  return starts;
}

constexpr std::array<uint32_t, 26> kWordStarts = word_starts();

// The fast path of ordinary prose: a short word that no scanner starts from.
bool is_plain_word(const char32_t* word, uint32_t size, uint32_t flags) {
  constexpr uint32_t kPlain = kLowerSet | kUpperSet | kPrefix | kMark | kQuote | kMorse;
  if (size >= kLeastToken || (flags & ~kPlain) != 0 || (flags & (kLower | kUpper)) == 0) return false;
  if (size <= 3) return true;
  const uint32_t first = (word[0] | 0x20) - U'a';
  return first < 26u && (kWordStarts[first] >> (word[1] & 31) & 1u) == 0;
}

void add_coded(Scan& scan, Span token) {
  if (!scan.coded.empty() && token.begin - scan.coded.back().end <= kWidestGap) {
    const std::u32string_view gap = scan.part({scan.coded.back().end, token.begin});
    if (std::all_of(gap.begin(), gap.end(), is_ascii_space)) {
      scan.coded.back().end = token.end;
      return;
    }
  }
  scan.coded.push_back(token);
}

void read_tokens(Scan& scan, Gates& gates, Detection& detection) {
  const std::u32string_view text = scan.text;
  const char32_t* const start = text.data();
  const char32_t* const stop = start + text.size();
  constexpr uint32_t kInspect = kEscape | kAngle | kBraille;
  Run list, morse, nato;
  for (const char32_t* p = start; p < stop;) {
    const char32_t* const begin = p;
    uint32_t flags = 0;
    for (; p < stop; ++p) {
      const char32_t c = *p;
      const uint32_t kind = c < 128 ? kClasses[c] : wide_class(c);
      if (kind == kSpace) break;
      flags |= kind;
    }
    const auto size = static_cast<uint32_t>(p - begin);
    ++p;
    if (size == 0) continue;
    const bool open = list.tokens + morse.tokens + nato.tokens > 0;
    if (!open && is_plain_word(begin, size, flags)) continue;
    const auto offset = static_cast<uint32_t>(begin - start);
    const Span token{offset, offset + size};
    if ((flags & kDigit) != 0 || size >= kLongToken) add_coded(scan, token);
    const bool in_list = (flags & ~kListSet) == 0;
    const bool in_morse = (flags & ~kMorseSet) == 0;
    const bool in_nato = size > 3 && may_be_nato(begin);
    if (in_list || in_morse || in_nato || open) {
      if (in_list) {
        list.add(token, flags);
      } else {
        close_list(scan, list);
      }
      if (in_morse) {
        morse.add(token, flags);
      } else {
        close_morse(scan, morse);
      }
      if (in_nato) {
        nato.add(token, flags);
      } else {
        close_nato(scan, nato);
      }
    }
    if (size < 5 && (flags & kInspect) == 0) continue;
    if ((flags & kInspect) != 0 || size >= kLeastToken) inspect_token(scan, token, flags, gates);
    const bool edge = *begin == U'"' || *begin == U'\'' || *begin == U'(' || *begin == U'*';
    if ((flags & kVerb) != 0 || may_be_verb(begin + edge)) find_claim(text, token, gates, detection);
    if (*begin == U'b' && size == 5 && begins_uuencode(text, token)) encoding::scan_uuencode(scan, offset);
  }
  close_list(scan, list);
  close_morse(scan, morse);
  close_nato(scan, nato);
}

// In order and without overlaps; of two that do, the longer one is kept.
void keep_disjoint(std::vector<Finding>& findings) {
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return a.span.begin != b.span.begin ? a.span.begin < b.span.begin : a.span.end > b.span.end;
  });
  size_t kept = 0;
  for (size_t i = 0; i < findings.size(); ++i) {
    if (kept > 0 && findings[i].span.begin < findings[kept - 1].span.end) {
      if (findings[i].span.size() > findings[kept - 1].span.size())
        findings[kept - 1] = std::move(findings[i]);
      continue;
    }
    if (kept != i) findings[kept] = std::move(findings[i]);
    ++kept;
  }
  findings.resize(kept);
}

float score_of(const std::vector<Finding>& findings, bool claimed, size_t size) {
  float most = 0.0f, weighted = 0.0f;
  for (const Finding& finding : findings) {
    most = std::max(most, finding.suspicion);
    weighted += finding.suspicion * static_cast<float>(finding.span.size());
  }
  if (most == 0.0f) return claimed ? 0.2f : 0.0f;
  const float coverage = std::min(1.0f, weighted / most / static_cast<float>(size));
  return std::min(1.0f, most * (0.45f + 0.55f * coverage) + (claimed ? 0.15f : 0.0f));
}

}  // namespace

namespace encoding {

void scan_all(Scan& scan, Detection& detection) {
  Gates gates;
  read_tokens(scan, gates, detection);
  for (uint8_t family = 0; family < kFamilies; ++family) {
    if (gates.escapes[family] < kLeastEscapes) continue;
    scan_escapes(scan, static_cast<Family>(family), gates.escaped_tokens[family]);
  }
  keep_disjoint(scan.findings);
}

}  // namespace encoding

Detection detect_encoding(const TextView& view) {
  Detection detection;
  Scan scan;
  scan.text = view.normalized.text;
  encoding::scan_all(scan, detection);
  encoding::scan_turned(scan);
  detection.score = score_of(scan.findings, !detection.evidence.empty(), scan.text.size());
  for (Finding& finding : scan.findings) {
    detection.evidence.push_back({finding.span, finding.kind});
    detection.recoveries.push_back(
        {std::move(finding.text), finding.span, finding.kind, finding.plausibility});
  }
  return detection;
}

}  // namespace tinyguard
