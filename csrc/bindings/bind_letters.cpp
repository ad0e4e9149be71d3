#include "bindings/bindings.h"
#include "detect/encryption.h"
#include "detect/flip.h"
#include "detect/language.h"
#include "detect/leet.h"
#include "detect/typoglycemia.h"
#include "views/best_of_n.h"
#include "views/cipher.h"
#include "views/codechameleon.h"
#include "views/flip.h"
#include "views/leet.h"
#include "views/slips.h"
#include "views/spacing.h"
#include "views/typoglycemia.h"
#include "views/upside_down.h"
#include "views/vowels.h"

namespace tinyguard::bindings {
namespace py = pybind11;
namespace {

// (score, [(begin, end, kind)], [(text, begin, end, kind, plausibility)])
py::tuple detect(Detector detector, py::handle argument) {
  const std::u32string original = to_u32(argument);
  Detection detection;
  {
    py::gil_scoped_release release;
    const NormalizedText normalized = normalize(original);
    detection = detector(TextView{original, normalized});
  }
  py::list evidence, recoveries;
  for (const Evidence& e : detection.evidence)
    evidence.append(py::make_tuple(e.span.begin, e.span.end, e.kind));
  for (const Recovery& r : detection.recoveries) {
    recoveries.append(py::make_tuple(to_str(r.text), r.span.begin, r.span.end, r.kind, r.plausibility));
  }
  return py::make_tuple(detection.score, evidence, recoveries);
}

// The inverse transforms by the name of what they undo.
struct View {
  std::string_view kind;
  std::u32string (*undo)(std::u32string_view);
};
constexpr View kViews[] = {
    {"flip_sentence", &flip_sentence},
    {"flip_words", &flip_words},
    {"flip_word_order", &flip_word_order},
    {"rot13", [](std::u32string_view text) { return shift_letters(text, 13); }},
    {"atbash", [](std::u32string_view text) { return atbash(text); }},
    {"rot47", &rot47},
    {"leet", &undo_leet},
    {"spacing", &join_spaced_letters},
    {"fragments", &respace_words},
    {"respaced", &respace_marked_words},
    {"upside_down", &turn_upright},
    {"typoglycemia", &repair_typoglycemia},
    {"vowels", &restore_vowels},
    {"slips", &repair_slips},
    {"best_of_n", &undo_best_of_n},
    {"codechameleon_odd_even", &interleave_halves},
    {"codechameleon_tree", [](std::u32string_view text) { return read_binary_tree(text, 0).text; }},
    {"codechameleon_length", [](std::u32string_view text) { return read_indexed_words(text, 0).text; }},
};

py::str undo(const std::string& kind, py::handle argument) {
  const std::u32string text = to_u32(argument);
  for (const View& view : kViews) {
    if (view.kind == kind) return to_str(view.undo(text));
  }
  throw py::value_error("no view of letters is called " + kind);
}

void load(const py::bytes& bytes) {
  char* data = nullptr;
  Py_ssize_t size = 0;
  if (PyBytes_AsStringAndSize(bytes.ptr(), &data, &size) != 0) throw py::error_already_set();
  const LoadError error = load_language({data, static_cast<size_t>(size)});
  if (error != LoadError::none)
    throw py::value_error(std::string("language table: ") + load_error_text(error));
}

}  // namespace

void bind_letters(py::module_& module) {
  module.def("load_language", &load, py::arg("data"), "Load language.bin; ValueError if it is damaged.");
  module.def("language_score", [](py::handle text) { return language_score(to_u32(text)); }, py::arg("text"));
  module.def("mean_log_prob", [](py::handle text) { return mean_log_prob(to_u32(text)); }, py::arg("text"));
  module.def(
      "word_order_score", [](py::handle text) { return word_order_score(to_u32(text)); }, py::arg("text"));
  module.def("undo_letters", &undo, py::arg("kind"), py::arg("text"),
             "One inverse transform, named by what it undoes.");
  module.def(
      "shift_letters",
      [](py::handle text, uint32_t by) { return to_str(shift_letters(to_u32(text), by % 26)); },
      py::arg("text"), py::arg("by"));
  static constexpr struct {
    const char* name;
    Detector detector;
  } detectors[] = {{"detect_flip", &detect_flip},
                   {"detect_typoglycemia", &detect_typoglycemia},
                   {"detect_leet", &detect_leet},
                   {"detect_encryption", &detect_encryption}};
  for (const auto& entry : detectors) {
    module.def(
        entry.name, [detector = entry.detector](py::handle text) { return detect(detector, text); },
        py::arg("text"));
  }
}

}  // namespace tinyguard::bindings
