#include "detect/encryption.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "detect/encryption_scan.h"
#include "views/flip.h"

namespace tinyguard {
namespace {

using namespace encryption;

constexpr size_t kSample = 240;  // letters that the rules are tried on
constexpr size_t kTried = 5;     // rules that the letter model judges, after a ranking by letter counts
constexpr size_t kWidest = 40;   // words or tokens that a stretch is widened by on each side

// Frequencies of a..z in per mille, a mean of West European languages: only a ranking hangs on it.
constexpr std::array<uint16_t, 26> kFrequency = {90, 14, 33, 40, 128, 15, 19, 34, 76, 4,  6, 44, 27,
                                                 75, 70, 24, 6,  66,  66, 74, 35, 12, 10, 3, 12, 6};

struct Rule {
  uint32_t shift;         // forward; size of the alphabet means atbash
  bool reversed = false;  // and every word is written backwards
};

std::u32string apply(std::u32string_view text, Rule rule, const CipherAlphabet& alphabet) {
  return rule.shift == alphabet.size ? atbash(text, alphabet) : shift_letters(text, rule.shift, alphabet);
}

const char* kind_of(Rule rule, const CipherAlphabet& alphabet) {
  if (rule.shift == alphabet.size) return "atbash";
  return alphabet.size == 26 && rule.shift == 13 ? "rot13" : "caesar";
}

bool in_alphabet(char32_t c, const CipherAlphabet& alphabet) {
  return c - alphabet.lower < alphabet.size || c - alphabet.upper < alphabet.size;
}

uint32_t letter_of(char32_t c, const CipherAlphabet& alphabet) {
  return c - alphabet.lower < alphabet.size ? c - alphabet.lower : c - alphabet.upper;
}

// The words of a stretch, as many as make a sample.
std::u32string sample_of(std::u32string_view text, const WordScan& scan, const Stretch& stretch) {
  std::u32string sample;
  for (size_t i = stretch.first; i <= stretch.last && sample.size() < kSample; ++i) {
    sample += text.substr(scan.words[i].begin, scan.words[i].size);
    sample.push_back(' ');
  }
  return sample;
}

std::vector<Rule> likely_rules(std::u32string_view sample, const CipherAlphabet& alphabet) {
  std::vector<Rule> rules;
  for (uint32_t shift = 1; shift <= alphabet.size; ++shift) rules.push_back({shift});
  if (alphabet.size != 26) return rules;
  std::array<uint32_t, 26> counts{};
  uint32_t total = 0;
  for (const char32_t c : sample) {
    if (!in_alphabet(c, alphabet)) continue;
    ++counts[letter_of(c, alphabet)];
    ++total;
  }
  if (total < kLeastLetters) return {};
  uint64_t pairs = 0;
  for (const uint32_t n : counts) pairs += static_cast<uint64_t>(n) * (n - (n > 0));
  // Index of coincidence: about 0.067 in English, 0.038 in noise; too uncertain in short samples.
  if (total >= 80 && static_cast<double>(pairs) < 0.048 * total * (total - 1.0)) return {};
  std::array<double, 27> fit{};
  for (const Rule rule : rules) {
    for (uint32_t c = 0; c < 26; ++c) {
      const uint32_t plain = rule.shift == 26 ? 25 - c : (c + rule.shift) % 26;
      fit[rule.shift] += counts[c] * std::log(static_cast<double>(kFrequency[plain]));
    }
  }
  std::sort(rules.begin(), rules.end(), [&](Rule a, Rule b) { return fit[a.shift] > fit[b.shift]; });
  rules.resize(kTried);
  return rules;
}

uint32_t sample_cost(const LanguageTables& tables, std::u32string_view sample, bool latin, bool reversed) {
  uint32_t cost = 0;
  for (size_t begin = 0; begin < sample.size();) {
    const size_t end = std::min(sample.find(U' ', begin), sample.size());
    if (end > begin) cost += letters_cost(tables, sample.data() + begin, end - begin, latin, reversed);
    begin = end + 1;
  }
  return cost;
}

// Words next to the stretch belong to it while the rule makes words of them, up to the clause's ends.
void widen(const WordScan& scan, std::u32string_view text, Rule rule, const CipherAlphabet& alphabet,
           size_t& first, size_t& last) {
  const auto belongs = [&](const Word& word) {
    std::u32string plain = apply(text.substr(word.begin, word.size), rule, alphabet);
    for (char32_t& c : plain) c = lower_letter(*scan.tables, c);
    if (rule.reversed) std::reverse(plain.begin(), plain.end());
    const uint8_t cost = dictionary_cost(*scan.tables, hash_word(plain.data(), plain.size()));
    return cost != 0 && (!word.known() || cost <= word.cost || word.size <= 2);
  };
  for (size_t n = 0; n < kWidest && first > 0 && !(scan.words[first].flags & kClause); ++n) {
    if (!belongs(scan.words[first - 1])) break;
    --first;
  }
  for (size_t n = 0; n < kWidest && last + 1 < scan.words.size() && !(scan.words[last + 1].flags & kClause);
       ++n) {
    if (!belongs(scan.words[last + 1])) break;
    ++last;
  }
}

std::vector<Stretch> find_noise(const WordScan& scan, std::u32string_view text,
                                const CipherAlphabet& alphabet) {
  return find_stretches(scan.words.size(), kLeastNoise, kDrop, [&](size_t i, bool open) {
    return !open && scan.words[i].known() ? 0 : noise(scan, text, i, alphabet);
  });
}

void find_shifted(Detection& detection, const WordScan& scan, std::u32string_view text,
                  const CipherAlphabet& alphabet, const std::vector<Stretch>& stretches) {
  const bool latin = alphabet.size == 26;
  const LanguageTables& tables = *scan.tables;
  for (const Stretch& stretch : stretches) {
    const std::u32string sample = sample_of(text, scan, stretch);
    if (sample.size() < kLeastLetters) continue;
    const uint32_t before = sample_cost(tables, sample, latin, false);
    uint32_t best = before;
    Rule best_rule{0};
    for (const Rule rule : likely_rules(sample, alphabet)) {
      const std::u32string plain = apply(sample, rule, alphabet);
      for (const bool backwards : {false, true}) {
        const uint32_t cost = sample_cost(tables, plain, latin, backwards);
        if (cost >= best) continue;
        best = cost;
        best_rule = {rule.shift, backwards};
      }
    }
    // At least 0.6 nats a letter better, and fair by itself.
    const auto letters = static_cast<uint32_t>(sample.size());
    if (best_rule.shift == 0 || before - best < letters * kNat * 6 / 10) continue;
    if (best > letters * fair_cost(latin, sample[0])) continue;
    size_t first = stretch.first, last = stretch.last;
    widen(scan, text, best_rule, alphabet, first, last);
    Span span{scan.words[first].begin, scan.words[last].end()};
    while (span.end < text.size() &&
           (text[span.end] == '.' || text[span.end] == '!' || text[span.end] == '?'))
      ++span.end;
    std::u32string plain = apply(text.substr(span.begin, span.size()), best_rule, alphabet);
    Reading reading = read_text(plain);
    if (best_rule.reversed) {  // alone, or with the order of the words
      std::u32string words = flip_words(plain), sentence = flip_sentence(plain);
      const Reading in_order = read_text(words), backwards = read_text(sentence);
      const bool whole = backwards.order > in_order.order;
      plain = std::move(whole ? sentence : words);
      reading = whole ? backwards : in_order;
    }
    if (reading.plausibility < kPlausible || reading.letters < kLeastLetters) continue;
    if (2 * reading.known_letters < reading.letters || reading.known_words < 2) continue;
    add(detection, span, std::move(plain), kind_of(best_rule, alphabet), reading);
  }
}

// --- ROT47 ---

constexpr size_t kBlock = 32;

// The characters that lower-case letters become.
bool is_rotated(char32_t c) { return c - U'2' < 26; }

bool token_is_rotated(std::u32string_view token) {
  const std::u32string plain = rot47(token);
  size_t letters = 0;
  for (const char32_t c : plain) letters += (c | 32) - U'a' < 26;
  return 3 * letters >= 2 * token.size();
}

// The run of tokens around `at` that ROT47 makes letters of.
Span rotated_run(std::u32string_view text, size_t at) {
  size_t begin = at, end = at;
  for (size_t n = 0; end < text.size(); ++n) {
    size_t stop = end;
    while (stop < text.size() && is_space(text[stop])) ++stop;
    size_t next = stop;
    while (next < text.size() && !is_space(text[next])) ++next;
    if (next == stop || (n > 1 && !token_is_rotated(text.substr(stop, next - stop)))) break;
    end = next;
  }
  for (size_t n = 0; n < kWidest && begin > 0; ++n) {
    size_t stop = begin;
    while (stop > 0 && is_space(text[stop - 1])) --stop;
    size_t next = stop;
    while (next > 0 && stop - next < kSample && !is_space(text[next - 1])) --next;
    if (next == stop || (n > 0 && !token_is_rotated(text.substr(next, stop - next)))) break;
    begin = next;
  }
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
}

// Takes off what the prompt put before the ciphertext: a quote that is closed at the end, or a plain word and
// its colon ("content:x8?@C6" — both signs are also ciphertext, so the word must be one).
Span trim_lead(std::u32string_view text, Span span) {
  const char32_t first = text[span.begin];
  if ((first == '"' || first == '\'') && span.size() > 2 && text[span.end - 1] == first) {
    return {span.begin + 1, span.end - 1};
  }
  const LanguageTables& tables = *language_tables();
  uint32_t hash = kHashSeed, at = span.begin;
  while (at < span.end && fold_letter(tables, text[at]).letter)
    hash = hash_step(hash, lower_letter(tables, text[at++]));
  if (at > span.begin && at + 1 < span.end && text[at] == ':' && dictionary_cost(tables, hash) != 0)
    span.begin = at + 1;
  return span;
}

void find_rot47(Detection& detection, std::u32string_view text) {
  size_t done = 0;
  for (size_t begin = 0; begin < text.size(); begin += kBlock) {
    const std::u32string_view block = text.substr(begin, kBlock);
    uint32_t rotated = 0;
    for (const char32_t c : block) rotated += is_rotated(c);
    if (rotated < 8 || 2 * rotated < block.size() || begin < done) continue;
    Span span = rotated_run(text, begin);
    done = std::max<size_t>(span.end, begin + kBlock);
    span = trim_lead(text, span);
    std::u32string plain = rot47(text.substr(span.begin, span.size()));
    const Reading reading = read_text(plain);
    // The dictionary has few languages; long text is proven by its letters alone.
    const bool known = 5 * reading.known_letters >= 4 * reading.letters && reading.known_words >= 2 &&
                       reading.plausibility >= kPlausible && reading.order >= 0;
    const bool fluent = reading.letters >= kFluent && reading.plausibility >= kFluentPlausible;
    if ((!known && !fluent) || 3 * reading.letters < 2 * span.size()) continue;
    if (reading.letters < 12 || reading.letters < 3 * reading.words) continue;
    add(detection, span, std::move(plain), "rot47", reading);
  }
}

}  // namespace

namespace encryption {

void add(Detection& detection, Span span, std::u32string text, const char* kind, const Reading& reading) {
  const float sure = 1.0f - std::exp(-static_cast<float>(reading.letters) / 10.0f);
  detection.score = std::max(detection.score, std::min(1.0f, reading.plausibility * sure));
  detection.evidence.push_back({span, kind});
  detection.recover({std::move(text), span, kind, reading.plausibility});
}

int noise(const WordScan& scan, std::u32string_view text, size_t i, const CipherAlphabet& alphabet) {
  const Word& word = scan.words[i];
  const char32_t first = text[word.begin];
  if (touches_digit(text, word)) return 0;                     // "vgg11_bn", formulas
  if (i > 0 && scan.words[i - 1].hash == word.hash) return 0;  // a repetition proves nothing
  if (!in_alphabet(first, alphabet)) return -2 * kNat;
  if (word.known()) return word.size >= 5 ? -2 * kNat * word.size : word.size >= 3 ? -kNat : 0;
  if (word.size == 1) return 0;
  const int fair = static_cast<int>(fair_cost(alphabet.size == 26, first)) * (word.size + 1);
  return std::min(static_cast<int>(word.misfit) - fair, 2 * kNat * word.size);
}

}  // namespace encryption

Detection detect_encryption(const TextView& view, const WordScan& scan) {
  Detection detection;
  if (scan.tables == nullptr) return detection;
  const std::u32string_view text = view.normalized.text;
  if (scan.unknown > 0) {
    std::vector<Stretch> noisy = find_noise(scan, text, kLatinAlphabet);
    find_shifted(detection, scan, text, kLatinAlphabet, noisy);
    if (scan.non_ascii) {
      const std::vector<Stretch> cyrillic = find_noise(scan, text, kCyrillicAlphabet);
      find_shifted(detection, scan, text, kCyrillicAlphabet, cyrillic);
      noisy.insert(noisy.end(), cyrillic.begin(), cyrillic.end());
    }
    encryption::find_moved_letters(detection, scan, text, noisy);
  }
  find_rot47(detection, text);
  find_rearranged_words(detection, view, scan);
  encryption::find_fragments(detection, text);
  return detection;
}

Detection detect_encryption(const TextView& view) {
  return detect_encryption(view, scan_words(view.normalized.text));
}

}  // namespace tinyguard
