// From a score to an action, by the rules of tinyguard/policy.py.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "guard/error.h"
#include "json/json.h"

namespace tinyguard::guard {

constexpr size_t kRoleCount = 4;  // in the order of tinyguard_role
extern const std::array<std::string_view, kRoleCount> kRoles;

// The cut points of one role.
struct Bands {
  double uncertain, threshold, review, block;
  unsigned action(double score) const;
};

struct Policy {
  double threshold = 0.0;
  std::optional<double> review, block;
  std::array<std::optional<double>, kRoleCount> role_thresholds;
  double uncertain_band = 0.0;
  unsigned overflow_action = 1;
  std::set<std::string, std::less<>> allow_list;

  Bands bands(size_t role) const;
};

// One of the three named policies with the thresholds of model.json, or the policy of a JSON file.
Error preset(std::string_view name, const json::Value& thresholds, Policy& out);
Error read_policy(const std::string& path, Policy& out);

}  // namespace tinyguard::guard
