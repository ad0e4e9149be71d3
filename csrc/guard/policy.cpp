#include "guard/policy.h"

#include <algorithm>

#include "guard/files.h"

namespace tinyguard::guard {

using json::Kind;
using json::Value;

const std::array<std::string_view, kRoleCount> kRoles = {"user", "tool", "document", "system"};

namespace {

constexpr double kReviewOdds = 2.0, kBlockOdds = 4.0;

constexpr std::string_view kActions[] = {"allow", "flag", "review", "block"};

// What to do with a text that hides more than the bounds allow to recover and in which nothing else was
// found.
constexpr struct {
  std::string_view name;
  unsigned overflow_action;
} kPresets[] = {{"strict", TINYGUARD_ACTION_REVIEW},
                {"balanced", TINYGUARD_ACTION_FLAG},
                {"permissive", TINYGUARD_ACTION_ALLOW}};

double odds_times(double probability, double factor) {
  return factor * probability / (1.0 + (factor - 1.0) * probability);
}

bool probability(const Value& value, double& out) {
  out = value.number();
  return value.is(Kind::number) && out >= 0.0 && out <= 1.0;
}

bool optional_probability(const Value& value, std::optional<double>& out) {
  double number = 0.0;
  if (value.is(Kind::null)) return true;
  if (!probability(value, number)) return false;
  out = number;
  return true;
}

bool allow_list(const Value& value, std::set<std::string, std::less<>>& out) {
  for (Value entry = value.first(); entry; entry = entry.next()) {
    std::string hash(entry.text());
    for (char& c : hash) c = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    if (hash.size() != 64 || hash.find_first_not_of("0123456789abcdef") != std::string::npos) return false;
    out.insert(std::move(hash));
  }
  return value.is(Kind::array);
}

bool role_thresholds(const Value& value, Policy& out) {
  for (Value role = value.first(); role; role = role.next().next()) {
    const auto* const found = std::find(kRoles.begin(), kRoles.end(), role.text());
    double threshold = 0.0;
    if (found == kRoles.end() || !probability(role.next(), threshold)) return false;
    out.role_thresholds[static_cast<size_t>(found - kRoles.begin())] = threshold;
  }
  return value.is(Kind::object);
}

bool overflow_action(const Value& value, Policy& out) {
  for (unsigned code = 0; code < 4; ++code) {
    if (value.is(Kind::string) && value.text() == kActions[code]) {
      out.overflow_action = code;
      return true;
    }
  }
  return false;
}

// The name of the field that is wrong, or an empty text.
std::string_view read_fields(const Value& root, Policy& out) {
  for (Value key = root.first(); key; key = key.next().next()) {
    const std::string_view name = key.text();
    const Value value = key.next();
    bool good = false;
    if (name == "name") good = value.is(Kind::string) && !value.text().empty();
    if (name == "threshold") good = probability(value, out.threshold);
    if (name == "review") good = optional_probability(value, out.review);
    if (name == "block") good = optional_probability(value, out.block);
    if (name == "role_thresholds") good = role_thresholds(value, out);
    if (name == "uncertain_band") good = probability(value, out.uncertain_band);
    if (name == "overflow_action") good = overflow_action(value, out);
    if (name == "allow_list") good = allow_list(value, out.allow_list);
    if (!good) return name;
  }
  if (out.review && out.block && *out.review > *out.block) return "review";
  // A threshold of 0 would convict every text.
  if (out.threshold <= 0.0) return "threshold";
  for (const auto& threshold : out.role_thresholds) {
    if (threshold && *threshold <= 0.0) return "role_thresholds";
  }
  return {};
}

}  // namespace

unsigned Bands::action(double score) const {
  if (score >= threshold) {
    return score >= block    ? TINYGUARD_ACTION_BLOCK
           : score >= review ? TINYGUARD_ACTION_REVIEW
                             : TINYGUARD_ACTION_FLAG;
  }
  return score >= uncertain ? TINYGUARD_ACTION_REVIEW : TINYGUARD_ACTION_ALLOW;
}

Bands Policy::bands(size_t role) const {
  const double cut = role_thresholds[role].value_or(threshold);
  const double upper = block.value_or(odds_times(cut, kBlockOdds));
  const double middle = review.value_or(std::min(odds_times(cut, kReviewOdds), upper));
  return {cut - uncertain_band, cut, middle, std::max(middle, upper)};
}

Error preset(std::string_view name, const Value& thresholds, Policy& out) {
  for (const auto& known : kPresets) {
    if (known.name != name) continue;
    out = {};
    out.overflow_action = known.overflow_action;
    if (probability(thresholds[name], out.threshold) && out.threshold > 0.0) return {};
  }
  return {TINYGUARD_BAD_POLICY,
          "unknown policy '" + std::string(name) + "': expected one of strict, balanced, permissive"};
}

Error read_policy(const std::string& path, Policy& out) {
  std::string content, problem;
  json::Document document;
  out = {};
  if (read_file(path, content, problem)) problem = document.parse(content);
  if (problem.empty() && !document.root().is(Kind::object)) problem = "the file must hold one JSON object";
  if (problem.empty()) {
    const std::string_view field = read_fields(document.root(), out);
    if (!field.empty()) problem = "field " + std::string(field) + " is not one of a policy";
  }
  if (problem.empty()) return {};
  return {TINYGUARD_BAD_POLICY, path + ": not a policy: " + problem};
}

}  // namespace tinyguard::guard
