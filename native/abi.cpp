// The C interface: the list of kernels, launches, settings. Memory and peak have files of their own.
#include <cstring>
#include <string>

#include "acuity.h"
#include "emulator/launch.h"
#include "error.h"
#include "pair.h"

namespace acuity {
namespace {

// Fixed room instead of a std::string: nothing to allocate or destroy on any thread.
thread_local char error_text[4096] = "";

const Pair* pair_at(int kernel) noexcept {
  try {
    const auto& list = pairs();
    return kernel >= 0 && kernel < static_cast<int>(list.size()) ? &list[static_cast<size_t>(kernel)] : nullptr;
  } catch (...) {
    return nullptr;
  }
}

std::string launch_twin(const Pair& pair, void** args) {
  std::string name = pair.kernel->name;
  if (pair.twin == nullptr) return name + ": has no CPU twin, want emulate = 1";
  if (std::strcmp(pair.twin_signature, pair.kernel->signature) != 0) {
    return name + ": the twin takes " + pair.twin_signature + ", the kernel " + pair.kernel->signature;
  }
  pair.twin(args);
  return {};
}

std::string launch(int number, int emulate, const int64_t (&items)[3], int64_t batch, void** args) {
  const Pair* pair = pair_at(number);
  if (pair == nullptr) {
    return "acuity_launch: want a kernel of 0 to " + std::to_string(static_cast<int>(pairs().size()) - 1) + ", have " +
           std::to_string(number);
  }
  const emu::Kernel& kernel = *pair->kernel;
  if (args == nullptr && *kernel.signature != 0) return std::string(kernel.name) + ": want arguments, have null";
  unsigned blocks[3];
  for (int i = 0; i < 3; ++i) {
    int64_t covers = kernel.covers[i], times = i == 2 ? batch : 1;
    int64_t count = items[i] / covers + (items[i] % covers != 0);
    if (items[i] < 0 || times < 0 || (times > 0 && count > 0x7fffffff / times)) {
      return std::string(kernel.name) + ": want 0 to " + std::to_string(covers * 0x7fffffff) + " items along " +
             "xyz"[i] + ", have " + std::to_string(items[i]) + (i == 2 ? ", " + std::to_string(batch) + " times" : "");
    }
    blocks[i] = static_cast<unsigned>(count * times);
  }
  if (items[0] == 0 || items[1] == 0 || items[2] == 0 || batch == 0) return {};
  if (!emulate) return launch_twin(*pair, args);
  dim3 block{static_cast<unsigned>(kernel.block[0]), static_cast<unsigned>(kernel.block[1]),
             static_cast<unsigned>(kernel.block[2])};
  return emu::launch(kernel, {blocks[0], blocks[1], blocks[2]}, block, args);
}

}  // namespace

int failed(const std::string& text) noexcept {
  size_t length = std::min(text.size(), sizeof error_text - 1);
  std::memcpy(error_text, text.data(), length);
  error_text[length] = 0;
  return 1;
}

const char* last_error() noexcept { return error_text; }

}  // namespace acuity

using namespace acuity;

const char* acuity_last_error(void) { return last_error(); }

int acuity_kernel_count(void) {
  int count = 0;
  guarded("acuity_kernel_count", [&] {
    count = static_cast<int>(pairs().size());
    return std::string();
  });
  return count;
}

const char* acuity_kernel_name(int kernel) {
  const Pair* pair = pair_at(kernel);
  return pair == nullptr ? nullptr : pair->kernel->name;
}

const char* acuity_kernel_file(int kernel) {
  const Pair* pair = pair_at(kernel);
  return pair == nullptr ? nullptr : pair->kernel->file;
}

const char* acuity_kernel_signature(int kernel) {
  const Pair* pair = pair_at(kernel);
  return pair == nullptr ? nullptr : pair->kernel->signature;
}

void acuity_kernel_block(int kernel, int block[3]) {
  const Pair* pair = pair_at(kernel);
  for (int i = 0; i < 3; ++i) block[i] = pair == nullptr ? 0 : pair->kernel->block[i];
}

void acuity_kernel_covers(int kernel, int items[3]) {
  const Pair* pair = pair_at(kernel);
  for (int i = 0; i < 3; ++i) items[i] = pair == nullptr ? 0 : pair->kernel->covers[i];
}

int acuity_kernel_shared(int kernel) {
  const Pair* pair = pair_at(kernel);
  return pair == nullptr ? 0 : pair->kernel->shared;
}

int acuity_kernel_has_twin(int kernel) {
  const Pair* pair = pair_at(kernel);
  return pair != nullptr && pair->twin != nullptr;
}

const char* acuity_kernels(void) {
  static std::string list;
  guarded("acuity_kernels", [] {
    static const bool made = [] {
      for (const Pair& pair : pairs()) {
        list += std::string(pair.kernel->name) + ' ' + pair.kernel->signature + (pair.twin ? " 1\n" : " 0\n");
      }
      return true;
    }();
    return made ? std::string() : std::string();
  });
  return list.c_str();
}

int acuity_launch(int kernel, int emulate, int64_t items_x, int64_t items_y, int64_t items_z, int64_t batch,
                  void** args) {
  return guarded("acuity_launch", [&] { return launch(kernel, emulate, {items_x, items_y, items_z}, batch, args); });
}

int acuity_fft(int inverse, int batch, int height, int width, const float* from, float* to) {
  return guarded("acuity_fft", [&] {
    fft2d(inverse != 0, batch, height, width, from, to);
    return std::string();
  });
}

int acuity_emulator_order(int order, uint64_t seed) {
  return guarded("acuity_emulator_order", [&] {
    if (order < 0 || order > 3) return "acuity_emulator_order: want 0 to 3, have " + std::to_string(order);
    emu::set_order({order, seed});
    return std::string();
  });
}

int acuity_threads(int wanted) {
  int count = 1;
  guarded("acuity_threads", [&] {
    if (wanted > 0) set_threads(wanted);
    count = threads();
    return std::string();
  });
  return count;
}

const char* acuity_isa(const char* wanted) {
  const char* name = nullptr;
  guarded("acuity_isa", [&] {
    if (wanted != nullptr) set_isa(wanted);
    name = isa();
    return std::string();
  });
  return name;
}
