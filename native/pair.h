// A kernel and its CPU twin. The library may be built without native/cpu: then no kernel has a twin.
#pragma once

#include <string>
#include <vector>

#include "emulator/kernel.h"

namespace acuity {

struct Pair {
  const emu::Kernel* kernel;
  void (*twin)(void** args);   // null: none
  const char* twin_signature;  // "" without a twin
};

// In order of the kernels' names.
const std::vector<Pair>& pairs();

// What is wrong with the list: twins whose arguments differ from their kernel's, twins without a kernel, names given
// twice. One sentence each; empty when all is well.
std::vector<std::string> pairing_mistakes();

// The same for a list of twins that need not be the library's.
struct TwinName {
  std::string name, signature;
};
std::vector<std::string> pairing_mistakes(const std::vector<emu::Kernel>& kernels, const std::vector<TwinName>& twins);

// cpu::fft2d, cpu/fft.h. Throws std::exception.
void fft2d(bool inverse, int batch, int height, int width, const float* from, float* to);

void set_threads(int threads);
int threads();

// The twins' instruction set. set_isa throws std::invalid_argument for one that is unknown or not to be had here.
const char* isa();
void set_isa(const char* name);

}  // namespace acuity
