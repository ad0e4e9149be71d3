// The two graphs of the model, joined as in tinyguard/network.py: every window through the fast one, the
// unsure ones through the deep one.
#pragma once

#include "guard/judge.h"
#include "guard/model_folder.h"
#include "guard/onnx.h"

namespace tinyguard::guard {

class Network {
 public:
  // `operators` is the path of the operators' library; the graphs of standard operators run if it is empty.
  Error open(const ModelFolder& folder, const std::string& runtime, const std::string& operators);

  // One window: its token ids with the special ones, and the kFeatureCount features of the whole text.
  Error read(const std::vector<int64_t>& ids, const float* features, Reading& out) const;

 private:
  Error read(const std::vector<int64_t>& ids, const float* features, double router_threshold,
             Reading& out) const;
  Error fit(Error error, const std::string& path) const;

  const ModelFolder* folder_ = nullptr;
  onnx::Runtime runtime_;  // outlives the sessions
  onnx::Session fast_, deep_;
};

}  // namespace tinyguard::guard
