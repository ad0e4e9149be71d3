#include "views/best_of_n.h"

#include <algorithm>

namespace tinyguard {
namespace {

constexpr size_t kLongest = 24;
// Tenths of a nat. A letter is moved with a chance of 0.03 to each side at the strength that the paper uses.
constexpr int32_t kMoved = 30;
constexpr int32_t kMovedTwice = 60;
constexpr int32_t kOtherEnd = 12;    // the last letter was scrambled along
constexpr int32_t kReordered = 20;   // a known word that another one scrambled may be
constexpr int32_t kRarest = 125;     // a rarer word is no likely plaintext
constexpr int32_t kDoubtful = 70;    // a known word as rare as this may be another one moved
constexpr int32_t kSettled = 110;    // a repair as cheap as this needs no further search
constexpr size_t kLongWord = 8;      // two letters moved leave enough of it
constexpr size_t kLongestDeep = 16;  // … and the work grows with the square of the length
constexpr size_t kMostDeep = 4096;   // words of one view that are searched so: a long text is to stay cheap
constexpr size_t kMostSigns = 2;     // letters of one word that became signs

struct Letters {
  char32_t lower[kLongest];
  size_t size = 0;
};

// The letter that a sign was before it was moved by one, 0 if none: the neighbours of A, Z, a and z.
constexpr char32_t letter_of_sign(char32_t sign) {
  return sign == '@' || sign == '`' ? U'a' : sign == '[' || sign == '{' ? U'z' : U'\0';
}

// Short words cannot be scrambled and have no signature.
void look_up(const LanguageTables& tables, const Letters& word, uint32_t bag, int32_t penalty,
             WordOptions& options) {
  const char32_t* lower = word.lower;
  const int32_t limit = std::min(kRarest + penalty, kUnknownStays - 1);
  if (word.size >= 4) {
    add_signature(tables, lower, word.size, hash_bag(bag, lower[0], lower[word.size - 1]), penalty, limit,
                  options);
    return;
  }
  const uint32_t hash = hash_word(lower, word.size);
  const uint32_t stored = dictionary_word(tables, hash);
  const auto cost = static_cast<int32_t>(stored & 0xFF) + penalty;
  if (stored != 0 && cost <= limit) options.add({stored, hash, cost});
}

// Every choice of `moves` positions at `from` or after, each moved back by one.
void look_up_moved(const LanguageTables& tables, Letters& word, uint32_t bag, size_t from, int moves,
                   int32_t penalty, WordOptions& options) {
  for (size_t i = from; i < word.size; ++i) {
    const char32_t seen = word.lower[i];
    if (seen < 'a' || seen > 'z') continue;
    for (const char32_t moved : {seen - 1, seen + 1}) {
      if (moved < 'a' || moved > 'z') continue;
      const bool inner = i > 0 && i + 1 < word.size;
      const uint32_t moved_bag = inner ? bag - bag_letter(seen) + bag_letter(moved) : bag;
      word.lower[i] = moved;
      if (moves > 1) {
        look_up_moved(tables, word, moved_bag, i + 1, moves - 1, penalty, options);
      } else {
        look_up(tables, word, moved_bag, penalty, options);
      }
    }
    word.lower[i] = seen;
  }
}

// Every inner letter in turn as the last one.
void look_up_other_ends(const LanguageTables& tables, Letters& word, int32_t penalty, WordOptions& options) {
  char32_t& last = word.lower[word.size - 1];
  for (const bool moved : {false, true}) {
    for (size_t i = 1; i + 1 < word.size; ++i) {
      if (word.lower[i] == last) continue;
      std::swap(word.lower[i], last);
      const uint32_t bag = bag_of(word.lower, word.size);
      if (moved) {
        look_up_moved(tables, word, bag, 0, 1, penalty + kMoved, options);
      } else {
        look_up(tables, word, bag, penalty, options);
      }
      std::swap(word.lower[i], last);
    }
    if (options.cheapest_change(kUnknownStays) <= kSettled) return;
  }
}

bool punctuated(const LanguageTables& tables, std::u32string_view text, size_t end) {
  return end < text.size() && text[end] > ' ' && !fold_letter(tables, text[end]).letter;
}

enum class Search { plain, noisy, deep };

void look_up_all(const LanguageTables& tables, Letters& word, int32_t known_cost, Search search,
                 bool before_sign, int32_t penalty, WordOptions& options) {
  if (word.size < 2) return;
  const bool known = known_cost != 0;
  const uint32_t bag = bag_of(word.lower, word.size);
  if (word.size >= 4 || penalty != 0) {
    look_up(tables, word, bag, penalty + (known ? kReordered : 0), options);
  }
  if (known && (search == Search::plain || known_cost < kDoubtful)) return;
  if (known || options.cheapest_change(kUnknownStays) > kSettled) {
    look_up_moved(tables, word, bag, 0, 1, penalty + kMoved, options);
  }
  if (search != Search::deep || known || word.size > kLongestDeep) return;
  if (before_sign && word.size >= 3) look_up_other_ends(tables, word, penalty + kOtherEnd, options);
  if (word.size >= kLongWord && options.cheapest_change(kUnknownStays) == kUnknownStays) {
    look_up_moved(tables, word, bag, 0, 2, penalty + kMovedTwice, options);
  }
}

Letters lower_letters(const LanguageTables& tables, std::u32string_view text) {
  Letters word;
  for (const char32_t c : text.substr(0, kLongest)) {
    const char32_t letter = letter_of_sign(c);
    word.lower[word.size++] = letter != 0 ? letter : lower_letter(tables, c);
  }
  return word;
}

// The word that begins with words[i] if the signs at it are letters; `next` is the first word after it.
Span with_signs(const WordScan& scan, std::u32string_view text, size_t i, size_t last, uint32_t taken,
                size_t& next) {
  Span span{scan.words[i].begin, scan.words[i].end()};
  size_t signs = 0;
  if (span.begin > taken && letter_of_sign(text[span.begin - 1]) != 0) {
    --span.begin;
    ++signs;
  }
  next = i + 1;
  while (signs < kMostSigns && span.end < text.size() && letter_of_sign(text[span.end]) != 0) {
    const bool joins = next < scan.words.size() && scan.words[next].begin == span.end + 1;
    if (joins && next > last) break;  // the sign belongs to what another view may show
    ++signs;
    ++span.end;
    if (!joins) break;
    span.end = scan.words[next++].end();
  }
  return span;
}

}  // namespace

bool mixed_case(const WordScan& scan, std::u32string_view text, const Word& word) {
  bool capital = false, small = false;
  for (uint32_t i = word.begin; i < word.end() && !(capital && small); ++i) {
    const char32_t c = text[i];
    const bool upper = c < 0x80 ? c < 'a' : lower_letter(*scan.tables, c) != c;
    capital |= upper && i > word.begin;
    small |= !upper;
  }
  return capital && small;
}

bool moved_space(std::u32string_view text, size_t at, const LanguageTables& tables) {
  return text[at] == '!' && at > 0 && at + 1 < text.size() && fold_letter(tables, text[at - 1]).letter &&
         fold_letter(tables, text[at + 1]).letter;
}

bool has_moved_letter(const WordScan& scan, std::u32string_view text, const Word& word) {
  if (word.known() || word.size < 4 || word.size > kLongestDeep) return false;
  Letters letters = lower_letters(*scan.tables, text.substr(word.begin, word.size));
  WordOptions options;
  look_up_moved(*scan.tables, letters, bag_of(letters.lower, letters.size), 0, 1, kMoved, options);
  return options.count != 0;
}

std::vector<Place> scrambled_places(const WordScan& scan, std::u32string_view text, size_t first, size_t last,
                                    bool noisy) {
  const LanguageTables& tables = *scan.tables;
  std::vector<Place> places;
  places.reserve(last - first + 1);
  uint32_t taken = first > 0 ? scan.words[first - 1].end() : 0;
  for (size_t i = first; i <= last;) {
    const Word& word = scan.words[i];
    Place place;
    place.span = {word.begin, word.end()};
    place.sentence = (word.flags & kSentence) != 0;
    size_t next = i + 1;
    const Search search = !noisy ? Search::plain : places.size() < kMostDeep ? Search::deep : Search::noisy;
    if (noisy) {
      const Span span = with_signs(scan, text, i, last, taken, next);
      const uint32_t signs = span.size() - word.size;
      if (signs != 0 && span.size() <= kLongest) {
        Letters letters = lower_letters(tables, text.substr(span.begin, span.size()));
        look_up_all(tables, letters, 0, search, punctuated(tables, text, span.end), kMoved, place.options);
      }
      if (place.options.count != 0) {
        place.span = span;
      } else {
        next = i + 1;
      }
    }
    if (place.options.count == 0) {
      WordOption itself;
      itself.hash = word.known() ? word.hash : 0;
      itself.cost = word.known() ? word.cost : kUnknownStays;
      place.options.add(itself);
      if (word.size <= kLongest && !(word.flags & kContinues) && !touches_digit(text, word)) {
        Letters letters = lower_letters(tables, text.substr(word.begin, word.size));
        look_up_all(tables, letters, word.cost, search, punctuated(tables, text, word.end()), 0,
                    place.options);
      }
    }
    taken = place.span.end;
    places.push_back(place);
    i = next;
  }
  return places;
}

void calm_noise(const LanguageTables& tables, std::u32string& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    text[i] = moved_space(text, i, tables) ? U' ' : lower_letter(tables, text[i]);
  }
}

std::u32string undo_best_of_n(std::u32string_view text) {
  const WordScan scan = scan_words(text);
  if (scan.words.empty()) return std::u32string(text);
  const auto places = scrambled_places(scan, text, 0, scan.words.size() - 1, true);
  std::u32string result = fill_places(*scan.tables, text, {0, static_cast<uint32_t>(text.size())}, places,
                                      choose_words(*scan.tables, places));
  calm_noise(*scan.tables, result);
  return result;
}

}  // namespace tinyguard
