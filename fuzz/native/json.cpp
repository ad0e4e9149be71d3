// The reader of JSON: every value of a document can be visited, every number read, every member found.
#include "json/json.h"

#include "input.h"

using namespace tinyguard;

namespace {

size_t visit(json::Value value) {
  int64_t integer = 0;
  if (value.integer(integer)) FUZZ_CHECK(value.is(json::Kind::number));
  value.number();
  value.truth();
  FUZZ_CHECK(decode_utf8(value.text()).size() <= value.text().size());
  const bool object = value.is(json::Kind::object);
  size_t children = 0, seen = 1;
  for (json::Value child = value.first(); child; child = child.next(), ++children) {
    if (object && children % 2 == 0) FUZZ_CHECK(value[child.text()]);
    seen += visit(child);
  }
  FUZZ_CHECK(children == (object ? 2 : 1) * value.size());
  return seen;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  json::Document document;
  const std::string problem = document.parse(fuzz::bytes_of(data, size));
  FUZZ_CHECK(problem.empty() == static_cast<bool>(document.root()));
  if (problem.empty()) FUZZ_CHECK(visit(document.root()) <= size + 1);
  return 0;
}
