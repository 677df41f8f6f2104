// The emulator finds planted bugs and runs correct kernels right, in every order.
#include <cmath>
#include <cstring>

#include "check.h"
#include "fault.h"
#include "guarded.h"
#include "launcher.h"

namespace {

// The orders, as digits, in which run() gives a wrong result or a report.
template <class Run>
std::string found_in(Run run) {
  std::string orders;
  for (const auto& order : all_orders()) {
    emu::set_order(order);
    char digit = static_cast<char>('0' + order.kind);
    if (!run() && (orders.empty() || orders.back() != digit)) orders += digit;
  }
  emu::set_order({});
  return orders;
}

// The report of a launch in forward order, or "no report".
template <class... Args>
std::string report(const std::string& name, dim3 grid, Args... args) {
  std::string text = launch(name, grid, args...);
  return text.empty() ? "no report" : text;
}

TEST(missing_barrier_in_reduction) {
  auto x = counting(256);
  CHECK_EQUAL(found_in([&] {
                float y = 0;
                return launch("bug_reduction_without_barrier", {1}, x.data(), &y).empty() && y == 256 * 257 / 2;
              }),
              "023");
}

TEST(missing_barrier_before_neighbour_read) {
  auto x = counting(256);
  CHECK_EQUAL(found_in([&] {
                std::vector<float> y(256);
                launch("bug_neighbour_without_barrier", {1}, x.data(), y.data());
                for (size_t i = 1; i < 256; ++i) {
                  if (y[i] != x[i - 1]) return false;
                }
                return true;
              }),
              "12");
}

TEST(missing_barrier_in_gemm) {
  std::vector<float> a(256, 0.0f), b = counting(256);
  for (size_t i = 0; i < 16; ++i) a[i * 16 + (15 - i)] = 1.0f;  // turns the rows of b round
  CHECK_EQUAL(found_in([&] {
                std::vector<float> y(256);
                launch("bug_gemm_without_barrier", {1}, a.data(), b.data(), y.data());
                for (size_t i = 0; i < 256; ++i) {
                  if (y[i] != b[(15 - i / 16) * 16 + i % 16]) return false;
                }
                return true;
              }),
              "0123");
}

TEST(copy_wait_too_short) {
  auto x = counting(256);
  CHECK_EQUAL(found_in([&] {
                std::vector<float> y(128);
                launch("bug_copy_wait_too_short", {1}, x.data(), y.data());
                for (size_t i = 0; i < 128; ++i) {
                  if (y[i] != x[127 - i] + x[255 - i]) return false;
                }
                return true;
              }),
              "0123");
}

TEST(refill_is_found_by_the_greedy_order_only) {
  constexpr int rounds = 4;
  auto x = counting(256 * rounds);
  CHECK_EQUAL(found_in([&] {
                std::vector<float> y(64);
                launch("bug_refill_without_barrier", {1}, x.data(), y.data(), rounds);
                for (size_t t = 0; t < 64; ++t) {
                  float want = 0;
                  for (size_t round = 0; round < rounds; ++round) {
                    for (size_t lane = t / 4 * 4; lane < t / 4 * 4 + 4; ++lane) {
                      want += x[round * 256 + 4 * ((lane + 32) % 64)];
                    }
                  }
                  if (y[t] != want) return false;
                }
                return true;
              }),
              "3");
}

TEST(divergent_barriers_are_reported) {
  std::vector<float> y(256);
  std::string text = report("bug_barrier_in_branch", {1}, y.data());
  CHECK_CONTAINS(text, "divergent __syncthreads: kernel bug_barrier_in_branch block (0,0,0)");
  CHECK_CONTAINS(text, "planted.cu:");
  CHECK_CONTAINS(text, "threads 0..19 (20)");
  CHECK_CONTAINS(text, "exited: threads 20..255 (236)");

  text = report("bug_early_exit", {1}, y.data(), 100);
  CHECK_CONTAINS(text, "exited: threads 100..255 (156)");

  text = report("bug_two_barriers", {1}, y.data());
  CHECK_CONTAINS(text, "divergent barrier");
  CHECK_CONTAINS(text, "kernel bug_two_barriers block (0,0,0) thread 32");
}

TEST(warp_operations_are_checked) {
  std::vector<float> y(256);
  std::string text = report("bug_missing_lanes", {1}, y.data());
  CHECK_CONTAINS(text, "deadlock: kernel bug_missing_lanes");
  CHECK_CONTAINS(text, "__shfl_xor_sync");
  CHECK_CONTAINS(text, "threads 0..15 (16)");
  CHECK_CONTAINS(report("bug_lane_outside_own_mask", {1}, y.data()), "lane 16 is not in its own mask");
  CHECK_CONTAINS(report("bug_lanes_disagree", {1}, y.data()), "lanes of one warp disagree");
  CHECK_EQUAL(launch("bug_shuffle_from_outside", {1}, y.data()), "");
  CHECK(std::isnan(y[3]));
}

TEST(uninitialised_shared_memory_is_nan_in_every_block) {
  std::vector<float> y(256 * 20);
  CHECK_EQUAL(launch("bug_uninitialised_shared", {20}, y.data()), "");
  for (float value : y) CHECK(std::isnan(value));
  std::fill(y.begin(), y.end(), 0.0f);
  CHECK_EQUAL(launch("bug_uninitialised_dynamic", {20}, y.data()), "");
  for (float value : y) CHECK(std::isnan(value));
}

TEST(copies_are_checked) {
  std::vector<float> x(64), y(64);
  CHECK_CONTAINS(report("bug_copy_never_waited_for", {1}, x.data(), y.data()), "1 copies were never waited for");
  CHECK_CONTAINS(report("bug_copy_misaligned", {1}, x.data(), y.data()), "multiple of 16");
}

TEST(overrun_is_reported_with_block_and_thread) {
  emu::catch_faults();
  Guarded y(508 * sizeof(float));
  std::string text = report("bug_no_bounds_check", {2}, static_cast<float*>(y.data()), 508);
  CHECK_CONTAINS(text, "memory fault");
  CHECK_CONTAINS(text, "kernel bug_no_bounds_check block (1,0,0) thread 252");
  std::vector<float> whole(512);
  CHECK_EQUAL(launch("bug_no_bounds_check", {2}, whole.data(), 512), "");
}

TEST(limits_of_cuda_are_kept) {
  CHECK_CONTAINS(report("sound_barriers", {1, 70000, 1}, nullptr), "65535");
  const emu::Kernel* kernel = emu::find_kernel("sound_barriers");
  void* args[1] = {};
  CHECK_CONTAINS(emu::launch(*kernel, {1}, {5, 4, 5}, args), "its block is 5x4x6, wanted 5x4x5");
}

// Runs the body in every order, and says which one failed.
template <class Body>
void in_every_order(Body body) {
  for (const auto& order : all_orders()) {
    emu::set_order(order);
    int before = check::failures;
    body();
    if (check::failures != before) std::printf("  in order %d\n", order.kind);
  }
  emu::set_order({});
}

TEST(block_sum_is_right) {
  in_every_order([] {
    auto x = counting(1000);
    std::vector<float> y(4);
    CHECK_EQUAL(launch("sound_block_sum", {4}, x.data(), y.data(), int64_t{1000}), "");
    for (int block = 0; block < 4; ++block) {
      int first = block * 256 + 1, last = std::min(block * 256 + 256, 1000);
      CHECK_EQUAL(y[static_cast<size_t>(block)], static_cast<float>((first + last) * (last - first + 1) / 2));
    }
  });
}

TEST(warp_operations_are_right) {
  in_every_order([] {
    std::vector<int> y(288, -1);
    CHECK_EQUAL(launch("sound_warp", {1}, y.data()), "");
    for (int t = 0; t < 32; ++t) {
      auto at = [&](int row) { return y[static_cast<size_t>(row * 32 + t)]; };
      CHECK_EQUAL(at(0), 30);
      CHECK_EQUAL(at(1), (t / 8 * 8 + 3) * 10);
      CHECK_EQUAL(at(2), t < 2 ? t : t - 2);
      CHECK_EQUAL(at(3), t % 16 >= 14 ? t : t + 2);
      CHECK_EQUAL(at(4), t ^ 5);
      CHECK_EQUAL(at(5), 0x49249249);
      CHECK_EQUAL(at(6), 11);
      CHECK_EQUAL(at(7), 31);
      CHECK_EQUAL(at(8), t < 8 ? t ^ 1 : -1);
    }
  });
}

TEST(barriers_count) {
  in_every_order([] {
    std::vector<int> y(120 * 12);
    CHECK_EQUAL(launch("sound_barriers", {2, 3, 2}, y.data()), "");
    for (int value : y) CHECK_EQUAL(value, 40 * 10000 + 1000 + 10);
  });
}

TEST(tensor_core_product_is_right) {
  constexpr int m = 100;
  std::vector<float> a(m * 64), b(64 * 8);
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(static_cast<int>(i * 7 % 31) - 15);
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(static_cast<int>(i * 5 % 23) - 11) / 4;
  in_every_order([&] {
    std::vector<float> y(m * 8);
    CHECK_EQUAL(launch("sound_mma", {2}, a.data(), b.data(), y.data(), m), "");
    for (size_t row = 0; row < m; ++row) {
      for (size_t column = 0; column < 8; ++column) {
        float sum = 0;  // exact: small multiples of 1/4
        for (size_t k = 0; k < 64; ++k) sum += a[row * 64 + k] * b[k * 8 + column];
        CHECK_EQUAL(y[row * 8 + column], sum);
      }
    }
  });
}

TEST(copies_arrive) {
  auto x = counting(1000);
  in_every_order([&] {
    Guarded from(1000 * sizeof(float));
    std::memcpy(from.data(), x.data(), from.bytes());
    std::vector<float> y(1000, 0.0f);
    CHECK_EQUAL(launch("sound_copy", {1}, static_cast<const float*>(from.data()), y.data(), 4, 1000), "");
    CHECK(y == x);
  });
}

TEST(syncwarp_orders_a_warp) {
  auto x = counting(32);
  in_every_order([&] {
    std::vector<float> y(32);
    CHECK_EQUAL(launch("sound_syncwarp", {1}, x.data(), y.data()), "");
    for (size_t t = 0; t < 32; ++t) CHECK_EQUAL(y[t], x[t ^ 17]);
  });
}

TEST(atomics_count_across_host_threads) {
  emu::set_threads(4);
  std::vector<uint8_t> x(100000);
  std::vector<int> want(16), bins(16);
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<uint8_t>(i * i);
    ++want[x[i] % 16];
  }
  CHECK_EQUAL(launch("sound_histogram", {391}, x.data(), bins.data(), int64_t{100000}), "");
  CHECK(bins == want);
  emu::set_threads(0);
}

}  // namespace

int main() { return check::run_all(); }
