// The list of kernels: name, kinds of arguments, block, and a function that calls the CUDA source for one thread.
// KERNEL(...) in kernels/include/common.cuh adds to it before main starts.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

struct bf16;  // kernels/include/bf16.cuh

namespace emu {

struct Kernel {
  const char* name;
  const char* file;  // kernels/conv3x3.cu
  const char* signature;
  int block[3];
  int covers[3];              // items that one block covers along x, y, z
  int shared;                 // bytes of dynamic shared memory
  void (*call)(void** args);  // runs the kernel function for the current thread
};

// All kernels of this library, in order of their names.
const std::vector<Kernel>& kernels();
// The kernel of that name, or null.
const Kernel* find_kernel(const std::string& name);

struct Registration {
  explicit Registration(const Kernel& kernel);
};

// The letter of an argument's type: P, H (pointer to bf16), I, L or F.
template <class T>
constexpr char letter() {
  using U = std::remove_cv_t<T>;
  static_assert(std::is_pointer_v<U> || std::is_same_v<U, int> || std::is_same_v<U, float> ||
                    std::is_same_v<U, int64_t> || std::is_same_v<U, long long>,
                "kernel arguments are pointers, int, int64_t or float");
  if (std::is_same_v<std::remove_cv_t<std::remove_pointer_t<U>>, ::bf16>) return 'H';
  if (std::is_pointer_v<U>) return 'P';
  if (std::is_same_v<U, float>) return 'F';
  return sizeof(U) == 4 ? 'I' : 'L';
}

template <auto function, class Type = decltype(function)>
struct Bound;

template <auto function, class... Args>
struct Bound<function, void (*)(Args...)> {
  static constexpr char signature[] = {letter<Args>()..., 0};

  static void call(void** args) { spread(args, std::index_sequence_for<Args...>()); }

 private:
  template <size_t... I>
  static void spread([[maybe_unused]] void** args, std::index_sequence<I...>) {
    function(*static_cast<std::remove_cv_t<Args>*>(args[I])...);
  }
};

}  // namespace emu
