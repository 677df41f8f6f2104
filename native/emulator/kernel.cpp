#include "kernel.h"

#include <algorithm>
#include <cstring>

namespace emu {
namespace {

// A function's static, because registrations run before main in an unknown order of files.
std::vector<Kernel>& registered() {
  static std::vector<Kernel> list;
  return list;
}

std::vector<Kernel> sorted() {
  std::vector<Kernel> list = registered();
  std::sort(list.begin(), list.end(), [](const Kernel& a, const Kernel& b) { return std::strcmp(a.name, b.name) < 0; });
  return list;
}

}  // namespace

Registration::Registration(const Kernel& kernel) { registered().push_back(kernel); }

const std::vector<Kernel>& kernels() {
  static const std::vector<Kernel> list = sorted();
  return list;
}

const Kernel* find_kernel(const std::string& name) {
  for (const Kernel& kernel : kernels()) {
    if (name == kernel.name) return &kernel;
  }
  return nullptr;
}

}  // namespace emu
