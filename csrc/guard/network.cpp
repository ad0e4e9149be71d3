#include "guard/network.h"

#include <algorithm>
#include <cmath>

#include "detect/features.h"

namespace tinyguard::guard {
namespace {

// Threat codes, severity and harmful intent stand behind the classes in an answer.
constexpr size_t kCodes = 16;
// Router thresholds, which are compared with a probability, at which no window and every window goes on.
constexpr double kNever = -1.0, kAlways = 2.0;

// A sum in the order of NumPy's, which from eight numbers on keeps eight running sums (pairwise summation).
double sum(const std::vector<double>& x) {
  const size_t size = x.size();
  size_t i = 0;
  double total = 0.0;
  if (size >= 8) {
    double r[8];
    std::copy(x.begin(), x.begin() + 8, r);
    for (i = 8; i + 8 <= size; i += 8) {
      for (size_t k = 0; k < 8; ++k) r[k] += x[i + k];
    }
    total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  }
  for (; i < size; ++i) total += x[i];
  return total;
}

// Class probabilities of logits: a temperature, and a shift of the benign one.
std::vector<double> calibrated(const float* logits, size_t count, const Calibration& calibration) {
  std::vector<double> result(logits, logits + count);
  for (double& x : result) x /= calibration.temperature;
  result[0] += calibration.benign_bias;
  const double highest = *std::max_element(result.begin(), result.end());
  for (double& x : result) x = std::exp(x - highest);
  const double total = sum(result);
  for (double& x : result) x /= total;
  return result;
}

}  // namespace

Error Network::open(const ModelFolder& folder, const std::string& runtime, const std::string& operators) {
  folder_ = &folder;
  if (Error error = runtime_.load(runtime)) return error;
  const std::string kind = operators.empty() ? ".plain.onnx" : ".onnx";
  const std::string fast = folder.path("fast" + kind), deep = folder.path("deep" + kind);
  if (Error error = runtime_.open(fast, operators, fast_)) return fit(error, fast);
  if (Error error = runtime_.open(deep, operators, deep_)) return fit(error, deep);
  // A first window shows whether the graphs take what they will be given and answer what is expected: through
  // the fast one alone, then through both.
  const std::vector<float> features(kFeatureCount, 0.0f);
  Reading reading;
  if (Error error = read({0, 0}, features.data(), kNever, reading)) return fit(error, fast);
  return fit(read({0, 0}, features.data(), kAlways, reading), deep);
}

Error Network::read(const std::vector<int64_t>& ids, const float* features, Reading& out) const {
  return read(ids, features, folder_->router_threshold, out);
}

Error Network::fit(Error error, const std::string& path) const {
  if (!error) return error;
  return model_error(path,
                     "is not a model that ONNX Runtime reads, or does not fit model.json: " + error.message);
}

Error Network::read(const std::vector<int64_t>& ids, const float* features, double router_threshold,
                    Reading& out) const {
  const size_t classes = folder_->classes.size(), wide = classes + kCodes + 2;
  const auto length = static_cast<int64_t>(ids.size());
  onnx::Value ids_value(nullptr, {&runtime_}), length_value(nullptr, {&runtime_}),
      features_value(nullptr, {&runtime_});
  if (Error error = runtime_.tensor(ids.data(), {1, length}, ids_value)) return error;
  if (Error error = runtime_.tensor(&length, {1}, length_value)) return error;
  if (Error error = runtime_.tensor(features, {1, int64_t{kFeatureCount}}, features_value)) return error;

  std::vector<onnx::Value> fast, deep;
  std::vector<const char*> outputs = {"pooled", "answer", "routes"};
  if (folder_->run_tokens != 0) outputs.push_back("loudest");
  // The hidden states stay inside where nobody goes on from them.
  if (!folder_->deep_reads_ids) outputs.push_back("hidden");
  if (Error error = fast_.run({"ids", "lengths", "features"},
                              {ids_value.get(), length_value.get(), features_value.get()}, outputs, fast)) {
    return error;
  }
  size_t answers = 0, routes = 0;
  const float* answer = runtime_.floats(fast[1], answers);
  const float* route = runtime_.floats(fast[2], routes);
  if (answer == nullptr || route == nullptr || answers != wide || routes != 3) {
    return {TINYGUARD_RUN_FAILED, "the fast graph's outputs have another shape"};
  }
  if (folder_->run_tokens != 0) {
    size_t count = 0;
    const float* loudest = runtime_.floats(fast[3], count);
    if (loudest == nullptr || count != 2)
      return {TINYGUARD_RUN_FAILED, "the fast graph's outputs have another shape"};
    if (!std::isfinite(loudest[0]) || !(loudest[1] >= 0.0f && loudest[1] < static_cast<float>(length)))
      return {TINYGUARD_RUN_FAILED, "the model names a run of tokens that is not there"};
    out.loudness = loudest[0];
    out.loudest = static_cast<size_t>(loudest[1]);
  }
  Branch branch = kFast;
  // The threshold in the precision of the probability, as NumPy compares them.
  if (route[0] < static_cast<float>(router_threshold)) {
    branch = kDeep;
    std::vector<const char*> names = {"lengths", "pooled", "fast_answer", "routes"};
    std::vector<const void*> given = {length_value.get(), fast[0].get(), fast[1].get(), fast[2].get()};
    if (folder_->deep_reads_ids) {
      names.insert(names.end(), {"ids", "features"});
      given.insert(given.end(), {ids_value.get(), features_value.get()});
    } else {
      names.push_back("hidden");
      given.push_back(fast.back().get());
    }
    if (Error error = deep_.run(names, given, {"answer"}, deep)) return error;
    answer = runtime_.floats(deep[0], answers);
    if (answer == nullptr || answers != wide)
      return {TINYGUARD_RUN_FAILED, "the deep graph's output has another shape"};
  }
  if (!std::all_of(answer, answer + wide, [](float value) { return std::isfinite(value); }))
    return {TINYGUARD_RUN_FAILED, "the model gave something that is no number"};
  out.probabilities = calibrated(answer, classes, folder_->calibration[branch]);
  out.code =
      static_cast<unsigned>(std::max_element(answer + classes, answer + classes + kCodes) - answer - classes);
  out.severity = 15.0 * (1.0 / (1.0 + std::exp(-static_cast<double>(answer[classes + kCodes]))));
  return {};
}

}  // namespace tinyguard::guard
