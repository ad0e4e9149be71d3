#include "guard/guard.h"

#include <algorithm>
#include <unordered_set>

#include "detect/language_tables.h"
#include "guard/files.h"
#include "guard/passage.h"
#include "guard/sha256.h"
#include "guard/windows.h"
#include "text/utf8.h"

namespace tinyguard::guard {
namespace {

// What Python's str.isspace takes for white space: Unicode's, and the four separators among the controls.
bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

Error load_letters(const std::string& path) {
  std::string content, problem;
  if (!read_file(path, content, problem)) return model_error(path, problem);
  const LoadError error = load_language(content);
  return error == LoadError::none ? Error{}
                                  : model_error(path, std::string("is damaged: ") + load_error_text(error));
}

}  // namespace

Error Guard::open(const GuardPaths& paths) {
  if (Error error = load_letters(paths.language)) return error;
  if (Error error = folder_.open(paths.model)) return error;
  if (Error error = paths.policy_file.empty() ? preset(paths.policy, folder_.thresholds(), policy_)
                                              : read_policy(paths.policy_file, policy_)) {
    return error;
  }
  for (size_t role = 0; role < kRoleCount; ++role) bands_[role] = policy_.bands(role);

  const std::string file = folder_.path("tokenizer.json");
  std::string content, problem;
  if (read_file(file, content, problem)) problem = tokenizer_.read(content);
  if (!problem.empty()) return model_error(file, "is not a tokenizer that this library reads: " + problem);
  const size_t special = tokenizer_.prefix().size() + tokenizer_.suffix().size();
  if (folder_.max_tokens <= special + folder_.window_overlap) {
    return model_error(folder_.path("model.json"), "is damaged: window_overlap leaves no room in a window");
  }
  window_ = folder_.max_tokens - special;
  return network_.open(folder_, paths.runtime, paths.operators);
}

Error Guard::scan(std::string_view bytes, size_t role, uint16_t& bits) const {
  const std::u32string text = decode_utf8(bytes);
  const Bands& bands = bands_[role];
  const bool empty = std::all_of(text.begin(), text.end(), is_space);
  if (empty || (!policy_.allow_list.empty() && policy_.allow_list.count(sha256(encode_utf8(text))) != 0)) {
    bits = verdict_bits(0.0, bands.threshold, TINYGUARD_THREAT_BENIGN, 0, TINYGUARD_ACTION_ALLOW);
    return {};
  }
  const Analysis analysis = analyze(text);
  Scan scan(analysis, role, folder_.classes);
  for (size_t i = 0; i < analysis.views.size(); ++i) {
    if (Error error = read_view(analysis.views[i], analysis.features.data(), i, scan)) return error;
  }
  bits = scan.judge(bands, policy_.overflow_action);
  return {};
}

Error Guard::read_view(const View& view, const float* features, size_t index, Scan& scan) const {
  std::vector<int64_t> tokens;
  std::unordered_set<std::string> seen;
  Reading reading;
  struct {
    float loudness;
    Range segment;
    size_t first, last, tokens;
  } loudest{};
  for (const Range& segment : segments(view.text)) {
    tokens.clear();
    tokenizer_.encode(std::u32string_view(view.text).substr(segment.begin, segment.end - segment.begin),
                      tokens, nullptr);
    for (const Range& window : windows(tokens.size(), window_, folder_.window_overlap)) {
      const std::vector<int64_t> ids = framed(tokens, window);
      // Of equal readings the first counts, and equal windows have equal readings.
      const std::string_view bytes(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(ids[0]));
      if (!seen.insert(sha256(bytes)).second) continue;
      if (Error error = network_.read(ids, features, reading)) return error;
      scan.add(index, reading);
      if (seen.size() == 1 || reading.loudness > loudest.loudness) {
        const size_t first = std::min(window.begin + reading.loudest, window.end - 1);
        const size_t last = std::min(first + folder_.run_tokens, window.end);
        loudest = {reading.loudness, segment, first, last, window.end - window.begin};
      }
    }
  }
  if (folder_.run_tokens == 0 || !asks_for_a_look(loudest.loudness, seen.size(), loudest.tokens)) return {};
  const std::vector<int64_t> look = closer(view.text, loudest.segment, loudest.first, loudest.last);
  if (look.empty()) return {};
  if (Error error = network_.read(framed(look, {0, look.size()}), features, reading)) return error;
  scan.add_look(index, reading);
  return {};
}

std::vector<int64_t> Guard::closer(std::u32string_view text, Range segment, size_t first, size_t last) const {
  std::vector<int64_t> tokens;
  std::vector<int32_t> offsets;
  tokenizer_.encode(text.substr(segment.begin, segment.end - segment.begin), tokens, &offsets);
  const Range run{segment.begin + static_cast<size_t>(offsets[2 * first]),
                  segment.begin + static_cast<size_t>(offsets[2 * last - 1])};
  for (const Range& place : {passage(text, run), run}) {
    tokens.clear();
    tokenizer_.encode(text.substr(place.begin, place.end - place.begin), tokens, nullptr);
    if (tokens.size() <= window_) break;
  }
  tokens.resize(std::min(tokens.size(), window_));
  return tokens;
}

std::vector<int64_t> Guard::framed(const std::vector<int64_t>& tokens, Range range) const {
  std::vector<int64_t> ids = tokenizer_.prefix();
  ids.insert(ids.end(), tokens.begin() + static_cast<std::ptrdiff_t>(range.begin),
             tokens.begin() + static_cast<std::ptrdiff_t>(range.end));
  ids.insert(ids.end(), tokenizer_.suffix().begin(), tokenizer_.suffix().end());
  return ids;
}

}  // namespace tinyguard::guard
