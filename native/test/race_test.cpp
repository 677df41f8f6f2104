// The race check names races on shared memory in any order of execution, and is silent about correct kernels.
#include "race.h"
#include "check.h"
#include "launcher.h"

namespace {

TEST(the_check_is_on) { CHECK(emu::race_check); }

TEST(races_are_reported_in_every_order) {
  auto x = counting(1024);
  std::vector<float> y(1024);
  for (const auto& order : all_orders()) {
    emu::set_order(order);
    std::string text = launch("bug_reduction_without_barrier", {1}, x.data(), y.data());
    CHECK_CONTAINS(text, "race on static shared memory");
    CHECK_CONTAINS(text, "kernel bug_reduction_without_barrier block (0,0,0)");
    CHECK_CONTAINS(launch("bug_neighbour_without_barrier", {1}, x.data(), y.data()), "race on");
    CHECK_CONTAINS(launch("bug_gemm_without_barrier", {1}, x.data(), x.data(), y.data()), "race on");
    CHECK_CONTAINS(launch("bug_refill_without_barrier", {1}, x.data(), y.data(), 4), "race on");
    CHECK_CONTAINS(launch("bug_warp_without_syncwarp", {1}, x.data(), y.data()), "race on");
  }
  emu::set_order({});
}

TEST(correct_kernels_have_no_race) {
  auto x = counting(6400), b = counting(512);
  std::vector<float> y(1024);
  std::vector<int> ints(120 * 12);
  std::vector<uint8_t> bytes(1000, 3);
  for (const auto& order : all_orders()) {
    emu::set_order(order);
    CHECK_EQUAL(launch("sound_block_sum", {4}, x.data(), y.data(), int64_t{1000}), "");
    CHECK_EQUAL(launch("sound_warp", {1}, ints.data()), "");
    CHECK_EQUAL(launch("sound_barriers", {2, 3, 2}, ints.data()), "");
    CHECK_EQUAL(launch("sound_mma", {2}, x.data(), b.data(), y.data(), 100), "");
    CHECK_EQUAL(launch("sound_copy", {1}, x.data(), y.data(), 4, 1000), "");
    CHECK_EQUAL(launch("sound_syncwarp", {1}, x.data(), y.data()), "");
    CHECK_EQUAL(launch("sound_histogram", {4}, bytes.data(), ints.data(), int64_t{1000}), "");
  }
  emu::set_order({});
}

}  // namespace

int main() { return check::run_all(); }
