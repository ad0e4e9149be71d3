// What model.json says, checked as tinyguard/modelfile.py checks it.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "guard/error.h"
#include "json/json.h"

namespace tinyguard::guard {

// How logits become probabilities.
struct Calibration {
  double temperature = 1.0;
  double benign_bias = 0.0;  // added to the benign logit after the temperature
};

enum Branch : size_t { kFast, kDeep, kBranchCount };

class ModelFolder {
 public:
  // Reads and checks model.json, and compares every file that it lists with its SHA-256.
  Error open(const std::string& folder);

  std::string path(const std::string& name) const;
  json::Value thresholds() const { return document_.root()["thresholds"]; }

  std::vector<unsigned> classes;  // threat codes, benign first
  size_t max_tokens = 0;
  size_t window_overlap = 0;
  size_t run_tokens = 0;        // of the runs of which the fast graph names the loudest; 0: it names none
  bool deep_reads_ids = false;  // the deep graph begins with the tokens instead of the fast one's states
  std::array<Calibration, kBranchCount> calibration;
  double router_threshold = 0.0;  // the router's probability from which a window stays with the fast branch

 private:
  std::string read_fields();
  Error verify() const;
  Error check_listed(const std::string& graph) const;

  std::string folder_;
  json::Document document_;
};

}  // namespace tinyguard::guard
