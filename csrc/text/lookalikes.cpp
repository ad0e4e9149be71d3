// Look-alike letters (UTS #39 calls them confusables) folded one way, to ASCII, and only where they pretend.
//
// A word is a run of letters, marks, digits and underscores of the alphabetic scripts. Its look-alikes fold
//  - if it mixes Latin letters with letters of another script, all of which are look-alikes (strong or weak),
//  - if it is Latin with small capitals or other Latin-script look-alikes among ASCII letters or each other,
//  - if it is nothing but strong look-alikes, its line has a Latin word, and no word nearby is really written
//  in
//    its script.
// So Russian, Greek or Armenian text stays as it is, and so does "Google" with a Russian ending in Russian
// text.
#include <algorithm>

#include "text/draft.h"

namespace tinyguard {

char lookalike_of(char32_t c) {
  using namespace unicode;
  const Lookalike* end = kLookalikes + kLookalikeCount;
  const Lookalike* found = std::lower_bound(
      kLookalikes, end, c, [](const Lookalike& entry, char32_t value) { return entry.from < value; });
  return found != end && found->from == c ? found->to : 0;
}

namespace {

// Words this close (in words) to one really written in a script are taken for that script's.
constexpr size_t kNear = 8;

bool is_alphabet(Group group) { return group >= Group::latin && group <= Group::other_alphabet; }
bool is_ascii_letter(char32_t c) { return (c | 0x20) - 'a' < 26; }

bool in_word(char32_t c, const CharInfo& info) {
  if (c < 0x80) return info.has(kLetter | kDigit) || c == '_';
  if (info.has(kMark)) return !info.has(kInvisible) && info.group() <= Group::cyrillic;
  return (info.has(kLetter) && is_alphabet(info.group())) || info.has(kLookalike);
}

struct Word {
  uint32_t begin = 0, end = 0;
  uint32_t ascii = 0;        // ASCII letters
  uint32_t latin_other = 0;  // other Latin letters
  uint32_t latin_looks = 0;  // Latin look-alikes (small capitals …)
  uint32_t strong = 0;       // look-alikes of other scripts
  uint32_t weak = 0;
  uint32_t genuine = 0;  // letters of other scripts that look like none of ASCII
  uint8_t script = 0;    // group of the last letter that is not Latin
  uint8_t switches = 0;  // changes between Latin and other letters, at most 255
  bool starts_latin = false;
  bool foreign() const { return strong + weak + genuine > 0; }
  bool latin() const { return ascii + latin_other + latin_looks > 0; }
};

Word read_word(const std::u32string& text, size_t begin) {
  Word word;
  word.begin = static_cast<uint32_t>(begin);
  size_t i = begin;
  int last = -1;  // was the last letter Latin?
  for (; i < text.size(); ++i) {
    const char32_t c = text[i];
    const CharInfo& info = char_info(c);
    if (!in_word(c, info)) break;
    if (!info.has(kLetter)) continue;
    const bool latin = info.group() == Group::latin;
    if (is_ascii_letter(c)) {
      ++word.ascii;
    } else if (latin) {
      ++(info.has(kLookalike) ? word.latin_looks : word.latin_other);
    } else {
      ++(!info.has(kLookalike) ? word.genuine : info.has(kWeakLookalike) ? word.weak : word.strong);
      word.script = info.group_id;
    }
    if (last < 0) {
      word.starts_latin = latin;
    } else if (last != static_cast<int>(latin) && word.switches < 255) {
      ++word.switches;
    }
    last = latin;
  }
  word.end = static_cast<uint32_t>(i);
  return word;
}

// The micro sign of a unit (μm), and the Greek letter after a name in capitals (TNFα).
bool is_scientific(const Word& word, const std::u32string& text) {
  if (static_cast<Group>(word.script) != Group::greek || word.strong + word.weak != 1 || word.switches != 1)
    return false;
  if (!word.starts_latin) return text[word.begin] == 0x3BC && word.ascii <= 2;
  for (size_t i = word.begin; i < word.end; ++i) {
    if (text[i] >= 'a' && text[i] <= 'z') return false;
  }
  return true;
}

// For each word, how many words away the nearest one really written in the same script is (kNear + 1: none
// near).
std::vector<uint8_t> distances(const std::vector<Word>& words) {
  constexpr size_t kScripts = 32;
  std::vector<uint8_t> result(words.size(), kNear + 1);
  size_t last[kScripts];
  const auto sweep = [&](bool forward) {
    std::fill(last, last + kScripts, SIZE_MAX);
    for (size_t k = 0; k < words.size(); ++k) {
      const size_t i = forward ? k : words.size() - 1 - k;
      const size_t script = words[i].script;
      if (last[script] != SIZE_MAX) {
        const size_t distance = std::min(k - last[script], kNear + 1);
        result[i] = std::min(result[i], static_cast<uint8_t>(distance));
      }
      if (words[i].foreign() && !words[i].latin() && words[i].genuine + words[i].weak > 0) last[script] = k;
    }
  };
  sweep(true);
  sweep(false);
  return result;
}

enum class Fold : uint8_t { none, latin, all };

Fold decide(const Word& word, const std::u32string& text, bool latin_line, bool near_genuine) {
  if (!word.foreign()) {
    // ı alone is Turkish: the weak ones of the Latin script need company that is not.
    if (word.latin_looks == 0 || word.latin_other > 0 || word.ascii + word.latin_looks < 2) return Fold::none;
    return Fold::latin;
  }
  if (word.genuine > 0) return Fold::none;
  if (!word.latin()) return word.weak == 0 && latin_line && !near_genuine ? Fold::all : Fold::none;
  if (is_scientific(word, text) || (near_genuine && word.switches == 1)) return Fold::none;
  return Fold::all;
}

// A Turkish dotless i (or a dotless j) next to ASCII letters alone is no disguise.
bool only_dotless(const Word& word, const std::u32string& text) {
  for (size_t i = word.begin; i < word.end; ++i) {
    const char32_t c = text[i];
    if (c != 0x131 && char_info(c).has(kLookalike)) return false;
  }
  return true;
}

}  // namespace

bool fold_lookalikes(const Draft& in, Draft& out, NormalizedText& report) {
  const std::u32string& text = in.text;
  const size_t size = text.size();
  std::vector<Word> words;  // those with a look-alike or of another script, and a mark of each Latin one
  std::vector<bool> line_has_latin;  // by line
  std::vector<uint32_t> line_of;     // of each word
  line_has_latin.push_back(false);
  for (size_t i = 0; i < size;) {
    const char32_t c = text[i];
    if (c == '\n') line_has_latin.push_back(false);
    if (!in_word(c, char_info(c))) {
      ++i;
      continue;
    }
    const Word word = read_word(text, i);
    i = word.end;
    if (word.latin() && word.ascii >= 2) line_has_latin.back() = true;
    words.push_back(word);
    line_of.push_back(static_cast<uint32_t>(line_has_latin.size() - 1));
  }
  const std::vector<uint8_t> distance = distances(words);

  out.clear(size);
  size_t copied = 0;
  for (size_t w = 0; w < words.size(); ++w) {
    const Word& word = words[w];
    const Fold fold = decide(word, text, line_has_latin[line_of[w]], distance[w] <= kNear);
    if (fold == Fold::none || (fold == Fold::latin && only_dotless(word, text))) continue;
    out.copy(in, copied, word.begin);
    for (size_t i = word.begin; i < word.end; ++i) {
      const char letter = char_info(text[i]).has(kLookalike) ? lookalike_of(text[i]) : 0;
      report.folds.homoglyphs += letter != 0;
      out.push(letter != 0 ? static_cast<char32_t>(letter) : text[i], in.origin[i]);
    }
    copied = word.end;
    add_span(report.homoglyph_spans, in.to_original(word.begin, word.end));
  }
  if (copied == 0) return false;
  out.copy(in, copied, size);
  out.origin.push_back(in.origin.back());
  return true;
}

}  // namespace tinyguard
