// HTML and markdown: comments, hidden elements, attributes that only machines and screen readers see.
#include "detect/indirect_scan.h"
#include "text/lowercase.h"

namespace tinyguard::indirect {
namespace {

constexpr size_t kTagReach = 2000;      // a tag with its attributes
constexpr size_t kElementReach = 4000;  // the content of a hidden element
constexpr size_t kCommentReach = 20000;
constexpr size_t npos = std::u32string_view::npos;

constexpr float kCommentThreshold = 0.35f;
constexpr float kHiddenThreshold = 0.25f;  // what is deliberately hidden needs less wording

bool is_space(char32_t c) { return c == U' ' || c == U'\n' || c == U'\t' || c == U'\r'; }
bool is_name(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9') || c == U'-' ||
         c == U'_' || c == U':';
}

// Styles that hide, as they look in lower case without white space. `zero` asks that the number really is
// zero: "opacity:0" hides, "opacity:0.9" does not.
struct HidingStyle {
  std::u32string_view pattern;
  bool zero;
};
constexpr HidingStyle kHidingStyles[] = {
    {U"display:none", false},     {U"visibility:hidden", false}, {U"font-size:0", true},
    {U"font-size:1px", false},    {U"opacity:0", true},          {U"max-height:0", true},
    {U"text-indent:-9", false},   {U"left:-9", false},           {U"top:-9", false},
    {U"clip:rect(0", false},      {U"clip:rect(1px", false},     {U"mso-hide:all", false},
    {U"color:transparent", false}};
constexpr std::u32string_view kWhiteText[] = {U"color:white",   U"color:#fff",   U"color:rgb(255,255,255",
                                              U"color=\"white", U"color=\"#fff", U"color='white",
                                              U"color='#fff",   U"color=white",  U"color=#fff"};
constexpr std::u32string_view kHiddenClasses[] = {U"sr-only", U"visually-hidden", U"visuallyhidden",
                                                  U"screen-reader"};

// Attributes whose value is prose for machines or screen readers.
constexpr std::u32string_view kTextAttributes[] = {
    U"alt",         U"title",   U"aria-label", U"aria-description", U"content", U"value",
    U"placeholder", U"summary", U"label",      U"aria-placeholder"};

// Whether the "color" at `at` is that of the text, not of a background or a border (white space is gone
// already).
bool is_text_color(std::u32string_view style, size_t at) {
  const auto before = style.substr(0, at);
  for (std::u32string_view other : {U"-", U"bg", U"border"}) {
    if (before.size() >= other.size() && before.substr(before.size() - other.size()) == other) return false;
  }
  return true;
}

bool hides(std::u32string_view tag) {
  std::u32string style;
  style.reserve(tag.size());
  for (char32_t c : tag) {
    if (!is_space(c)) style.push_back(to_lower(c));
  }
  const std::u32string_view view = style;
  for (const HidingStyle& entry : kHidingStyles) {
    for (size_t at = view.find(entry.pattern); at != npos; at = view.find(entry.pattern, at + 1)) {
      if (!entry.zero) return true;
      size_t i = at + entry.pattern.size();
      while (i < view.size() && (view[i] == U'.' || view[i] == U'0')) ++i;
      if (i >= view.size() || view[i] < U'1' || view[i] > U'9') return true;
    }
  }
  const bool has_background = view.find(U"background") != npos;
  for (std::u32string_view pattern : kWhiteText) {
    const size_t at = view.find(pattern);
    if (at == npos || !is_text_color(view, at)) continue;
    if (!has_background || view.find(U"background:white") != npos || view.find(U"background:#fff") != npos ||
        view.find(U"background-color:white") != npos || view.find(U"background-color:#fff") != npos) {
      return true;
    }
  }
  for (std::u32string_view name : kHiddenClasses) {
    if (view.find(name) != npos) return true;
  }
  return false;
}

size_t end_of_comment(Scan& scan, size_t begin) {
  if (begin >= scan.no_comment_end_from) return npos;
  const size_t end = find_within(scan, U"-->", begin, kCommentReach);
  if (end == npos && begin + kCommentReach >= scan.text.size()) scan.no_comment_end_from = begin;
  return end;
}

size_t scan_comment(Scan& scan, size_t begin) {
  const size_t content = begin + 4;
  const size_t close = end_of_comment(scan, content);
  // HTML takes an unclosed comment to the end of the document; a page of it is enough here.
  const size_t stop = close == npos ? std::min(scan.text.size(), content + 600) : close;
  const size_t end = close == npos ? stop : close + 3;
  if (!scan.spend(stop - content)) return content;
  const float likeness =
      scan.recover(strip_tags(scan.text.substr(content, stop - content)), begin, end, kCommentThreshold);
  if (likeness >= kCommentThreshold) scan.add(kHtmlComment, begin, end, 0.3f + 0.6f * likeness);
  return content;  // the scan goes on inside: templates and turns may stand there
}

// The end of the tag that begins at `begin`: its '>' outside quotes; npos when it is not a tag.
size_t end_of_tag(Scan& scan, size_t begin) {
  const size_t reach = std::min(scan.text.size(), begin + kTagReach);
  if (scan.lookahead == 0) return npos;
  char32_t quote = 0;
  size_t i = begin + 1;
  for (; i < reach; ++i) {
    const char32_t c = scan.text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == U'>') {
      break;
    } else if (c == U'<') {
      i = reach;
    } else if ((c == U'"' || c == U'\'') && scan.text[i - 1] == U'=') {
      quote = c;
    }
  }
  if (!scan.spend(std::min(i, reach) - begin)) return npos;
  return i < reach ? i : npos;
}

struct Attribute {
  std::u32string_view name;
  size_t value = 0, value_end = 0;
};

// The attribute that begins at or after `i`; false at the tag's end.
bool next_attribute(const Scan& scan, size_t& i, size_t end, Attribute& out) {
  while (i < end && !is_name(scan.text[i])) ++i;
  const size_t name = i;
  while (i < end && is_name(scan.text[i])) ++i;
  if (i == name) return false;
  out.name = scan.text.substr(name, i - name);
  out.value = out.value_end = i;
  while (i < end && is_space(scan.text[i])) ++i;
  if (scan.at(i) != U'=' || i >= end) return true;
  ++i;
  while (i < end && is_space(scan.text[i])) ++i;
  const char32_t quote = i < end && (scan.text[i] == U'"' || scan.text[i] == U'\'') ? scan.text[i++] : U'\0';
  out.value = i;
  while (i < end && (quote != 0 ? scan.text[i] != quote : !is_space(scan.text[i]))) ++i;
  out.value_end = i;
  i += quote != 0 && i < end;
  return true;
}

bool same_ignoring_case(std::u32string_view a, std::u32string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != b[i]) return false;
  }
  return true;
}

// The end of the element whose opening tag ends at `open_end`, counting nested elements of the same name.
size_t end_of_element(Scan& scan, std::u32string_view name, size_t open_end) {
  const size_t reach = std::min(scan.text.size(), open_end + kElementReach);
  if (scan.lookahead == 0) return std::min(open_end + 1, reach);
  size_t depth = 1, i = open_end + 1;
  for (; i < reach; ++i) {
    if (scan.text[i] != U'<') continue;
    const bool closing = scan.at(i + 1) == U'/';
    const size_t at = i + 1 + closing;
    if (at + name.size() > scan.text.size() || is_name(scan.at(at + name.size()))) continue;
    bool same = true;
    for (size_t k = 0; same && k < name.size(); ++k) same = to_lower(scan.text[at + k]) == to_lower(name[k]);
    if (!same) continue;
    depth = closing ? depth - 1 : depth + 1;
    if (depth == 0) break;
  }
  scan.spend(i - open_end);
  return i;
}

}  // namespace

std::u32string strip_tags(std::u32string_view markup) {
  std::u32string plain;
  plain.reserve(markup.size());
  bool space = false;
  for (size_t i = 0; i < markup.size(); ++i) {
    char32_t c = markup[i];
    const char32_t next = i + 1 < markup.size() ? markup[i + 1] : U'\0';
    if (c == U'<' && (next == U'/' || (next >= U'a' && next <= U'z') || (next >= U'A' && next <= U'Z'))) {
      size_t close = i + 1;
      while (close < markup.size() && markup[close] != U'>' && markup[close] != U'<') ++close;
      if (close < markup.size() && markup[close] == U'>') {
        i = close;
        c = U' ';
      }
    }
    if (is_space(c)) {
      space = true;
      continue;
    }
    if (space && !plain.empty()) plain.push_back(U' ');
    space = false;
    plain.push_back(c);
  }
  return plain;
}

void scan_tag(Scan& scan, size_t begin) {
  const size_t end = end_of_tag(scan, begin);
  if (end == npos) return;
  size_t i = begin + 1;
  while (i < end && is_name(scan.text[i])) ++i;
  const std::u32string_view name = scan.text.substr(begin + 1, i - begin - 1);
  bool hidden = false, is_image = same_ignoring_case(name, U"img");
  Attribute attribute;
  while (next_attribute(scan, i, end, attribute)) {
    const size_t length = attribute.value_end - attribute.value;
    if (same_ignoring_case(attribute.name, U"hidden") ||
        (same_ignoring_case(attribute.name, U"aria-hidden") && scan.starts_with(attribute.value, U"true"))) {
      hidden = true;
    } else if (is_image && same_ignoring_case(attribute.name, U"src")) {
      scan_link(scan, begin, attribute.value, attribute.value_end, true);
    } else if (length >= 8) {
      for (std::u32string_view known : kTextAttributes) {
        if (!same_ignoring_case(attribute.name, known)) continue;
        const auto value = scan.text.substr(attribute.value, length);
        const float likeness =
            scan.recover(std::u32string(value), attribute.value, attribute.value_end, kCommentThreshold);
        if (likeness >= kCommentThreshold)
          scan.add(kAltText, attribute.value, attribute.value_end, 0.25f + 0.6f * likeness);
        break;
      }
    }
  }
  if (begin < scan.hidden_until || scan.text[end - 1] == U'/' || name.empty()) return;
  if (!hidden && !hides(scan.text.substr(begin, end - begin))) return;
  const size_t close = end_of_element(scan, name, end);
  scan.hidden_until = close;
  const auto content = scan.text.substr(end + 1, close > end + 1 ? close - end - 1 : 0);
  const float likeness =
      scan.recover(strip_tags(content), end + 1, std::max(close, end + 1), kHiddenThreshold);
  if (likeness >= kHiddenThreshold) scan.add(kHiddenMarkup, begin, close, 0.35f + 0.6f * likeness);
}

size_t scan_less_than(Scan& scan, size_t begin) {
  if (scan.starts_with(begin, U"<!--")) return scan_comment(scan, begin);
  if (scan_template_marker(scan, begin)) return begin + 1;
  const char32_t next = to_lower(scan.at(begin + 1));
  if (next >= U'a' && next <= U'z') scan_tag(scan, begin);
  return begin + 1;
}

}  // namespace tinyguard::indirect
