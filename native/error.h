// Failures on their way to acuity_last_error.
#pragma once

#include <exception>
#include <string>

namespace acuity {

// Keeps the text for the calling thread; returns 1, the status of failed calls.
int failed(const std::string& text) noexcept;
const char* last_error() noexcept;

// Runs f, which returns an error text that is empty on success; whatever it throws becomes a text too.
template <class F>
int guarded(const char* what, F f) noexcept {
  try {
    std::string text = f();
    return text.empty() ? 0 : failed(text);
  } catch (const std::exception& e) {
    return failed(std::string(what) + ": " + e.what());
  } catch (...) {
    return failed(std::string(what) + ": unknown failure");
  }
}

}  // namespace acuity
