#include "guard/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "guard/sha256.h"

namespace tinyguard::guard {
namespace {

constexpr size_t kChunk = 1 << 20;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

template <typename Take>
bool each_chunk(const std::string& path, std::string& problem, Take take) {
  errno = 0;
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    problem = errno == ENOENT ? "is missing" : std::string("cannot be read: ") + std::strerror(errno);
    return false;
  }
  std::vector<char> chunk(kChunk);
  size_t size = 0;
  while ((size = std::fread(chunk.data(), 1, chunk.size(), file.get())) != 0) take(chunk.data(), size);
  if (std::ferror(file.get()) == 0) return true;
  problem = std::string("cannot be read: ") + std::strerror(errno);
  return false;
}

}  // namespace

bool read_file(const std::string& path, std::string& content, std::string& problem) {
  content.clear();
  return each_chunk(path, problem, [&](const char* data, size_t size) { content.append(data, size); });
}

bool hash_file(const std::string& path, std::string& sha256, std::string& problem) {
  Sha256 digest;
  if (!each_chunk(path, problem, [&](const char* data, size_t size) { digest.add(data, size); }))
    return false;
  sha256 = digest.hex();
  return true;
}

bool exists(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  return file != nullptr;
}

std::string join_path(const std::string& folder, const std::string& name) {
  return folder.empty() || folder.back() == '/' ? folder + name : folder + "/" + name;
}

}  // namespace tinyguard::guard
