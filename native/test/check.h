// The smallest test frame: TEST bodies run in order, a failed CHECK is printed and the program ends with 1.
#pragma once

#include <cstdio>
#include <exception>
#include <sstream>
#include <string>
#include <vector>

namespace check {

struct Test {
  const char* name;
  void (*body)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> list;
  return list;
}

inline int failures = 0;

struct Registration {
  Registration(const char* name, void (*body)()) { tests().push_back({name, body}); }
};

template <class T>
std::string text(const T& value) {
  std::ostringstream out;
  out.precision(9);
  out << value;
  return out.str();
}

inline void fail(const char* file, int line, const std::string& what) {
  ++failures;
  std::printf("%s:%d: %s\n", file, line, what.c_str());
}

inline int run_all() {
  for (const Test& test : tests()) {
    int before = failures;
    try {
      test.body();
    } catch (const std::exception& e) {
      fail(test.name, 0, std::string("threw ") + e.what());
    }
    std::printf("%s %s\n", failures == before ? "ok  " : "FAIL", test.name);
  }
  std::printf("%zu tests, %d failed checks\n", tests().size(), failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace check

#define TEST(name)                                                 \
  static void name();                                              \
  static const check::Registration registered_##name(#name, name); \
  static void name()

#define CHECK(condition)                                                   \
  do {                                                                     \
    if (!(condition)) check::fail(__FILE__, __LINE__, "want " #condition); \
  } while (0)

#define CHECK_EQUAL(have, want)                                                                          \
  do {                                                                                                   \
    const auto& have_ = (have);                                                                          \
    const auto& want_ = (want);                                                                          \
    if (!(have_ == want_))                                                                               \
      check::fail(__FILE__, __LINE__,                                                                    \
                  std::string(#have) + ": want " + check::text(want_) + ", have " + check::text(have_)); \
  } while (0)

#define CHECK_CONTAINS(have, part)                                                                  \
  do {                                                                                              \
    std::string text_ = (have);                                                                     \
    if (text_.find(part) == std::string::npos)                                                      \
      check::fail(__FILE__, __LINE__, std::string("want \"") + (part) + "\" in \"" + text_ + "\""); \
  } while (0)
