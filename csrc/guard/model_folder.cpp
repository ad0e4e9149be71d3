#include "guard/model_folder.h"

#include <cmath>

#include "guard/files.h"
#include "guard/judge.h"

namespace tinyguard::guard {

using json::Kind;
using json::Value;

namespace {

constexpr int64_t kFormat = 2;
constexpr std::string_view kRequired[] = {"fast.onnx", "deep.onnx", "fast.plain.onnx", "deep.plain.onnx",
                                          "tokenizer.json"};
// Weights in four bits, which tinyguard/fourbit.py expands.
constexpr const char* kFourBits = "weights.q4";
constexpr const char* kBranches[kBranchCount] = {"fast", "deep"};

bool size_field(const Value& value, size_t& out) {
  int64_t number = 0;
  if (!value.integer(number) || number < 0 || number > INT32_MAX) return false;
  out = static_cast<size_t>(number);
  return true;
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name != "model.json" &&
         name.find_first_of("/\\") == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

}  // namespace

std::string ModelFolder::path(const std::string& name) const { return join_path(folder_, name); }

Error ModelFolder::open(const std::string& folder) {
  folder_ = folder;
  const std::string manifest = path("model.json");
  std::string content, problem;
  if (!read_file(manifest, content, problem)) return model_error(manifest, problem);
  problem = document_.parse(content);
  if (!problem.empty()) return model_error(manifest, "is damaged: it is not JSON: " + problem);
  problem = read_fields();
  if (!problem.empty()) return model_error(manifest, "is damaged: " + problem);
  if (document_.root()["files"][kFourBits]) {
    return model_error(path(kFourBits),
                       "has 4-bit weights, which only the Python package reads: use the INT8 folder");
  }
  return verify();
}

std::string ModelFolder::read_fields() {
  const Value root = document_.root();
  int64_t format = 0;
  if (!root["format"].integer(format) || format != kFormat) {
    return "its format is not " + std::to_string(kFormat) + ", the one that this version reads";
  }
  for (Value name = root["classes"].first(); name; name = name.next()) {
    const int code = threat_code(name.text());
    if (code < 0) return "an unknown class";
    classes.push_back(static_cast<unsigned>(code));
  }
  if (classes.size() < 2 || classes[0] != TINYGUARD_THREAT_BENIGN) {
    return "classes must be benign and then threat types";
  }
  if (!size_field(root["max_tokens"], max_tokens) || !size_field(root["window_overlap"], window_overlap) ||
      window_overlap >= max_tokens) {
    return "window_overlap must be below max_tokens";
  }
  if (root["run_tokens"] && (!size_field(root["run_tokens"], run_tokens) || run_tokens >= max_tokens)) {
    return "run_tokens must be below max_tokens";
  }
  if (const Value reads = root["deep_reads"]) {
    if (reads.text() != "hidden" && reads.text() != "ids") return "deep_reads must be one of hidden, ids";
    deep_reads_ids = reads.text() == "ids";
  }
  for (size_t branch = 0; branch < kBranchCount; ++branch) {
    const Value fields = root["calibration"][kBranches[branch]];
    const Value temperature = fields["temperature"], bias = fields["benign_bias"];
    if (!temperature.is(Kind::number) || !(temperature.number() > 0.0) ||
        !std::isfinite(temperature.number())) {
      return "temperature must be positive";
    }
    if (!bias.is(Kind::number) || !std::isfinite(bias.number())) return "benign_bias must be a number";
    calibration[branch] = {temperature.number(), bias.number()};
  }
  router_threshold = root["router_threshold"].number();
  if (!root["router_threshold"].is(Kind::number) || !std::isfinite(router_threshold)) {
    return "router_threshold must be a number";
  }
  const Value files = root["files"];
  for (const std::string_view name : kRequired) {
    if (!files[name]) return "file " + std::string(name) + " is not listed";
  }
  for (Value name = files.first(); name; name = name.next().next()) {
    if (!is_file_name(name.text())) return "something in files is not the name of a file in the folder";
    if (name.next()["sha256"].text().size() != 64)
      return "sha256 of " + std::string(name.text()) + " is not one";
  }
  return "";
}

// What a graph reads must be listed, or nothing would have verified it.
Error ModelFolder::check_listed(const std::string& graph) const {
  // In a graph: the name, behind its length, of a file that holds a tensor's values.
  constexpr std::string_view kLocation = "\n\x08location\x12";
  std::string content, problem;
  if (!read_file(path(graph), content, problem)) return model_error(path(graph), problem);
  const Value files = document_.root()["files"];
  const std::string_view bytes = content;
  for (size_t at = bytes.find(kLocation); at != bytes.npos; at = bytes.find(kLocation, at)) {
    at += kLocation.size();
    const size_t length = at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
    if (length == 0 || length > 127) continue;
    const std::string_view needed = bytes.substr(at + 1, length);
    if (!files[needed]) {
      return model_error(path("model.json"), "is damaged: it does not list " + std::string(needed) +
                                                 ", which " + graph + " needs");
    }
  }
  return {};
}

Error ModelFolder::verify() const {
  const Value files = document_.root()["files"];
  for (Value name = files.first(); name; name = name.next().next()) {
    const std::string file = path(std::string(name.text())), expected(name.next()["sha256"].text());
    std::string found, problem;
    if (hash_file(file, found, problem) && found != expected) problem = "is damaged: its sha256 is " + found;
    if (!problem.empty()) return model_error(file, problem + " (expected sha256 " + expected + ")");
  }
  for (const std::string_view name : kRequired) {
    if (name == "tokenizer.json") continue;
    if (Error error = check_listed(std::string(name))) return error;
  }
  return {};
}

}  // namespace tinyguard::guard
