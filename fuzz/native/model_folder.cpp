// model.json and policy files: refused with a message that names the file, or within the ranges that the
// guard relies on. The first byte says which of the two it is.
#include "guard/model_folder.h"

#include <unistd.h>

#include <cmath>

#include "guard/policy.h"
#include "input.h"

using namespace tinyguard;

namespace {

// A folder of this process, in memory where the system has such.
const std::string& folder() {
  static const std::string made = [] {
    std::string name =
        (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + std::string("/tinyguard-fuzz-XXXXXX");
    FUZZ_CHECK(mkdtemp(name.data()) != nullptr);
    return name;
  }();
  return made;
}

void write(const std::string& path, std::string_view content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view content = fuzz::bytes_of(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    write(folder() + "/model.json", content);
    guard::ModelFolder model;
    const guard::Error error = model.open(folder());
    // None of the files that it must list is there.
    FUZZ_CHECK(error && error.message.find(folder()) != std::string::npos);
    guard::Policy policy;
    for (const char* name : {"strict", "balanced", "permissive"})
      guard::preset(name, model.thresholds(), policy);
    return 0;
  }
  const std::string path = folder() + "/policy.json";
  write(path, content);
  guard::Policy policy;
  if (const guard::Error error = guard::read_policy(path, policy)) {
    FUZZ_CHECK(!error.message.empty());
    return 0;
  }
  for (size_t role = 0; role < guard::kRoleCount; ++role) {
    const guard::Bands bands = policy.bands(role);
    FUZZ_CHECK(bands.threshold >= 0.0 && bands.threshold <= 1.0);
    for (const double score : {0.0, 0.3, 0.999, 1.0}) FUZZ_CHECK(bands.action(score) <= 3);
  }
  return 0;
}
