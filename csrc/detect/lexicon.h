// Words and phrases of about 25 languages, by the part that they play in an instruction to an assistant.
//
// A word alone proves nothing: the detectors ask how several classes meet in one place, and they ask only
// after a structure (a comment, a hidden element, a role marker) has drawn attention. Entries that end in '*'
// are stems and match any word that begins with them; entries in scripts that are written without spaces
// match anywhere.
#pragma once

#include "text/types.h"

namespace tinyguard {

enum WordClass : uint32_t {
  kMachine = 1u << 0,      // AI, assistant, LLM, IA, KI, 助手, …
  kOverride = 1u << 1,     // ignore, disregard, forget, …
  kSpeak = 1u << 2,        // reply, say, reveal, print, …
  kAct = 1u << 3,          // send, open, approve, must, …
  kObject = 1u << 4,       // instructions, prompt, rules, password, …
  kSecrecy = 1u << 5,      // secretly, do not mention, …
  kYou = 1u << 6,          // second person
  kReading = 1u << 7,      // summarizing, reading, processing, …
  kNotice = 1u << 8,       // note, attention, dear, important, …
  kIf = 1u << 9,           // if, when, while
  kTask = 1u << 10,        // task
  kDone = 1u << 11,        // complete, done, finished
  kNext = 1u << 12,        // next, new
  kRoleSystem = 1u << 13,  // names of turns in a conversation
  kRoleHuman = 1u << 14,
  kRoleAssistant = 1u << 15,
  kRoleTool = 1u << 16,
  kPolite = 1u << 17,  // please: what stands before an imperative
  kRoleAny = kRoleSystem | kRoleHuman | kRoleAssistant | kRoleTool,
};

struct WordMatch {
  uint32_t classes = 0;
  uint32_t end = 0;  // where the word, or the phrase of an unspaced script, ends
};

// Whether a character is part of a word: letters, digits, marks, apostrophes.
bool is_word_char(char32_t c);

// Han, kana, Hangul, Thai, Lao, Khmer, Myanmar: no spaces between words, or particles attached to them.
bool is_unspaced(char32_t c);

// The word that begins at `begin`, which must be a word character.
WordMatch match_word(std::u32string_view text, size_t begin);

// How much a short text reads like an instruction to an assistant.
struct Wording {
  uint32_t words = 0;  // two characters of an unspaced script count as one word
  uint32_t classes = 0;
  float likeness = 0.0f;  // in [0, 1]
};

// Reads at most the first `limit` characters.
Wording read_wording(std::u32string_view text, size_t limit = 600);

}  // namespace tinyguard
