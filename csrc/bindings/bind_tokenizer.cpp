#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>

#include "bindings/bindings.h"
#include "tokenizer/tokenizer.h"

namespace tinyguard::bindings {
namespace py = pybind11;
namespace {

std::unique_ptr<Tokenizer> open(const py::bytes& content) {
  auto tokenizer = std::make_unique<Tokenizer>();
  const std::string_view json = content;
  std::string problem;
  {
    py::gil_scoped_release release;
    problem = tokenizer->read(json);
  }
  if (!problem.empty()) throw py::value_error("tokenizer.json: " + problem);
  return tokenizer;
}

py::array_t<int64_t> encode(const Tokenizer& self, py::handle text) {
  const std::u32string characters = to_u32(text);
  std::vector<int64_t> ids;
  {
    py::gil_scoped_release release;
    self.encode(characters, ids, nullptr);
  }
  return py::array_t<int64_t>(static_cast<py::ssize_t>(ids.size()), ids.data());
}

py::array_t<int32_t> offsets(const Tokenizer& self, py::handle text) {
  const std::u32string characters = to_u32(text);
  std::vector<int64_t> ids;
  std::vector<int32_t> offsets;
  {
    py::gil_scoped_release release;
    self.encode(characters, ids, &offsets);
  }
  py::array_t<int32_t> result({static_cast<py::ssize_t>(ids.size()), py::ssize_t{2}});
  std::copy(offsets.begin(), offsets.end(), result.mutable_data());
  return result;
}

}  // namespace

void bind_tokenizer(py::module_& module) {
  py::class_<Tokenizer>(
      module, "Tokenizer",
      "A Unigram tokenizer.json. ValueError where it is damaged or asks for something else.")
      .def(py::init(&open), py::arg("json"))
      .def_property_readonly("prefix", &Tokenizer::prefix, "Ids before a text.")
      .def_property_readonly("suffix", &Tokenizer::suffix, "Ids after a text.")
      .def("encode", &encode, py::arg("text"), "Token ids of a text, int64 [n], without prefix and suffix.")
      .def("offsets", &offsets, py::arg("text"), "The characters of each of those tokens, int32 [n, 2].")
      .def(
          "token_to_id",
          [](const Tokenizer& self, const py::str& token) -> std::optional<int64_t> {
            const int64_t id = self.id(to_u32(token));
            return id < 0 ? std::nullopt : std::optional<int64_t>(id);
          },
          py::arg("token"));
}

}  // namespace tinyguard::bindings
