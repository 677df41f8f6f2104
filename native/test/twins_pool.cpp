// The thread pool: every item once, from several callers at once, nested, with exceptions, and while the machine is
// busy.
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "pool.h"
#include "twins_check.h"

namespace twins {
namespace {

using acuity::cpu::parallel_for;

void every_item_once(int callers) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&wrong, caller] {
      for (int round = 0; round < 300; ++round) {
        const int count = (round * 7 + caller) % 50;
        std::vector<std::atomic<int>> seen(count);
        parallel_for(count, [&](std::int64_t i) { ++seen[i]; });
        for (const auto& times : seen) wrong += times != 1;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  expect(wrong == 0, "parallel_for visits every item once, " + std::to_string(callers) + " callers");
}

void nested() {
  std::atomic<int> total{0};
  parallel_for(6, [&](std::int64_t) { parallel_for(5, [&](std::int64_t) { ++total; }); });
  expect(total == 30, "a nested parallel_for visits every item");
}

void exceptions() {
  for (int round = 0; round < 20; ++round) {
    try {
      parallel_for(40, [&](std::int64_t i) {
        if (i == 17) throw std::runtime_error("item 17");
      });
      fail("an item's exception reaches the caller");
    } catch (const std::runtime_error& error) {
      expect(std::string(error.what()) == "item 17", "the exception is the item's");
    }
  }
}

/// Four spinning threads beside two: the pool must go on at about its share of the machine. The bound is generous; a
/// pool that waits in turn for threads without a core misses it by far.
void busy_machine() {
  std::atomic<bool> stop{false};
  std::vector<std::thread> load;
  for (int i = 0; i < 4; ++i) {
    load.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
      }
    });
  }
  const auto start = std::chrono::steady_clock::now();
  std::atomic<std::int64_t> total{0};
  for (int round = 0; round < 2000; ++round) parallel_for(8, [&](std::int64_t i) { total += i; });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  stop = true;
  for (auto& thread : load) thread.join();
  expect(total == 2000 * 28, "a busy machine loses no item");
  expect(seconds < 20, "2000 small jobs on a busy machine took " + std::to_string(seconds) + " s");
}

}  // namespace

void test_pool() {
  for (const int threads : {1, 2, 7}) {
    acuity::cpu::set_threads(threads);
    expect(acuity::cpu::threads() == threads, "threads() tells what set_threads set");
    every_item_once(1);
    every_item_once(4);
    nested();
    exceptions();
  }
  acuity::cpu::set_threads(2);
  busy_machine();
}

}  // namespace twins
