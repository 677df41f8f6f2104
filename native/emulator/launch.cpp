#include "launch.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "scheduler.h"

namespace emu {
namespace {

// Host threads that run blocks and nothing else: their thread-local segment is shared memory (see touch_shared), so
// no other code of this library may keep anything there.
class Workers {
 public:
  std::string run(const Job& job, uint64_t blocks, int threads) {
    std::unique_lock lock(mutex_);
    job_ = &job;
    blocks_ = blocks;
    chunk_ = std::min<uint64_t>(64, 1 + blocks / (static_cast<uint64_t>(threads) * 16));
    taken_.store(0);
    failed_.store(false);
    failure_.clear();
    while (count_ < threads) {
      std::thread(&Workers::work, this, count_).detach();
      ++count_;
    }
    wanted_ = threads;
    busy_ = threads;
    ++round_;
    begin_.notify_all();
    end_.wait(lock, [this] { return busy_ == 0; });
    return failure_;
  }

 private:
  void work(int number) {
    Scheduler scheduler;
    uint64_t seen = 0;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        begin_.wait(lock, [&] { return round_ != seen; });
        seen = round_;
        if (number >= wanted_) continue;
      }
      run_blocks(scheduler);
      std::lock_guard lock(mutex_);
      if (--busy_ == 0) end_.notify_all();
    }
  }

  void run_blocks(Scheduler& scheduler) {
    for (;;) {
      uint64_t first = taken_.fetch_add(chunk_);
      if (first >= blocks_) return;
      for (uint64_t i = first; i < std::min(first + chunk_, blocks_); ++i) {
        if (failed_.load(std::memory_order_relaxed)) return;
        uint64_t block = job_->order.kind == Order::reversed ? blocks_ - 1 - i : i;
        std::string failure = try_block(scheduler, block);
        if (failure.empty()) continue;
        std::lock_guard lock(mutex_);
        if (!failed_.exchange(true)) failure_ = failure;
        return;
      }
    }
  }

  std::string try_block(Scheduler& scheduler, uint64_t block) try {
    return scheduler.run(*job_, block) ? std::string() : scheduler.failure();
  } catch (const std::exception& e) {
    return std::string("kernel ") + job_->kernel->name + ": " + e.what();
  }

  std::mutex mutex_;
  std::condition_variable begin_, end_;
  const Job* job_ = nullptr;
  uint64_t blocks_ = 0, chunk_ = 1, round_ = 0;
  std::atomic<uint64_t> taken_{0};
  std::atomic<bool> failed_{false};
  std::string failure_;
  int count_ = 0, wanted_ = 0, busy_ = 0;
};

std::mutex launching;  // one launch at a time

struct Choice {
  Order order;
  std::string mistake;  // in the environment
};

Choice from_environment() {
  Choice choice;
  if (const char* kind = std::getenv("ACUITY_EMULATOR_ORDER")) {
    choice.order.kind = std::atoi(kind);
    if (kind[0] < '0' || kind[0] > '3' || kind[1] != 0) {
      choice.mistake = std::string("ACUITY_EMULATOR_ORDER: want 0 to 3, have ") + kind;
    }
  }
  if (const char* seed = std::getenv("ACUITY_EMULATOR_SEED")) choice.order.seed = std::strtoull(seed, nullptr, 10);
  return choice;
}

Choice& choice() {
  static Choice chosen = from_environment();
  return chosen;
}

std::atomic<int> chosen_threads{0};

std::string check(const Kernel& kernel, const dim3& grid, const dim3& block) {
  auto refuse = [&](const std::string& what) { return std::string("kernel ") + kernel.name + ": " + what; };
  if (uint64_t{block.x} * block.y * block.z > 1024 || block.x * block.y * block.z == 0) {
    return refuse("a block has 1 to 1024 threads, wanted " + std::to_string(uint64_t{block.x} * block.y * block.z));
  }
  if (static_cast<int>(block.x) != kernel.block[0] || static_cast<int>(block.y) != kernel.block[1] ||
      static_cast<int>(block.z) != kernel.block[2]) {
    return refuse("its block is " + std::to_string(kernel.block[0]) + "x" + std::to_string(kernel.block[1]) + "x" +
                  std::to_string(kernel.block[2]) + ", wanted " + std::to_string(block.x) + "x" +
                  std::to_string(block.y) + "x" + std::to_string(block.z));
  }
  if (grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) {
    return refuse("a grid has at most 2147483647 x 65535 x 65535 blocks, wanted " + std::to_string(grid.x) + " x " +
                  std::to_string(grid.y) + " x " + std::to_string(grid.z));
  }
  if (kernel.shared > 227 * 1024) return refuse("more than 227 KB of dynamic shared memory");
  return {};
}

}  // namespace

void set_order(Order order) {
  std::lock_guard lock(launching);
  choice() = {order, {}};
}

Order order() {
  std::lock_guard lock(launching);
  return choice().order;
}

void set_threads(int threads) { chosen_threads = threads; }

int threads() {
  int wanted = chosen_threads;
  return wanted > 0 ? wanted : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::string launch(const Kernel& kernel, dim3 grid, dim3 block, void** args) {
  std::string refused = check(kernel, grid, block);
  if (!refused.empty()) return refused;
  uint64_t blocks = uint64_t{grid.x} * grid.y * grid.z;
  if (blocks == 0) return {};
  // Never destroyed: its detached threads may outlive main.
  static Workers& workers = *new Workers;
  std::lock_guard lock(launching);
  if (!choice().mistake.empty()) return choice().mistake;
  Job job{&kernel, args, grid, block, choice().order};
  return workers.run(job, blocks, static_cast<int>(std::min<uint64_t>(static_cast<uint64_t>(threads()), blocks)));
}

}  // namespace emu
