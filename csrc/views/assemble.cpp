#include "views/assemble.h"

#include <algorithm>

namespace tinyguard {
namespace {

// Appends as much as the limit allows.
void append(Assembled& view, std::u32string_view piece, size_t limit) {
  const size_t room = limit - view.text.size();
  if (piece.size() > room) view.cut = true;
  view.text.append(piece.substr(0, room));
}

}  // namespace

std::vector<const Recovery*> arrange(std::vector<const Recovery*> recoveries) {
  std::stable_sort(recoveries.begin(), recoveries.end(), [](const Recovery* a, const Recovery* b) {
    return a->span.begin != b->span.begin ? a->span.begin < b->span.begin : a->span.end > b->span.end;
  });
  std::vector<const Recovery*> kept;
  for (const Recovery* recovery : recoveries) {
    if (kept.empty() || recovery->span.begin >= kept.back()->span.end) {
      // Two empty spans in one place, or an empty one at the end of another, do not overlap.
      kept.push_back(recovery);
      continue;
    }
    if (outweighs(*recovery, *kept.back())) kept.back() = recovery;
  }
  return kept;
}

Assembled assemble(std::u32string_view text, const std::vector<const Recovery*>& recoveries, Context context,
                   size_t limit) {
  Assembled view;
  const auto reach = context == Context::around ? kContext : 0u;
  const auto size = static_cast<uint32_t>(text.size());
  uint32_t done = 0;  // the text before this position has been shown or elided
  for (size_t i = 0; i < recoveries.size() && !view.cut; ++i) {
    const Span span = recoveries[i]->span;
    const uint32_t gap = span.begin - done;
    if (i == 0) {
      const uint32_t shown = std::min(gap, reach);
      append(view, text.substr(span.begin - shown, shown), limit);
    } else if (gap <= 2 * reach) {
      append(view, text.substr(done, gap), limit);
    } else {
      append(view, text.substr(done, reach), limit);
      append(view, U"\n", limit);
      append(view, text.substr(span.begin - reach, reach), limit);
    }
    if (reach == 0 && gap == 0 && i > 0) append(view, U"\n", limit);
    const auto begin = static_cast<uint32_t>(view.text.size());
    append(view, recoveries[i]->text, limit);
    view.replaced.push_back({begin, static_cast<uint32_t>(view.text.size())});
    done = span.end;
  }
  if (!view.cut) append(view, text.substr(done, std::min(reach, size - done)), limit);
  return view;
}

}  // namespace tinyguard
