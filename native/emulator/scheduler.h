// Runs the threads of one block on one host thread.
//
// A fiber runs thread after thread until one of them waits; only then is another stack taken. A kernel that never
// synchronises is thus a plain loop on one stack.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fiber.h"
#include "kernel.h"
#include "order.h"
#include "race.h"
#include "thread.h"

namespace emu {

struct Job {
  const Kernel* kernel;
  void** args;
  dim3 grid, block;
  Order order;
};

class Scheduler {
 public:
  // To be made on the host thread that will call run.
  Scheduler();

  // Runs block number index of the job; false when it failed, and failure says how.
  bool run(const Job& job, uint64_t index);
  const std::string& failure() const { return failure_; }

  // What the running thread asks for (see thread.h).
  int barrier(const char* name, Site site, int value);
  void collective(const Collective& wanted);
  void touch_shared();
  void* dynamic_shared();
  bool is_shared(const void* address);
  [[noreturn]] void fail(Site site, const char* what);
  Race* race() { return race_.get(); }

 private:
  struct Warp {
    Thread* lanes[32];
    uint32_t waiting;  // lanes in a collective
  };

  static void fiber_main();
  [[noreturn]] void run_threads();
  void arrange(uint64_t index);
  void wait();
  Thread* next();
  void finish(Thread& thread);
  void release(Thread& thread);
  void complete_barrier();
  void complete(Warp& warp, uint32_t mask);
  [[noreturn]] void end_block();
  [[noreturn]] void report_stuck();
  void describe_failure(Site site, const char* what);
  void describe_stuck();
  std::string threads_text(const std::vector<int>& numbers) const;
  std::string where() const;
  Fiber* take_fiber();

  const Job* job_ = nullptr;
  Block block_{};
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<int> starts_;  // thread numbers in order of their starting
  size_t started_ = 0, done_ = 0, at_barrier_ = 0;
  int barrier_sum_ = 0, barrier_result_ = 0;
  Site barrier_site_;
  std::vector<Thread*> ready_;  // a ring
  size_t ready_first_ = 0, ready_count_ = 0;

  Fiber host_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> free_fibers_;
  Fiber* running_ = nullptr;

  bool shared_touched_ = false;
  char* thread_local_begin_ = nullptr;
  size_t thread_local_bytes_ = 0;
  std::vector<char> dynamic_;
  std::string failure_;
  Random random_;
  std::unique_ptr<Race> race_;
};

}  // namespace emu
