// Launches an emulated kernel over a grid, with blocks spread over host threads.
#pragma once

#include <string>

#include "kernel.h"
#include "order.h"
#include "thread.h"

namespace emu {

// Returns an empty string, or what went wrong: a limit of CUDA that the launch breaks, or a kernel's bug.
std::string launch(const Kernel& kernel, dim3 grid, dim3 block, void** args);

// For all following launches.
void set_order(Order order);
Order order();
void set_threads(int threads);
int threads();

}  // namespace emu
