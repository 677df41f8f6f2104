// Argument checks of the twins: one sentence with what was wanted and what was given.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace acuity::cpu {

/// "conv3x3_forward shuffle: want 1, 2 or 3, have 7"
[[noreturn]] inline void reject(const std::string& subject, const std::string& want, const std::string& have) {
  throw std::invalid_argument(subject + ": want " + want + ", have " + have);
}

inline void want_at_least(const char* kernel, const char* argument, std::int64_t least, std::int64_t have) {
  if (have < least) {
    reject(std::string(kernel) + " " + argument, "at least " + std::to_string(least), std::to_string(have));
  }
}

inline void want_pointer(const char* kernel, const char* argument, const void* have) {
  if (have == nullptr) reject(std::string(kernel) + " " + argument, "a pointer", "null");
}

}  // namespace acuity::cpu
