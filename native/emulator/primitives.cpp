// What running kernel threads call: each passes to the scheduler of the block. Asynchronous copies live here.
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "scheduler.h"
#include "thread.h"

namespace emu {
namespace {

Scheduler& scheduler() { return *current->block->scheduler; }

void note(const void* shared, size_t bytes, bool write) {
  if (current == nullptr) return;
  Race* race = scheduler().race();
  if (race == nullptr) return;
  Race::Conflict conflict = race->access(current->number, shared, bytes, write);
  if (conflict.earlier == nullptr) return;
  fail(current->site,
       "race on %s shared memory, byte %zu: %s by thread %d, then %s with no barrier between, after the wait",
       conflict.region, conflict.offset, conflict.earlier, conflict.thread, write ? "written" : "read");
}

}  // namespace

int barrier(const char* name, Site site, int value) { return scheduler().barrier(name, site, value); }
void collective(const Collective& wanted) { scheduler().collective(wanted); }
void touch_shared() { scheduler().touch_shared(); }

void* dynamic_shared() {
  scheduler().touch_shared();
  return scheduler().dynamic_shared();
}

void fail(Site site, const char* format, ...) {
  char what[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  scheduler().fail(site, what);
}

void check_aligned(const char* what, const void* address, size_t bytes, Site site) {
  if (reinterpret_cast<uintptr_t>(address) % bytes != 0) {
    fail(site, "%s: want an address that is a multiple of %zu", what, bytes);
  }
}

void check_shared(const char* what, const void* address, size_t bytes, Site site) {
  check_aligned(what, address, bytes, site);
  if (!scheduler().is_shared(address)) fail(site, "%s: want an address in shared memory", what);
}

void note_read(const void* shared, size_t bytes) { note(shared, bytes, false); }
void note_write(void* shared, size_t bytes) { note(shared, bytes, true); }

void copy_issue(void* shared, const void* global, int bytes) {
  note_write(shared, static_cast<size_t>(bytes));
  std::memset(shared, 0xff, static_cast<size_t>(bytes));
  current->copies.push_back({shared, global, bytes, current->group});
}

void copy_commit() { ++current->group; }

void copy_wait(int groups_left) {
  auto& copies = current->copies;
  size_t kept = 0;
  for (const Copy& copy : copies) {
    if (copy.group >= current->group - groups_left) {
      copies[kept++] = copy;
      continue;
    }
    note_write(copy.shared, static_cast<size_t>(copy.bytes));
    if (copy.global == nullptr) {
      std::memset(copy.shared, 0, static_cast<size_t>(copy.bytes));
    } else {
      std::memcpy(copy.shared, copy.global, static_cast<size_t>(copy.bytes));
    }
  }
  copies.resize(kept);
}

}  // namespace emu
