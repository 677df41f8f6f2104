#include "scheduler.h"

#include <link.h>

#include <cstring>
#include <map>
#include <new>

namespace emu {

__thread Thread* current = nullptr;

namespace {

struct Segment {
  const void* inside;  // an address of the wanted module
  char* begin;
  size_t bytes;
};

// The calling thread's copy of this module's thread-local segment, where __shared__ variables live.
Segment thread_local_segment() {
  Segment segment{reinterpret_cast<const void*>(&thread_local_segment), nullptr, 0};
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        auto* found = static_cast<Segment*>(data);
        bool ours = false;
        size_t bytes = 0;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& header = info->dlpi_phdr[i];
          uintptr_t begin = info->dlpi_addr + header.p_vaddr;
          auto wanted = reinterpret_cast<uintptr_t>(found->inside);
          if (header.p_type == PT_LOAD && wanted >= begin && wanted < begin + header.p_memsz) ours = true;
          if (header.p_type == PT_TLS) bytes = header.p_memsz;
        }
        if (!ours) return 0;
        found->begin = static_cast<char*>(info->dlpi_tls_data);
        found->bytes = bytes;
        return 1;
      },
      &segment);
  return segment;
}

uint3 unflatten(uint64_t index, const dim3& size) {
  return {static_cast<unsigned>(index % size.x), static_cast<unsigned>(index / size.x % size.y),
          static_cast<unsigned>(index / size.x / size.y)};
}

std::string text(Site site) {
  return site.file == nullptr ? "?" : std::string(site.file) + ":" + std::to_string(site.line);
}

bool same(Site a, Site b) { return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0); }

}  // namespace

Scheduler::Scheduler() {
  current = nullptr;  // makes the segment exist
  Segment segment = thread_local_segment();
  thread_local_begin_ = segment.begin;
  thread_local_bytes_ = segment.bytes;
}

Fiber* Scheduler::take_fiber() {
  if (free_fibers_.empty()) {
    auto fiber = Fiber::make(static_cast<int>(fibers_.size()));
    if (fiber == nullptr) return nullptr;
    fibers_.push_back(std::move(fiber));
    free_fibers_.push_back(fibers_.back().get());
  }
  Fiber* fiber = free_fibers_.back();
  free_fibers_.pop_back();
  fiber->prepare(&Scheduler::fiber_main);
  return fiber;
}

void Scheduler::arrange(uint64_t index) {
  const dim3& size = job_->block;
  size_t count = size_t{size.x} * size.y * size.z;
  block_ = {unflatten(index, job_->grid), size, job_->grid, this};
  random_ = Random(job_->order.seed * 0x2545f4914f6cdd1du + index);
  if (threads_.size() != count) {
    threads_.resize(count);
    warps_.resize((count + 31) / 32);
    starts_.resize(count);
    ready_.resize(count);
  }
  for (auto& warp : warps_) warp = {};
  for (size_t i = 0; i < count; ++i) {
    Thread& thread = threads_[i];
    thread.index = unflatten(i, size);
    thread.block = &block_;
    thread.fiber = nullptr;
    thread.number = static_cast<uint16_t>(i);
    thread.warp = static_cast<uint16_t>(i / 32);
    thread.lane = static_cast<uint16_t>(i % 32);
    thread.state = State::unstarted;
    thread.copies.clear();
    thread.group = 0;
    thread.site = {};
    warps_[i / 32].lanes[i % 32] = &thread;
    starts_[i] = static_cast<int>(i);
  }
  random_.arrange(job_->order.kind, starts_.begin(), starts_.end());
  started_ = done_ = at_barrier_ = 0;
  barrier_sum_ = barrier_result_ = 0;
  ready_first_ = ready_count_ = 0;
  shared_touched_ = false;
}

bool Scheduler::run(const Job& job, uint64_t index) {
  job_ = &job;
  arrange(index);
  free_fibers_.clear();  // those of a block that failed were left behind
  for (auto& fiber : fibers_) free_fibers_.push_back(fiber.get());
  failure_.clear();
  dynamic_.resize(static_cast<size_t>(job.kernel->shared) + 16);
  if (race_check && !race_) race_ = std::make_unique<Race>();
  if (race_) race_->start(static_cast<int>(threads_.size()));
  current = next();
  running_ = current->fiber = take_fiber();
  if (running_ == nullptr) throw std::bad_alloc();
  Fiber::change(host_, *running_);
  current = nullptr;
  return failure_.empty();
}

void Scheduler::fiber_main() {
  Fiber::entered();
  current->block->scheduler->run_threads();
}

void Scheduler::run_threads() {
  for (;;) {
    Thread& thread = *current;
    thread.state = State::running;
    job_->kernel->call(job_->args);
    finish(thread);
    if (done_ == threads_.size()) end_block();
    Thread* following = next();
    if (following == nullptr) report_stuck();
    current = following;
    if (following->state == State::unstarted) {
      following->fiber = running_;
      continue;
    }
    Fiber* left = running_;
    free_fibers_.push_back(left);
    running_ = following->fiber;
    Fiber::change(*left, *running_, true);
  }
}

void Scheduler::finish(Thread& thread) {
  if (!thread.copies.empty()) {
    emu::fail(thread.site, "cp.async: %zu copies were never waited for", thread.copies.size());
  }
  thread.state = State::done;
  ++done_;
}

// The thread to run after this one; null when all wait or are done. In greedy order what is ready goes before what has
// not started, so that one warp gets ahead of the others.
Thread* Scheduler::next() {
  bool greedy = job_->order.kind == Order::greedy;
  if (started_ < starts_.size() && !(greedy && ready_count_ > 0)) {
    return &threads_[static_cast<size_t>(starts_[started_++])];
  }
  if (ready_count_ == 0) return nullptr;
  Thread* thread = ready_[ready_first_];
  ready_first_ = (ready_first_ + 1) % ready_.size();
  --ready_count_;
  return thread;
}

void Scheduler::release(Thread& thread) {
  thread.state = State::running;
  ready_[(ready_first_ + ready_count_) % ready_.size()] = &thread;
  ++ready_count_;
}

void Scheduler::wait() {
  Thread* self = current;
  Thread* following = next();
  if (following == nullptr) report_stuck();
  if (following == self) return;
  if (following->state == State::unstarted) {
    following->fiber = take_fiber();
    if (following->fiber == nullptr) fail(self->site, "no memory for another stack");
  }
  self->fiber = running_;
  running_ = following->fiber;
  current = following;
  Fiber::change(*self->fiber, *running_);
}

int Scheduler::barrier(const char* name, Site site, int value) {
  Thread& self = *current;
  self.state = State::barrier;
  self.waits_for = name;
  self.site = site;
  if (at_barrier_ == 0) barrier_site_ = site;
  if (!same(barrier_site_, site)) {
    emu::fail(site, "divergent barrier: this thread came to %s, others wait at %s:%d", name, barrier_site_.file,
              barrier_site_.line);
  }
  barrier_sum_ += value;
  ++at_barrier_;
  if (at_barrier_ == threads_.size()) complete_barrier();
  wait();
  return barrier_result_;
}

void Scheduler::complete_barrier() {
  at_barrier_ = 0;
  barrier_result_ = barrier_sum_;
  barrier_sum_ = 0;
  if (race_) race_->barrier();
  random_.arrange(job_->order.kind == Order::shuffled ? Order::shuffled : Order::forward, starts_.begin(),
                  starts_.end());
  for (int number : starts_) release(threads_[static_cast<size_t>(number)]);
}

void Scheduler::collective(const Collective& wanted) {
  Thread& self = *current;
  self.site = wanted.site;
  uint32_t bit = 1u << self.lane;
  if (!(wanted.mask & bit)) {
    emu::fail(wanted.site, "%s: lane %d is not in its own mask", wanted.name, self.lane);
  }
  Warp& warp = warps_[self.warp];
  for (uint32_t rest = wanted.mask; rest != 0; rest &= rest - 1) {
    int lane = __builtin_ctz(rest);
    if (warp.lanes[lane] == nullptr) {
      emu::fail(wanted.site, "%s: the mask names lane %d, which the block has not", wanted.name, lane);
    }
  }
  self.pending = &wanted;
  self.waits_for = wanted.name;
  self.state = State::collective;
  warp.waiting |= bit;
  if ((warp.waiting & wanted.mask) == wanted.mask) {
    complete(warp, wanted.mask);
  } else {
    wait();
  }
}

// All lanes of the mask are here: the running thread computes for them and goes on.
void Scheduler::complete(Warp& warp, uint32_t mask) {
  Thread& self = *current;
  const Collective& own = *self.pending;
  void* operands[32] = {};
  int others[32];
  int count = 0;
  for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    int lane = __builtin_ctz(rest);
    const Collective& its = *warp.lanes[lane]->pending;
    if (its.mask != mask || std::strcmp(its.name, own.name) != 0) {
      emu::fail(own.site, "lanes of one warp disagree: lane %d is at %s, lane %d of its mask at %s %s:%d%s", self.lane,
                own.name, lane, its.name, its.site.file, its.site.line, its.mask != mask ? " with another mask" : "");
    }
    operands[lane] = its.operand;
    if (lane != self.lane) others[count++] = lane;
  }
  if (own.compute != nullptr) own.compute(operands, mask);
  if (race_ && own.operand == nullptr) race_->met(self.warp, mask);
  warp.waiting &= ~mask;
  self.state = State::running;
  random_.arrange(job_->order.kind, others, others + count);
  if (job_->order.kind == Order::greedy) {  // to the front, first lane foremost
    for (int i = count - 1; i >= 0; --i) {
      ready_first_ = (ready_first_ + ready_.size() - 1) % ready_.size();
      ready_[ready_first_] = warp.lanes[others[i]];
      warp.lanes[others[i]]->state = State::running;
      ++ready_count_;
    }
  } else {
    for (int i = 0; i < count; ++i) release(*warp.lanes[others[i]]);
  }
}

void* Scheduler::dynamic_shared() {
  auto address = reinterpret_cast<uintptr_t>(dynamic_.data());
  return reinterpret_cast<void*>((address + 15) & ~uintptr_t{15});
}

bool Scheduler::is_shared(const void* address) {
  auto at = reinterpret_cast<uintptr_t>(address);
  auto inside = [at](const void* begin, size_t bytes) { return at - reinterpret_cast<uintptr_t>(begin) < bytes; };
  return inside(thread_local_begin_, thread_local_bytes_) ||
         inside(dynamic_shared(), static_cast<size_t>(job_->kernel->shared));
}

void Scheduler::touch_shared() {
  if (shared_touched_) return;
  shared_touched_ = true;
  // The only other thread-local variable that this host thread uses lies in the same segment.
  Thread* self = current;
  std::memset(thread_local_begin_, 0xff, thread_local_bytes_);
  current = self;
  auto bytes = static_cast<size_t>(job_->kernel->shared);
  std::memset(dynamic_shared(), 0xff, bytes);
  if (race_) race_->watch(thread_local_begin_, thread_local_bytes_, static_cast<char*>(dynamic_shared()), bytes);
}

void Scheduler::end_block() {
  Fiber::change(*running_, host_, true);
  __builtin_unreachable();
}

std::string Scheduler::where() const {
  const uint3& b = block_.index;
  return std::string("kernel ") + job_->kernel->name + " block (" + std::to_string(b.x) + "," + std::to_string(b.y) +
         "," + std::to_string(b.z) + ")";
}

void Scheduler::fail(Site site, const char* what) {
  describe_failure(site, what);
  end_block();
}

void Scheduler::report_stuck() {
  describe_stuck();
  end_block();
}

// These two build the report in frames that end before the block does: what they own is freed.
void Scheduler::describe_failure(Site site, const char* what) {
  failure_ = std::string(what) + ": " + where();
  if (current != nullptr) failure_ += " thread " + std::to_string(current->number);
  if (site.file != nullptr) failure_ += "\n    at " + text(site);
}

// Numbers in rising order as "0..19, 25 (21)".
std::string Scheduler::threads_text(const std::vector<int>& numbers) const {
  std::string out = "threads ";
  for (size_t i = 0; i < numbers.size();) {
    size_t j = i;
    while (j + 1 < numbers.size() && numbers[j + 1] == numbers[j] + 1) ++j;
    if (i > 0) out += ", ";
    out += std::to_string(numbers[i]);
    if (j > i) out += ".." + std::to_string(numbers[j]);
    i = j + 1;
  }
  return out + " (" + std::to_string(numbers.size()) + ")";
}

void Scheduler::describe_stuck() {
  std::map<std::string, std::vector<int>> places;
  std::vector<int> exited;
  bool only_barrier = true;
  for (const Thread& thread : threads_) {
    if (thread.state == State::done) {
      exited.push_back(thread.number);
    } else {
      only_barrier = only_barrier && thread.state == State::barrier;
      places[std::string(thread.waits_for) + " " + text(thread.site)].push_back(thread.number);
    }
  }
  failure_ = (only_barrier ? "divergent __syncthreads: " : "deadlock: ") + where();
  for (const auto& [place, numbers] : places) failure_ += "\n    at " + place + ": " + threads_text(numbers);
  if (!exited.empty()) failure_ += "\n    exited: " + threads_text(exited);
}

}  // namespace emu
