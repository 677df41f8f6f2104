#include "isa.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include "check.h"
#include "twin.h"

namespace acuity::cpu {
namespace {

bool usable(const Isa& set) {
#if defined(__x86_64__)
  if (&set == &isa_avx512) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
  }
  if (&set == &isa_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return &set == &isa_plain;
}

// Best first.
const Isa* const kSets[] = {
#if defined(__x86_64__)
    &isa_avx512, &isa_avx2,
#endif
    &isa_plain};

const Isa* named(const char* name) {
  for (const Isa* set : kSets) {
    if (std::strcmp(set->name, name) != 0) continue;
    if (!usable(*set)) throw std::invalid_argument(std::string("instruction set ") + name + ": this CPU lacks it");
    return set;
  }
  reject("instruction set", "avx512, avx2 or plain", name);
}

const Isa* first_choice() {
  if (const char* name = std::getenv("ACUITY_ISA")) return named(name);
  for (const Isa* set : kSets) {
    if (usable(*set)) return set;
  }
  return &isa_plain;
}

std::atomic<const Isa*>& choice() {
  static std::atomic<const Isa*> set{first_choice()};
  return set;
}

}  // namespace

const Isa& active() { return *choice().load(std::memory_order_relaxed); }

const char* isa() { return active().name; }

void set_isa(const char* name) { choice().store(named(name)); }

}  // namespace acuity::cpu
