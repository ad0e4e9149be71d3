// Whole files and their digests.
#pragma once

#include <string>

namespace tinyguard::guard {

// False where the file cannot be read; `problem` then says why ("is missing", "cannot be read: …").
bool read_file(const std::string& path, std::string& content, std::string& problem);
bool hash_file(const std::string& path, std::string& sha256, std::string& problem);
bool exists(const std::string& path);

std::string join_path(const std::string& folder, const std::string& name);

}  // namespace tinyguard::guard
