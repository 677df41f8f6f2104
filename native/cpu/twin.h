// CPU twins: functions with the name and arguments of a CUDA kernel, found by name and called as cuLaunchKernel calls
// kernels.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace acuity::cpu {

/// One registered twin. `signature` has one letter an argument: P pointer, I int32, L int64, F float.
struct Twin {
  const char* name;
  const char* signature;
  void (*thunk)(
      void** arguments);  // arguments[i] points at the value of argument i; throws std::exception on bad arguments
};

/// The twin of this name, or null.
const Twin* find_twin(const char* name);

/// Every twin, sorted by name.
const std::vector<Twin>& twins();

/// How many threads the twins use from now on (at least 1). The first value is ACUITY_THREADS or the number of usable
/// cores.
void set_threads(int count);
int threads();

/// Instruction set in use: "avx512", "avx2" or "plain". The first value is ACUITY_ISA or the best this CPU has.
const char* isa();

/// Forces an instruction set; throws std::invalid_argument for an unknown one or one this CPU lacks.
void set_isa(const char* name);

bool register_twin(Twin twin);

template <class T>
constexpr char argument_kind() {
  if constexpr (std::is_pointer_v<T>) {
    return 'P';
  } else if constexpr (std::is_same_v<T, float>) {
    return 'F';
  } else if constexpr (std::is_same_v<T, std::int32_t>) {
    return 'I';
  } else {
    static_assert(std::is_same_v<T, std::int64_t>, "twins take pointers, int32, int64 and float");
    return 'L';
  }
}

template <auto function>
struct TwinOf;

template <class... T, void (*function)(T...)>
struct TwinOf<function> {
  static constexpr char signature[] = {argument_kind<T>()..., '\0'};

  template <std::size_t... i>
  static void call(void** arguments, std::index_sequence<i...>) {
    function(*static_cast<T*>(arguments[i])...);
  }

  static void thunk(void** arguments) { call(arguments, std::index_sequence_for<T...>{}); }
};

}  // namespace acuity::cpu

/// Registers the function `name` of namespace acuity::cpu; stands after its definition.
#define TWIN(name)                                                                                 \
  [[maybe_unused]] static const bool name##_is_registered =                                        \
      ::acuity::cpu::register_twin({#name, ::acuity::cpu::TwinOf<&::acuity::cpu::name>::signature, \
                                    &::acuity::cpu::TwinOf<&::acuity::cpu::name>::thunk});
