// Each twin has a kernel of its name and arguments; mistakes are named.
#include "pair.h"

#include "check.h"

namespace {

TEST(the_library_has_no_mistake) {
  for (const auto& mistake : acuity::pairing_mistakes()) check::fail(__FILE__, __LINE__, mistake);
  CHECK(!acuity::pairs().empty());
}

TEST(mistakes_are_named) {
  emu::Kernel kernel{"add_forward", "kernels/add.cu", "PPPL", {256, 1, 1}, {256, 1, 1}, 0, nullptr};
  auto mistakes = acuity::pairing_mistakes({kernel, kernel}, {{"add_forward", "PPPI"}, {"subtract_forward", "PPPL"}});
  CHECK_EQUAL(mistakes.size(), 3u);
  CHECK_EQUAL(mistakes.at(0), "kernel add_forward: want one, have two of that name");
  CHECK_EQUAL(mistakes.at(1), "twin add_forward: want arguments PPPL as the kernel, have PPPI");
  CHECK_EQUAL(mistakes.at(2), "twin subtract_forward: there is no kernel of that name");
  CHECK(acuity::pairing_mistakes({kernel}, {{"add_forward", "PPPL"}}).empty());
}

}  // namespace

int main() { return check::run_all(); }
