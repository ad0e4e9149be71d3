// One detector, TINYGUARD_DETECTOR by name: its score is a share, its spans lie in the normalized text, and
// so does what it recovers.
#include "detect/registry.h"
#include "input.h"

using namespace tinyguard;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::need_language();
  static const RegisteredDetector* const detector = find_detector(TINYGUARD_DETECTOR);
  FUZZ_CHECK(detector != nullptr);
  const std::u32string text = fuzz::text_of(fuzz::bytes_of(data, size));
  const NormalizedText normalized = normalize(text);
  const TextView view{text, normalized};
  const Detection detection = detector->detect(view, measure_shared(view));
  FUZZ_CHECK(detection.score >= 0.0f && detection.score <= 1.0f);
  for (const Evidence& evidence : detection.evidence) {
    FUZZ_CHECK(fuzz::inside(evidence.span, normalized.text.size()) && evidence.kind[0] != '\0');
  }
  FUZZ_CHECK(detector->recovers || detection.recoveries.empty());
  for (const Recovery& recovery : detection.recoveries) {
    FUZZ_CHECK(fuzz::inside(recovery.span, normalized.text.size()) && recovery.kind[0] != '\0');
    FUZZ_CHECK(recovery.plausibility >= 0.0f && recovery.plausibility <= 1.0f);
    for (const char32_t c : recovery.text) FUZZ_CHECK(c <= 0x10FFFF);
  }
  return 0;
}
