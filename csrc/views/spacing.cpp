#include "views/spacing.h"

#include <algorithm>

#include "detect/dictionary.h"
#include "detect/language.h"
#include "views/flip.h"

namespace tinyguard {
namespace {

constexpr size_t kPiece = 2048;  // letters that one segmentation sees

// `gaps`: of each letter and of the end of `run`, how many gaps stand before it; empty if it has none.
void append_split(const LanguageTables& tables, std::u32string_view run, const std::vector<uint32_t>& gaps,
                  std::u32string& out) {
  std::u32string lower;
  for (size_t begin = 0; begin < run.size(); begin += kPiece) {
    const std::u32string_view piece = run.substr(begin, kPiece);
    lower.assign(piece);
    for (char32_t& c : lower) c = lower_letter(tables, c);
    const Segmentation words =
        segment_words(tables, lower.data(), lower.size(), gaps.empty() ? nullptr : gaps.data() + begin);
    uint32_t at = 0;
    for (const uint32_t end : words.ends) {
      if (!out.empty() && out.back() != ' ') out.push_back(' ');
      out += piece.substr(at, end - at);
      at = end;
    }
  }
}

// What stands between two letters.
struct Gap {
  size_t begin = 0, size = 0;
  std::u32string_view of(std::u32string_view text) const { return text.substr(begin, size); }
};

bool has_space(std::u32string_view gap) { return std::any_of(gap.begin(), gap.end(), is_space); }

std::vector<Gap> gaps_of(const LanguageTables& tables, std::u32string_view text) {
  std::vector<Gap> gaps;
  size_t end = text.size();  // of the letter before
  for (size_t i = 0; i < text.size(); ++i) {
    if (fold_letter(tables, text[i]).letter == 0) continue;
    if (i > end) gaps.push_back({end, i - end});
    end = i + 1;
  }
  return gaps;
}

// What separates the letters of a word: of the narrowest gaps the one that is the majority, if any is
// (Boyer & Moore 1981).
Gap letter_gap(std::u32string_view text, const std::vector<Gap>& gaps) {
  Gap narrow{0, text.size()};
  for (const Gap& gap : gaps) {
    if (gap.size < narrow.size) narrow = gap;
  }
  size_t votes = 0;
  for (const Gap& gap : gaps) {
    if (gap.size != narrow.size) continue;
    if (votes == 0) narrow = gap;
    votes = gap.of(text) == narrow.of(text) ? votes + 1 : votes - 1;
  }
  return narrow;
}

}  // namespace

std::u32string split_joined_words(const LanguageTables& tables, std::u32string_view run) {
  std::u32string out;
  append_split(tables, run, {}, out);
  return out;
}

std::u32string join_spaced_letters(std::u32string_view text) {
  const LanguageTables* tables = language_tables();
  if (tables == nullptr) return std::u32string(text);
  const std::vector<Gap> gaps = gaps_of(*tables, text);
  const Gap within = letter_gap(text, gaps);
  const bool spaced = has_space(within.of(text));
  // A gap between words is wider, or it is the only one with white space in it: "w.o.r.d b.y w.o.r.d".
  const auto between_words = [&](const Gap& gap) {
    return gap.size > within.size || (!spaced && has_space(gap.of(text)));
  };
  const bool told = std::any_of(gaps.begin(), gaps.end(), between_words);
  std::u32string out, run;
  size_t next = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (next < gaps.size() && i == gaps[next].begin) {
      if (between_words(gaps[next])) {
        out += run;
        out.push_back(' ');
        run.clear();
      }
      i += gaps[next++].size;
    }
    if (fold_letter(*tables, text[i]).letter != 0) run.push_back(text[i]);
  }
  if (told) return out += run;
  append_split(*tables, run, {}, out);
  return out;
}

namespace {

std::u32string respace(std::u32string_view text, bool marked) {
  const LanguageTables* tables = language_tables();
  if (tables == nullptr) return std::u32string(text);
  std::u32string out, run;
  std::vector<uint32_t> gaps;  // where words are likely to end, if spaces mean anything
  uint32_t count = 0;
  const auto flush = [&] {
    if (marked) gaps.push_back(count + 1);
    append_split(*tables, run, gaps, out);
    run.clear();
    gaps.clear();
    count = 0;
  };
  const auto letter = [&](size_t i) { return i < text.size() && fold_letter(*tables, text[i]).letter; };
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (letter(i)) {
      if (marked) gaps.push_back(count);
      run.push_back(c);
    } else if (marked && (c == ' ' || c == '\t')) {
      count += !run.empty();
    } else if (c != ' ' && c != '\t' &&
               !(marked && is_cutting_mark(c) && i > 0 && letter(i - 1) && letter(i + 1))) {
      flush();
      out.push_back(c);
      if (c != '\'' && c != '-') out.push_back(' ');
    }
  }
  flush();
  return out;
}

}  // namespace

std::u32string respace_words(std::u32string_view text) { return respace(text, false); }

std::u32string respace_marked_words(std::u32string_view text) { return respace(text, true); }

}  // namespace tinyguard
