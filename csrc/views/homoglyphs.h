// Look-alike letters folded in a view of their own, where normalization has to be careful.
//
// Normalization folds a word only where it mixes scripts or is all strong look-alikes: "тһе" may be a word of
// some language. Where several words were folded and hardly a word is really written in another script, all
// of the text pretends, and words that are nothing but look-alikes are folded too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/types.h"

namespace tinyguard {

struct FoldedWords {
  std::u32string text;
  std::vector<Span> folded;  // words that were nothing but look-alikes, weak ones included, and Latin letters
  size_t genuine = 0;        // words with letters of other scripts that look like none of ASCII
};
FoldedWords fold_lookalike_words(std::u32string_view text);

}  // namespace tinyguard
