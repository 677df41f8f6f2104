#include "twin.h"

#include <algorithm>
#include <cstring>

namespace acuity::cpu {
namespace {

// A function-local table: registration runs before main in an order the linker chooses.
std::vector<Twin>& table() {
  static std::vector<Twin> twins;
  return twins;
}

bool before(const Twin& twin, const char* name) { return std::strcmp(twin.name, name) < 0; }

}  // namespace

bool register_twin(Twin twin) {
  auto& all = table();
  all.insert(std::lower_bound(all.begin(), all.end(), twin.name, before), twin);
  return true;
}

const Twin* find_twin(const char* name) {
  const auto& all = table();
  const auto found = std::lower_bound(all.begin(), all.end(), name, before);
  return found != all.end() && std::strcmp(found->name, name) == 0 ? &*found : nullptr;
}

const std::vector<Twin>& twins() { return table(); }

}  // namespace acuity::cpu
