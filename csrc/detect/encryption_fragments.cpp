// A sentence dealt out to lines: to numbered ones in mixed order, or a word to the beginning of each; see
// detect/encryption.h.
#include <algorithm>

#include "detect/encryption_scan.h"
#include "views/flip.h"

namespace tinyguard::encryption {
namespace {

constexpr size_t kLeastLines = 3;
constexpr size_t kMostLines = 64;
constexpr uint32_t kLongestLine = 200;

struct Fragment {
  uint32_t number;
  Span span;  // of the words behind the number
};

// "3. words", "3) words", "3: words": where the line from `begin` to `end` is one.
bool read_line(std::u32string_view text, uint32_t begin, uint32_t end, Fragment& fragment) {
  uint32_t i = begin;
  while (i < end && is_space(text[i])) ++i;
  uint32_t number = 0, digits = 0;
  for (; i < end && text[i] - U'0' < 10u && digits < 3; ++i, ++digits)
    number = number * 10 + (text[i] - U'0');
  if (digits == 0 || i >= end || (text[i] != U'.' && text[i] != U')' && text[i] != U':')) return false;
  ++i;
  while (i < end && is_space(text[i])) ++i;
  while (end > i && is_space(text[end - 1])) --end;
  if (i == end || end - i > kLongestLine) return false;
  fragment = {number, {i, end}};
  return true;
}

void close(Detection& detection, std::u32string_view text, std::vector<Fragment>& lines, uint32_t begin) {
  std::vector<Fragment> found;
  found.swap(lines);
  if (found.size() < kLeastLines || found.size() > kMostLines) return;
  const auto by_number = [](const Fragment& a, const Fragment& b) { return a.number < b.number; };
  // Lists that go up or down are lists.
  if (std::is_sorted(found.begin(), found.end(), by_number) ||
      std::is_sorted(found.rbegin(), found.rend(), by_number))
    return;
  const Span span{begin, found.back().span.end};
  std::sort(found.begin(), found.end(), by_number);
  if (found.front().number > 1) return;
  std::u32string plain;
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i].number != found[0].number + i) return;
    if (i > 0) plain.push_back(U' ');
    plain += text.substr(found[i].span.begin, found[i].span.size());
  }
  const float plausibility = language_score(plain);
  if (plausibility < 0.6f) return;
  detection.score = std::max(detection.score, 0.5f * plausibility);
  detection.evidence.push_back({span, "numbered_fragments"});
  detection.recover({std::move(plain), span, "numbered_fragments", plausibility});
}

constexpr size_t kLeastRows = 6;
constexpr size_t kMostRows = 512;
constexpr uint32_t kLongestWord = 24;
constexpr int kOrderOfRow = kNat;

// The first words of neighbouring lines that one mark follows in all of them.
struct Column {
  char32_t mark = 0;
  Span span{};
  size_t rows = 0, capitals = 0;
  std::u32string words;
};

// "word | anything": the word and the mark, where the line from `begin` to `end` is one.
bool read_row(std::u32string_view text, uint32_t begin, uint32_t end, Span& word, char32_t& mark) {
  constexpr std::u32string_view kMarks = U"|:;-,>=\t\u2013\u2014";
  uint32_t i = begin;
  while (i < end && i - begin <= kLongestWord && !is_space(text[i]) && text[i] != U'|') ++i;
  word = {begin, i};
  while (i < end && is_space(text[i]) && text[i] != U'\t') ++i;
  if (i >= end) return false;
  mark = text[i];
  if (kMarks.find(mark) == std::u32string_view::npos) {  // the mark may touch the word
    if (word.size() < 2 || kMarks.find(text[word.end - 1]) == std::u32string_view::npos) return false;
    mark = text[--word.end];
  }
  return word.size() > 0 && word.size() <= kLongestWord;
}

void close(Detection& detection, Column& open) {
  Column column;
  std::swap(column, open);
  if (column.rows < kLeastRows || column.rows > kMostRows) return;
  const Reading reading = read_text(column.words);
  if (reading.plausibility < kPlausible || reading.words < column.rows) return;
  // The first column of a table is a list of names or keys, as is that of a mail's head; a sentence has an
  // order, or at least small words.
  const bool small = 3 * column.capitals <= column.rows;
  const bool bar = column.mark == U'|';
  const bool sentence =
      (reading.order >= kOrderOfRow * static_cast<int>(column.rows) && (small || column.mark != U':')) ||
      (bar && small && column.rows >= 8);
  if (!sentence) return;
  add(detection, column.span, std::move(column.words), "acrostic", reading);
}

void add_row(Detection& detection, std::u32string_view text, Span line, Column& open) {
  Span word;
  char32_t mark = 0;
  const bool row = read_row(text, line.begin, line.end, word, mark);
  if (open.rows > 0 && (!row || mark != open.mark)) close(detection, open);
  if (!row) return;
  if (open.rows++ == 0) {
    open.mark = mark;
    open.span.begin = line.begin;
  } else {
    open.words.push_back(U' ');
  }
  open.span.end = line.end;
  open.capitals += lower_letter(*language_tables(), text[word.begin]) != text[word.begin];
  open.words += text.substr(word.begin, word.size());
}

}  // namespace

void find_fragments(Detection& detection, std::u32string_view text) {
  std::vector<Fragment> lines;
  Column column;
  uint32_t first = 0;
  const auto size = static_cast<uint32_t>(text.size());
  for (uint32_t begin = 0; begin < size;) {
    const auto end = static_cast<uint32_t>(std::min<size_t>(text.find(U'\n', begin), size));
    Fragment fragment;
    if (read_line(text, begin, end, fragment)) {
      if (lines.empty()) first = begin;
      lines.push_back(fragment);
    } else if (end > begin) {
      close(detection, text, lines, first);
    }
    if (end > begin) add_row(detection, text, {begin, end}, column);
    begin = end + 1;
  }
  close(detection, text, lines, first);
  close(detection, column);
}

}  // namespace tinyguard::encryption
