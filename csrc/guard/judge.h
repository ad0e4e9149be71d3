// From what the model says of every window of every view to one verdict, by the rules of tinyguard/judge.py
// and tinyguard/verdict.py, in their arithmetic: double precision, scores rounded to six decimals, halves to
// even.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "guard/policy.h"
#include "views/pipeline.h"

namespace tinyguard::guard {

// The code of a threat by its name, -1 for an unknown one.
int threat_code(std::string_view name);

// What the model says of one window.
struct Reading {
  std::vector<double> probabilities;  // of the classes, calibrated
  unsigned code = 0;                  // the likeliest threat code, of the 16
  double severity = 0.0;              // 0 to 15
  float loudness = 0.0f;              // of its loudest run of tokens, in log-odds; above 0 it is suspect
  size_t loudest = 0;                 // the token at which that run begins, special ones not counted
};

// The window of a view that looks most like an attack.
struct Finding {
  double score;
  unsigned threat;
  double severity;
};

// One text on its way through the model.
class Scan {
 public:
  Scan(const Analysis& analysis, size_t role, const std::vector<unsigned>& classes);

  // Take in the result of a view's next window; of equal scores the first window's stays.
  void add(size_t view, const Reading& reading);

  // Take in the result of the closer look at a view.
  void add_look(size_t view, const Reading& reading) { looks_[view] = found(reading); }

  // The 16 bits.
  uint16_t judge(const Bands& bands, unsigned overflow_action) const;

 private:
  Finding found(const Reading& reading) const;
  std::optional<Finding> judged(size_t view) const;

  const Analysis& analysis_;
  size_t role_;
  const std::vector<unsigned>& classes_;
  std::vector<size_t>
      kinds_;  // what an attack may be called, indices of classes_: plain words are not obfuscated
  std::vector<std::optional<Finding>> findings_, looks_;
  std::vector<unsigned> windows_;  // of each view
};

// Whether a view asks for a closer look: by its loudest run, its windows and the tokens of that run's window.
bool asks_for_a_look(float loudness, size_t windows, size_t tokens);

// A window's probability of an attack, given how many windows its text has.
double among(double score, unsigned windows);

// The probability whose odds are those of `score` over `divisor`.
double discounted(double score, unsigned divisor);

// The bits of a verdict; its confidence follows from the score and the threshold.
uint16_t verdict_bits(double score, double threshold, unsigned threat, unsigned severity, unsigned action);

// The number rounded to six decimals as Python's round does it: the nearest decimal, and of that the nearest
// double.
double round_6(double number);

}  // namespace tinyguard::guard
