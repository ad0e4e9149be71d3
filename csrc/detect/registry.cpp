#include "detect/registry.h"

#include "detect/encoding.h"
#include "detect/encryption.h"
#include "detect/flip.h"
#include "detect/homoglyph.h"
#include "detect/indirect.h"
#include "detect/invisible.h"
#include "detect/leet.h"
#include "detect/typoglycemia.h"

namespace tinyguard {
namespace {

template <Detection (*detect)(const TextView&)>
Detection alone(const TextView& view, const Shared&) {
  return detect(view);
}

template <Detection (*detect)(const TextView&, const WordScan&)>
Detection with_words(const TextView& view, const Shared& shared) {
  return detect(view, shared.words);
}

Detection with_entropy(const TextView&, const Shared& shared) { return to_detection(shared.entropy); }

}  // namespace

const RegisteredDetector kDetectors[kDetectorCount] = {
    {"flip", with_words<detect_flip>, true},
    {"homoglyph", alone<detect_homoglyph>, true},
    {"encryption", with_words<detect_encryption>, true},
    {"encoding", alone<detect_encoding>, true},
    {"typoglycemia", with_words<detect_typoglycemia>, true},
    {"indirect", alone<detect_indirect>, true},
    {"leet", with_words<detect_leet>, true},
    {"entropy", with_entropy, false},
    {"invisible", alone<detect_invisible>, false},
};

Shared measure_shared(const TextView& view) {
  return {scan_words(view.normalized.text), measure_entropy(view.normalized.text)};
}

const RegisteredDetector* find_detector(std::string_view name) {
  for (const RegisteredDetector& entry : kDetectors) {
    if (name == entry.name) return &entry;
  }
  return nullptr;
}

}  // namespace tinyguard
