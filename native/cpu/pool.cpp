#include "pool.h"

#include <sched.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

#include "check.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

// Spinning bridges the microseconds between two kernels of a network; after it a thread sleeps, so that a loaded
// machine does not lose a core to waiting.
constexpr int kSpins = 4000;

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

thread_local bool inside = false;

class Pool {
 public:
  static Pool& instance() {
    // Never destroyed: its threads may still wait when the process leaves main.
    static Pool* pool = new Pool(first_count());
    return *pool;
  }

  void run(std::int64_t count, void (*function)(const void*, std::int64_t), const void* context) {
    if (count <= 0) return;
    std::unique_lock<std::mutex> turn(turn_, std::defer_lock);
    if (count == 1 || inside || limit_.load(std::memory_order_relaxed) == 1 || !turn.try_lock()) {
      for (std::int64_t i = 0; i < count; ++i) function(context, i);
      return;
    }
    function_ = function;
    context_ = context;
    count_ = count;
    failure_ = nullptr;
    finished_.store(0, std::memory_order_relaxed);
    // Publishes the job. A thread owns an item, and may read the job, once it has lowered `remaining_`; the next job
    // cannot be written before that item is counted as finished. So threads that wake late find nothing, and nobody
    // waits for them.
    remaining_.store(count);
    if (sleepers_.load() > 0) {
      { std::lock_guard<std::mutex> lock(mutex_); }
      wake_.notify_all();
    }
    inside = true;
    work();
    inside = false;
    wait_finished(count);
    if (failure_) std::rethrow_exception(failure_);
  }

  void set_limit(int count) {
    std::lock_guard<std::mutex> turn(turn_);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      limit_.store(count);
    }
    wake_.notify_all();
    for (; started_ < count - 1; ++started_) std::thread(&Pool::live, this, started_).detach();
  }

  int limit() const { return limit_.load(); }

 private:
  explicit Pool(int count) { set_limit(count); }

  static int first_count() {
    if (const char* text = std::getenv("ACUITY_THREADS")) {
      char* end = nullptr;
      const long count = std::strtol(text, &end, 10);
      if (end == text || *end != '\0' || count < 1 || count > 1024) reject("ACUITY_THREADS", "1 to 1024", text);
      return static_cast<int>(count);
    }
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
    const unsigned count = std::thread::hardware_concurrency();
    return count == 0 ? 1 : static_cast<int>(count);
  }

  void live(int index) {
    inside = true;
    const auto called = [&] { return remaining_.load() > 0 && index < limit_.load() - 1; };
    for (;;) {
      for (int spin = 0; spin < kSpins && !called(); ++spin) relax();
      if (!called()) {
        std::unique_lock<std::mutex> lock(mutex_);
        sleepers_.fetch_add(1);
        wake_.wait(lock, called);
        sleepers_.fetch_sub(1);
      }
      work();
    }
  }

  void work() {
    for (;;) {
      std::int64_t remaining = remaining_.load();
      do {
        if (remaining <= 0) return;
      } while (!remaining_.compare_exchange_weak(remaining, remaining - 1));
      const std::int64_t count = count_;
      try {
        function_(context_, count - remaining);
      } catch (...) {
        std::lock_guard<std::mutex> lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
      if (finished_.fetch_add(1) + 1 == count && caller_sleeps_.load()) {
        { std::lock_guard<std::mutex> lock(mutex_); }
        done_.notify_all();
      }
    }
  }

  void wait_finished(std::int64_t count) {
    for (int spin = 0; spin < kSpins; ++spin) {
      if (finished_.load() == count) return;
      relax();
    }
    std::unique_lock<std::mutex> lock(mutex_);
    caller_sleeps_.store(true);
    done_.wait(lock, [&] { return finished_.load() == count; });
    caller_sleeps_.store(false);
  }

  std::mutex turn_;  // held by the caller whose job runs
  void (*function_)(const void*, std::int64_t) = nullptr;
  const void* context_ = nullptr;
  std::int64_t count_ = 0;
  std::exception_ptr failure_;

  alignas(64) std::atomic<std::int64_t> remaining_{0};
  alignas(64) std::atomic<std::int64_t> finished_{0};
  alignas(64) std::atomic<int> sleepers_{0};
  std::atomic<bool> caller_sleeps_{false};
  std::atomic<int> limit_{1};
  int started_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
};

}  // namespace

void parallel_items(std::int64_t count, void (*function)(const void*, std::int64_t), const void* context) {
  Pool::instance().run(count, function, context);
}

void set_threads(int count) {
  if (count < 1 || count > 1024) reject("threads", "1 to 1024", std::to_string(count));
  Pool::instance().set_limit(count);
}

int threads() { return Pool::instance().limit(); }

}  // namespace acuity::cpu
