#include "pair.h"

#include <stdexcept>

#include "emulator/launch.h"

#ifdef ACUITY_HAS_TWINS
#include "cpu/fft.h"
#include "cpu/twin.h"
#endif

namespace acuity {
namespace {

std::vector<TwinName> twin_names() {
  std::vector<TwinName> names;
#ifdef ACUITY_HAS_TWINS
  for (const auto& twin : cpu::twins()) names.push_back({twin.name, twin.signature});
#endif
  return names;
}

std::vector<Pair> all_pairs() {
  std::vector<Pair> list;
  for (const auto& kernel : emu::kernels()) {
    Pair pair{&kernel, nullptr, ""};
#ifdef ACUITY_HAS_TWINS
    if (const cpu::Twin* twin = cpu::find_twin(kernel.name)) {
      pair.twin = twin->thunk;
      pair.twin_signature = twin->signature;
    }
#endif
    list.push_back(pair);
  }
#ifdef ACUITY_HAS_TWINS
  emu::set_threads(cpu::threads());  // which knows of ACUITY_THREADS and of the cores this process may use
#endif
  return list;
}

}  // namespace

const std::vector<Pair>& pairs() {
  static const std::vector<Pair> list = all_pairs();
  return list;
}

std::vector<std::string> pairing_mistakes() { return pairing_mistakes(emu::kernels(), twin_names()); }

std::vector<std::string> pairing_mistakes(const std::vector<emu::Kernel>& kernels, const std::vector<TwinName>& twins) {
  std::vector<std::string> mistakes;
  for (size_t i = 1; i < kernels.size(); ++i) {
    if (std::string(kernels[i].name) == kernels[i - 1].name) {
      mistakes.push_back(std::string("kernel ") + kernels[i].name + ": want one, have two of that name");
    }
  }
  for (const auto& twin : twins) {
    const emu::Kernel* kernel = nullptr;
    for (const auto& candidate : kernels) {
      if (twin.name == candidate.name) kernel = &candidate;
    }
    if (kernel == nullptr) {
      mistakes.push_back("twin " + twin.name + ": there is no kernel of that name");
    } else if (twin.signature != kernel->signature) {
      mistakes.push_back("twin " + twin.name + ": want arguments " + kernel->signature + " as the kernel, have " +
                         twin.signature);
    }
  }
  return mistakes;
}

#ifdef ACUITY_HAS_TWINS

void fft2d(bool inverse, int batch, int height, int width, const float* from, float* to) {
  cpu::fft2d(inverse, batch, height, width, from, to);
}

void set_threads(int count) {
  cpu::set_threads(count);
  emu::set_threads(count);
}
int threads() { return cpu::threads(); }
const char* isa() { return cpu::isa(); }
void set_isa(const char* name) { cpu::set_isa(name); }

#else

void fft2d(bool, int, int, int, const float*, float*) {
  throw std::runtime_error("this library was built without native/cpu, which has the transforms");
}

void set_threads(int count) { emu::set_threads(count); }
int threads() { return emu::threads(); }
const char* isa() { return "plain"; }
void set_isa(const char* name) {
  if (std::string(name) != "plain") {
    throw std::invalid_argument(std::string("instruction set: want plain (built without CPU twins), have ") + name);
  }
}

#endif

}  // namespace acuity
