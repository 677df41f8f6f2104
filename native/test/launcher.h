// Launches an emulated kernel with plain C++ arguments.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "launch.h"

// The report of the launch: empty when it succeeded.
template <class... Args>
std::string launch(const std::string& name, dim3 grid, Args... args) {
  const emu::Kernel* kernel = emu::find_kernel(name);
  if (kernel == nullptr) throw std::runtime_error("no kernel " + name);
  void* pointers[] = {&args...};
  dim3 block{static_cast<unsigned>(kernel->block[0]), static_cast<unsigned>(kernel->block[1]),
             static_cast<unsigned>(kernel->block[2])};
  return emu::launch(*kernel, grid, block, pointers);
}

// 1, 2, 3, ... so that every element is known by its value.
inline std::vector<float> counting(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i + 1);
  return values;
}

// All orders, the shuffled one with two seeds.
inline const std::vector<emu::Order>& all_orders() {
  static const std::vector<emu::Order> orders = {{0, 0}, {1, 0}, {2, 1}, {2, 2}, {3, 0}};
  return orders;
}
