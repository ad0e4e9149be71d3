// Links that carry text out of the conversation, markdown's alt texts and invisible comments, comments in
// code.
//
// A rendered image is fetched without a click, so that an address with a place for the conversation in it
// leaks the conversation: Rehberger, "Bing Chat: Data Exfiltration Exploit Explained" (2023).
#include "detect/indirect_scan.h"
#include "text/lowercase.h"

namespace tinyguard::indirect {
namespace {

constexpr size_t kLabelReach = 600, kUrlReach = 2000, kLineReach = 600;
constexpr size_t npos = std::u32string_view::npos;
constexpr float kAltThreshold = 0.35f;
constexpr float kCodeThreshold = 0.45f;  // code is full of imperatives

// Names of parameters that carry what somebody said.
constexpr std::u32string_view kLeakParameters[] = {
    U"q",       U"data", U"d",       U"secret",  U"prompt", U"chat", U"history", U"conversation",
    U"context", U"leak", U"exfil",   U"payload", U"stolen", U"info", U"msg",     U"message",
    U"summary", U"text", U"content", U"answer",  U"log",    U"user"};
// What stands for "fill this in" in an address.
constexpr std::u32string_view kPlaceholders[] = {U"{",  U"[",      U"<",    U"%7b",   U"%5b",  U"...",
                                                 U"$(", U"insert", U"your", U"_here", U"user_"};

bool is_space(char32_t c) { return c == U' ' || c == U'\n' || c == U'\t'; }

// Letters in capitals with underscores: SUMMARY, USER_DATA.
bool is_capital_name(std::u32string_view value) {
  if (value.size() < 4) return false;
  for (char32_t c : value) {
    if ((c < U'A' || c > U'Z') && c != U'_') return false;
  }
  return true;
}

bool has_placeholder(std::u32string_view value) {
  std::u32string folded;
  for (char32_t c : value.substr(0, 200)) folded.push_back(to_lower(c));
  for (std::u32string_view mark : kPlaceholders) {
    if (folded.find(mark) != npos) return true;
  }
  return is_capital_name(value);
}

struct CommentStyle {
  std::u32string_view opening,
      closing;      // no closing: to the end of the line, and the lines below that open alike
  bool line_start;  // only at a line's start; elsewhere the characters mean something else
};
constexpr CommentStyle kCommentStyles[] = {
    {U"/*", U"*/", false}, {U"//", U"", false}, {U"# ", U"", true}, {U"#!", U"", true},
    {U"-- ", U"", false},  {U";; ", U"", true}, {U"; ", U"", true},
};

bool at_line_start(const Scan& scan, size_t begin) {
  size_t i = begin;
  while (i > 0 && begin - i < 64 && (scan.text[i - 1] == U' ' || scan.text[i - 1] == U'\t')) --i;
  return i == 0 || scan.text[i - 1] == U'\n';
}

// The comment's text without its marks, and where it ends.
size_t read_comment(Scan& scan, const CommentStyle& style, size_t begin, std::u32string& plain) {
  const size_t limit = std::min(scan.text.size(), begin + kLineReach);
  size_t i = begin + style.opening.size();
  for (; i < limit; ++i) {
    const char32_t c = scan.text[i];
    if (!style.closing.empty()) {
      if (scan.starts_with(i, style.closing)) break;
      if (c == U'*' || is_space(c)) {
        if (!plain.empty() && plain.back() != U' ') plain.push_back(U' ');
      } else {
        plain.push_back(c);
      }
      continue;
    }
    if (c == U'\n') {
      size_t next = i + 1;
      while (next < limit && (scan.text[next] == U' ' || scan.text[next] == U'\t')) ++next;
      if (!scan.starts_with(next, style.opening)) break;
      plain.push_back(U' ');
      i = next + style.opening.size() - 1;
      continue;
    }
    plain.push_back(c);
  }
  scan.spend(i - begin);
  return i;
}

}  // namespace

void scan_link(Scan& scan, size_t begin, size_t url, size_t url_end, bool image) {
  if (!scan.starts_with(url, U"http") && !scan.starts_with(url, U"//")) return;
  const auto address = scan.text.substr(url, url_end - url);
  const size_t query = address.find(U'?');
  if (query == npos) return;
  float weight = 0.0f;
  for (size_t i = query + 1; i < address.size();) {
    const size_t stop = std::min(address.find(U'&', i), address.size());
    const auto pair = address.substr(i, stop - i);
    const size_t equals = std::min(pair.find(U'='), pair.size());
    const auto value = pair.substr(std::min(equals + 1, pair.size()));
    bool leaks = false;
    for (std::u32string_view name : kLeakParameters) leaks = leaks || pair.substr(0, equals) == name;
    const bool open = value.empty() && equals < pair.size();
    if (has_placeholder(value)) {
      weight = std::max(weight, leaks ? 0.7f : 0.45f);
    } else if (leaks) {
      weight = std::max(weight, open ? 0.6f : image ? 0.25f : 0.0f);
    }
    i = stop + 1;
  }
  if (!image) weight *= 0.6f;
  if (weight >= 0.2f) scan.add(kExfiltrationLink, begin, url_end, weight);
}

size_t scan_bracket(Scan& scan, size_t begin) {
  if (scan_template_marker(scan, begin)) return begin + 1;
  // The scan asks in rising positions, so that remembering the answer makes all the searches together one
  // pass.
  if (scan.next_bracket_close <= begin)
    scan.next_bracket_close = std::min(scan.text.find(U']', begin), scan.text.size());
  const size_t label_end = scan.next_bracket_close;
  if (label_end - begin > kLabelReach || label_end == scan.text.size()) return begin + 1;
  const char32_t after = scan.at(label_end + 1);
  const auto label = scan.text.substr(begin + 1, label_end - begin - 1);
  // [//]: # (an invisible comment) and [comment]: <> (another)
  if (after == U':' && (label == U"//" || label == U"comment" || label == U"_")) {
    const size_t line_end = std::min(find_within(scan, U"\n", label_end, kLineReach), scan.text.size());
    std::u32string plain(
        scan.text.substr(label_end + 2, line_end > label_end + 2 ? line_end - label_end - 2 : 0));
    const float likeness = scan.recover(strip_tags(plain), begin, line_end, kAltThreshold);
    if (likeness >= kAltThreshold) scan.add(kHiddenMarkup, begin, line_end, 0.35f + 0.6f * likeness);
    return begin + 1;
  }
  if (after != U'(') return begin + 1;
  const size_t url = label_end + 2;
  const size_t url_end = find_within(scan, U")", url, kUrlReach);
  if (url_end == npos) return begin + 1;
  const bool image = begin > 0 && scan.text[begin - 1] == U'!';
  scan_link(scan, image ? begin - 1 : begin, url, url_end, image);
  if (image && label.size() >= 8) {
    const float likeness = scan.recover(std::u32string(label), begin + 1, label_end, kAltThreshold);
    if (likeness >= kAltThreshold) scan.add(kAltText, begin + 1, label_end, 0.25f + 0.6f * likeness);
  }
  return begin + 1;
}

size_t scan_code_comment(Scan& scan, size_t begin) {
  for (const CommentStyle& style : kCommentStyles) {
    if (!scan.starts_with(begin, style.opening)) continue;
    if (style.line_start && !at_line_start(scan, begin)) return begin + 1;
    if (begin > 0 && (scan.text[begin - 1] == U':' || scan.text[begin - 1] == style.opening[0]))
      return begin + 1;  // https://, ---
    if (scan.lookahead < kLineReach) return begin + 1;
    std::u32string plain;
    const size_t end = read_comment(scan, style, begin, plain);
    const Wording wording = read_wording(plain);
    if (wording.words >= 3 && wording.likeness >= kCodeThreshold) {
      scan.recover(std::move(plain), begin, end, kCodeThreshold);
      scan.add(kCodeComment, begin, end, 0.15f + 0.6f * wording.likeness);
      return end;
    }
    return begin + style.opening.size();
  }
  return begin + 1;
}

}  // namespace tinyguard::indirect
