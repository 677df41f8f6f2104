// What code compiled with -fsanitize=thread calls, for the race check (race.h). Linked instead of the sanitizer's
// runtime.
#include <cstring>

#include "race.h"
#include "thread.h"

namespace {

struct SwitchOn {
  SwitchOn() { emu::race_check = true; }
} switch_on;

void read(const void* p, size_t bytes) { emu::note_read(p, bytes); }
void write(void* p, size_t bytes) { emu::note_write(p, bytes); }

}  // namespace

extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit(void) {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
void __tsan_read1(void* p) { read(p, 1); }
void __tsan_read2(void* p) { read(p, 2); }
void __tsan_read4(void* p) { read(p, 4); }
void __tsan_read8(void* p) { read(p, 8); }
void __tsan_read16(void* p) { read(p, 16); }
void __tsan_unaligned_read2(void* p) { read(p, 2); }
void __tsan_unaligned_read4(void* p) { read(p, 4); }
void __tsan_unaligned_read8(void* p) { read(p, 8); }
void __tsan_unaligned_read16(void* p) { read(p, 16); }
void __tsan_read_range(void* p, unsigned long bytes) { read(p, bytes); }
void __tsan_write1(void* p) { write(p, 1); }
void __tsan_write2(void* p) { write(p, 2); }
void __tsan_write4(void* p) { write(p, 4); }
void __tsan_write8(void* p) { write(p, 8); }
void __tsan_write16(void* p) { write(p, 16); }
void __tsan_unaligned_write2(void* p) { write(p, 2); }
void __tsan_unaligned_write4(void* p) { write(p, 4); }
void __tsan_unaligned_write8(void* p) { write(p, 8); }
void __tsan_unaligned_write16(void* p) { write(p, 16); }
void __tsan_write_range(void* p, unsigned long bytes) { write(p, bytes); }

// Atomics are exempt from the check. The last arguments are memory orders.
int __tsan_atomic32_load(const volatile int* p, int) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
void __tsan_atomic32_store(volatile int* p, int v, int) { __atomic_store_n(p, v, __ATOMIC_SEQ_CST); }
int __tsan_atomic32_exchange(volatile int* p, int v, int) { return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); }
int __tsan_atomic32_fetch_add(volatile int* p, int v, int) { return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST); }
int __tsan_atomic32_fetch_or(volatile int* p, int v, int) { return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST); }
int __tsan_atomic32_compare_exchange_strong(volatile int* p, int* expected, int v, int, int) {
  return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
long __tsan_atomic64_load(const volatile long* p, int) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
long __tsan_atomic64_exchange(volatile long* p, long v, int) { return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); }
long __tsan_atomic64_fetch_add(volatile long* p, long v, int) { return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST); }
long __tsan_atomic64_fetch_or(volatile long* p, long v, int) { return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST); }
int __tsan_atomic64_compare_exchange_strong(volatile long* p, long* expected, long v, int, int) {
  return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
}
