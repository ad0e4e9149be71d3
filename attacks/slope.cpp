// Runs the text core once on each text of a file, for callgrind to count: attacks/slope.py. The first text is
// read once more before, for the first use of the core builds its static tables.
//
// The file holds, for each text, its length in bytes in four bytes (little-endian) and its UTF-8.
#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "detect/language.h"
#include "text/utf8.h"
#include "views/pipeline.h"

namespace {

std::string content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

std::vector<std::u32string> texts_of(const std::string& content) {
  std::vector<std::u32string> texts;
  for (size_t at = 0; at + 4 <= content.size();) {
    uint32_t size = 0;
    std::memcpy(&size, content.data() + at, 4);
    texts.push_back(tinyguard::decode_utf8(std::string_view(content).substr(at + 4, size)));
    at += 4 + size;
  }
  return texts;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: slope LANGUAGE.BIN TEXTS\n", stderr), 2;
  if (tinyguard::load_language(content_of(argv[1])) != tinyguard::LoadError::none)
    return std::fputs("bad language table\n", stderr), 1;
  const std::vector<std::u32string> texts = texts_of(content_of(argv[2]));
  if (texts.empty()) return std::fputs("no texts\n", stderr), 1;
  tinyguard::analyze(texts.front());
  CALLGRIND_START_INSTRUMENTATION;
  for (const std::u32string& text : texts) {
    CALLGRIND_ZERO_STATS;
    tinyguard::analyze(text);
    CALLGRIND_DUMP_STATS;
  }
  return 0;
}
