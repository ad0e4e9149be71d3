// The whole text core: the bounds that views/pipeline.h promises, and numbers in their ranges.
#include "input.h"
#include "views/pipeline.h"

using namespace tinyguard;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::need_language();
  const std::u32string text = fuzz::text_of(fuzz::bytes_of(data, size));
  const Analysis analysis = analyze(text);
  FUZZ_CHECK(!analysis.views.empty() && analysis.views.size() <= 1 + kMaxViews);
  FUZZ_CHECK(analysis.views[0].text == analysis.normalized.text && analysis.views[0].depth == 0);
  size_t recovered = 0;
  for (size_t i = 0; i < analysis.views.size(); ++i) {
    const View& view = analysis.views[i];
    FUZZ_CHECK(view.depth <= kMaxDepth && (view.depth == 0) == (i == 0) && !view.kind.empty());
    FUZZ_CHECK(fuzz::inside(view.span, text.size()));
    FUZZ_CHECK(view.plausibility >= 0.0f && view.plausibility <= 1.0f);
    if (i > 0) recovered += view.text.size();
  }
  FUZZ_CHECK(recovered <= std::max(kLengthFactor * text.size(), kLengthFloor));
  for (const Evidence& evidence : analysis.evidence) FUZZ_CHECK(fuzz::inside(evidence.span, text.size()));
  for (const float score : analysis.scores) FUZZ_CHECK(score >= 0.0f && score <= 1.0f);
  for (const float feature : analysis.features) FUZZ_CHECK(feature >= 0.0f && feature <= 1.0f);
  return 0;
}
