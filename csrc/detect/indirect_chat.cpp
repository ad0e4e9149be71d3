// Marks that speak for another party: chat templates, turns of a conversation, feigned completions, and
// phrases that address the assistant which reads the document.
#include "detect/indirect_scan.h"
#include "text/lowercase.h"

namespace tinyguard::indirect {
namespace {

constexpr size_t npos = std::u32string_view::npos;
constexpr float kQuotedShare = 0.5f;  // what a marker in `code` or in a fence still weighs

// Markers of published chat templates (ChatML, Llama 2 and 3, Gemma, Mistral, Phi, Command R, Vicuna) and
// tags with which applications fence their own prompts; matched without regard to case. What a document
// closes without having opened weighs as much as a template.
struct Marker {
  std::u32string_view mark;
  float weight;
};
constexpr Marker kMarkers[] = {
    {U"<<sys>>", 0.6f},
    {U"<</sys>>", 0.6f},
    {U"[inst]", 0.55f},
    {U"[/inst]", 0.55f},
    {U"<start_of_turn>", 0.6f},
    {U"<end_of_turn>", 0.6f},
    {U"[system](#", 0.6f},
    {U"[assistant](#", 0.6f},
    {U"[user](#", 0.5f},
    {U"<system>", 0.45f},
    {U"</system>", 0.45f},
    {U"<system_prompt>", 0.45f},
    {U"</system_prompt>", 0.5f},
    {U"<system-reminder>", 0.5f},
    {U"<assistant>", 0.4f},
    {U"</assistant>", 0.4f},
    {U"<human>", 0.4f},
    {U"</human>", 0.4f},
    {U"</user_input>", 0.45f},
    {U"</document>", 0.2f},
    {U"</documents>", 0.2f},
    {U"</context>", 0.25f},
    {U"</user_query>", 0.45f},
    {U"<tool_result>", 0.4f},
    {U"</tool_result>", 0.45f},
    {U"<function_results>", 0.45f},
    {U"</function_results>", 0.5f},
    {U"<tool_call>", 0.4f},
    {U"[system]", 0.35f},
    {U"[/system]", 0.4f},
    {U"[system message]", 0.45f},
    {U"[end of document]", 0.4f},
    {U"<|", 0.0f},
};

bool matches(const Scan& scan, size_t begin, std::u32string_view mark) {
  if (begin + mark.size() > scan.text.size()) return false;
  for (size_t i = 0; i < mark.size(); ++i) {
    if (to_lower(scan.text[begin + i]) != mark[i]) return false;
  }
  return true;
}

// <|name|>: every special token of the ChatML and Llama 3 families has this form.
size_t end_of_special_token(const Scan& scan, size_t begin) {
  size_t i = begin + 2;
  while (i < begin + 32 && ((scan.at(i) >= U'a' && scan.at(i) <= U'z') ||
                            (scan.at(i) >= U'A' && scan.at(i) <= U'Z') || scan.at(i) == U'_'))
    ++i;
  return i > begin + 3 && scan.at(i) == U'|' && scan.at(i + 1) == U'>' ? i + 2 : npos;
}

bool is_decoration(char32_t c) {
  switch (c) {
    case U' ':
    case U'\t':
    case U'*':
    case U'#':
    case U'>':
    case U'-':
    case U'_':
    case U'[':
    case U'|':
    case U'"':
    case U'(':
    case U'=':
      return true;
    default:
      return false;
  }
}

// How much the line that begins at `begin` reads like an order; when nothing is left on it, the line below.
float wording_after(Scan& scan, size_t begin, size_t reach) {
  while (begin < scan.text.size() &&
         (scan.text[begin] == U' ' || scan.text[begin] == U'\n' || scan.text[begin] == U'*'))
    ++begin;
  const size_t line_end = find_within(scan, U"\n", begin, reach);
  const size_t end = line_end != npos ? line_end : std::min(scan.text.size(), begin + reach);
  if (begin >= end || !scan.spend(end - begin)) return 0.0f;
  return read_wording(scan.text.substr(begin, end - begin)).likeness;
}

}  // namespace

bool is_quoted(const Scan& scan, size_t begin) {
  return scan.in_fence || (begin > 0 && (scan.text[begin - 1] == U'`' || scan.text[begin - 1] == U'"'));
}

bool scan_template_marker(Scan& scan, size_t begin) {
  const char32_t first = scan.text[begin];
  for (const Marker& marker : kMarkers) {
    if (marker.mark[0] != first || !matches(scan, begin, marker.mark)) continue;
    size_t end = begin + marker.mark.size();
    float weight = marker.weight;
    if (weight == 0.0f) {
      end = end_of_special_token(scan, begin);
      if (end == npos) return false;
      weight = 0.55f;
    }
    weight += 0.3f * wording_after(scan, end, 200);
    scan.add(kChatTemplate, begin, end, is_quoted(scan, begin) ? weight * kQuotedShare : weight);
    return true;
  }
  return false;
}

void scan_line_start(Scan& scan, size_t begin) {
  if (scan.starts_with(begin, U"```")) scan.in_fence = !scan.in_fence;
  size_t i = begin;
  bool heading = false;
  for (; i < begin + 8 && is_decoration(scan.at(i)); ++i) heading = heading || scan.at(i) == U'#';
  if (i >= scan.text.size() || !is_word_char(scan.text[i])) return;
  const WordMatch role = match_word(scan.text, i);
  if ((role.classes & kRoleAny) == 0) return;
  // At most two more words ("System prompt", "User message 2"), then a colon, or the line's end below a
  // heading.
  size_t end = role.end;
  const size_t reach = std::min(scan.text.size(), end + 32);
  for (int words = 0; end < reach && words < 2;) {
    if (is_word_char(scan.text[end])) {
      end = match_word(scan.text, end).end;
      ++words;
    } else if (scan.text[end] == U' ') {
      ++end;
    } else {
      break;
    }
  }
  while (end < reach && (scan.text[end] == U'*' || scan.text[end] == U']' || scan.text[end] == U'_' ||
                         scan.text[end] == U')' || scan.text[end] == U' ')) {
    ++end;
  }
  const bool colon = scan.at(end) == U':';
  if (!colon && !(heading && (end >= scan.text.size() || scan.text[end] == U'\n'))) return;
  const float likeness = wording_after(scan, end + 1, 300);
  const bool system = (role.classes & (kRoleSystem | kRoleTool)) != 0;
  const bool inside = begin > 0;
  float weight = (system ? 0.15f : 0.05f) + (inside ? 0.1f : 0.0f) + (system ? 0.5f : 0.4f) * likeness;
  if (is_quoted(scan, begin)) weight *= kQuotedShare;
  if (weight >= 0.3f) scan.add(kRoleMarker, i, end + 1, weight);
}

void PhraseWatch::word(Scan& scan, const WordMatch& match, size_t begin) {
  ++index_;
  const uint32_t classes = match.classes;
  if (classes == 0) return;
  const Last here{index_, static_cast<uint32_t>(begin)};
  // "Assistant:" at a line's start names a turn; scan_line_start weighs it.
  const bool turn = scan.at(match.end) == U':' && (begin == 0 || scan.text[begin - 1] == U'\n');
  if ((classes & kMachine) != 0 && !turn) machine_ = here;
  if (classes & kNotice) notice_ = here;
  if (classes & kIf) condition_ = here;
  if (classes & kYou) you_ = here;
  if (classes & kDone) done_ = here;
  if (classes & kReading) {
    reading_ = here;
    if (near(condition_, 3)) read_when_ = {index_, condition_.begin};
  }

  // "if you are an AI", "note to AI assistants", "LLMs reading this page", "when summarizing this, you …"
  constexpr uint32_t kAddress = kMachine | kReading | kNotice | kIf | kYou;
  if ((classes & kAddress) != 0) {
    const bool to_machine = near(machine_, 7) &&
                            (near(reading_, 5) || near(notice_, 4) || (near(condition_, 6) && near(you_, 6)));
    const bool while_reading = near(read_when_, 8) && (near(you_, 8) || near(machine_, 8));
    if (to_machine || while_reading) {
      const Last& first = to_machine && near(notice_, 7) ? notice_
                          : near(condition_, 7)          ? condition_
                                                         : machine_;
      address_ = {index_, std::min(first.begin == 0 ? here.begin : first.begin, here.begin)};
    }
  }
  // The address counts when an order follows it.
  constexpr uint32_t kOrder = kOverride | kSpeak | kAct | kSecrecy;
  if ((classes & kOrder) != 0 && near(address_, 24) && address_.index != index_) {
    const float weight = 0.35f + ((classes & (kOverride | kSecrecy)) != 0 ? 0.3f : 0.0f);
    const size_t stop = std::min(scan.text.size(), begin + 200);
    const float likeness =
        scan.spend(stop - begin) ? read_wording(scan.text.substr(begin, stop - begin)).likeness : 0.0f;
    if (likeness >= 0.25f)
      scan.add(kAssistantAddress, address_.begin, match.end, std::min(weight + 0.3f * likeness, 0.9f));
    address_ = {};
  }

  // "Task complete. Next task: …"
  if (classes & kNext) next_ = here;
  if (classes & kTask) {
    if (near(completion_, 12) && near(next_, 2)) {
      scan.add(kFakeCompletion, completion_.begin, match.end,
               0.4f + 0.4f * wording_after(scan, match.end, 200));
      completion_ = {};
    }
    task_ = here;
  }
  if ((classes & (kTask | kDone)) != 0 && near(task_, 3) && near(done_, 3)) {
    completion_ = {index_, std::min(task_.begin, done_.begin)};
  }
}

}  // namespace tinyguard::indirect
