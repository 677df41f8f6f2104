// The stand-in driver's modules and launches: functions are the emulated kernels of libacuity.
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <regex>

#include "acuity.h"
#include "driver.h"

namespace {

using namespace standin;

struct Module {
  std::vector<std::string> kernels;
  bool all = false;  // a fatbin, whose names are not looked at
};
struct Function {
  std::string name, signature;
  int kernel = -1;
  int most_shared = 48 << 10;
  // A form for compute capability 9.0 (kernels/sm90): blocks take tiles in turn, so the grid says nothing of the items.
  bool hopper = false;
};

// libacuity's functions, in the process already.
template <class F>
F* library(const char* name) {
  static void* handle = [] {
    if (void* loaded = dlopen("libacuity.so", RTLD_NOW | RTLD_NOLOAD)) return loaded;
    const char* file = std::getenv("ACUITY_LIBRARY");
    return file == nullptr ? nullptr : dlopen(file, RTLD_NOW);
  }();
  return handle == nullptr ? nullptr : reinterpret_cast<F*>(dlsym(handle, name));
}

int find_kernel(const std::string& name) {
  auto* count = library<decltype(acuity_kernel_count)>("acuity_kernel_count");
  auto* name_of = library<decltype(acuity_kernel_name)>("acuity_kernel_name");
  if (count == nullptr || name_of == nullptr) return -1;
  for (int i = 0; i < count(); ++i) {
    if (name == name_of(i)) return i;
  }
  return -1;
}

uint64_t size_of(char letter) { return letter == 'I' || letter == 'F' ? 4 : 8; }

struct Launch {
  const Function* function;
  unsigned grid[3];
  std::vector<uint64_t> values;

  int run() const {
    std::vector<uint64_t> own = values;
    std::vector<void*> pointers;
    for (size_t i = 0; i < own.size(); ++i) {
      if ((function->signature[i] == 'P' || function->signature[i] == 'H') && own[i] != 0) {
        void* memory = host(own[i], 1);
        if (memory == nullptr) return illegal_address;
        own[i] = reinterpret_cast<uint64_t>(memory);
      }
      pointers.push_back(&own[i]);
    }
    int covers[3];
    library<decltype(acuity_kernel_covers)>("acuity_kernel_covers")(function->kernel, covers);
    int64_t items[] = {int64_t{grid[0]} * covers[0], int64_t{grid[1]} * covers[1], int64_t{grid[2]} * covers[2]};
    int64_t batch = 1;
    if (function->hopper) {
      const uint64_t* sizes = values.data() + function->signature.find('I');  // n, h, w, in, out, shuffle
      bool parts = function->name.find("backward_weight") != std::string::npos;
      items[0] = 64;
      items[1] = static_cast<int64_t>(parts ? 64 : sizes[2]);
      items[2] = static_cast<int64_t>(parts ? grid[0] : sizes[1]);
      batch = parts ? 1 : static_cast<int64_t>(sizes[0]);
    }
    int status = library<decltype(acuity_launch)>("acuity_launch")(function->kernel, 1, items[0], items[1], items[2],
                                                                   batch, pointers.data());
    if (status != 0) {
      state().log += std::string(library<decltype(acuity_last_error)>("acuity_last_error")()) + "\n";
      return 719;
    }
    return ok;
  }
};

}  // namespace

API int cuModuleLoadData(void** module, const void* image) {
  ENTER("cuModuleLoadData");
  auto loaded = std::make_unique<Module>();
  if (*static_cast<const unsigned*>(image) == 0xba55ed50u) {  // a fatbin of CUDA 13
    if (setting("driver", 13000) < 13000) return invalid_image;
    if (setting("no_binary", 0) != 0) return no_binary;
    loaded->all = true;
  } else {
    std::string text = static_cast<const char*>(image);
    std::smatch found;
    if (!std::regex_search(text, found, std::regex("\\.version (\\d+)\\.(\\d+)"))) return invalid_image;
    int version = 1000 * std::stoi(found[1]) + 10 * std::stoi(found[2]);
    // CUDA 12.0 takes PTX 8.0, and each later CUDA the next
    if (version > setting("driver", 13000) - 4000) return unsupported_ptx;
    std::regex entry("\\.entry\\s+(\\w+)");
    for (std::sregex_iterator i(text.begin(), text.end(), entry), end; i != end; ++i) {
      loaded->kernels.push_back((*i)[1]);
    }
  }
  *module = loaded.release();
  return ok;
}
API int cuModuleUnload(void* module) {
  ENTER("cuModuleUnload");
  run_until(state().issued);
  delete static_cast<Module*>(module);
  return ok;
}
API int cuModuleGetFunction(void** function, void* module, const char* name) {
  ENTER("cuModuleGetFunction");
  const auto& loaded = *static_cast<Module*>(module);
  bool there = loaded.all;
  for (const auto& kernel : loaded.kernels) there |= kernel == name;
  std::string emulated = name;
  bool hopper = emulated.size() > 5 && emulated.compare(emulated.size() - 5, 5, "_sm90") == 0;
  if (hopper) emulated.resize(emulated.size() - 5);
  int kernel = find_kernel(emulated);
  if (!there || kernel < 0) return not_found;
  auto* made = new Function;  // lives on, as work that was put off may name it
  made->name = name;
  made->kernel = kernel;
  made->hopper = hopper;
  made->signature = library<decltype(acuity_kernel_signature)>("acuity_kernel_signature")(kernel);
  *function = made;
  return ok;
}
API int cuFuncSetAttribute(void* function, int attribute, int value) {
  ENTER("cuFuncSetAttribute");
  if (attribute != 8 || value > 227 << 10) return invalid_value;  // MAX_DYNAMIC_SHARED_SIZE_BYTES
  static_cast<Function*>(function)->most_shared = value;
  return ok;
}

API int cuLaunchKernel(void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                       unsigned block_y, unsigned block_z, unsigned shared, void* stream, void** parameters,
                       void** extra) {
  ENTER("cuLaunchKernel");
  const auto& called = *static_cast<Function*>(function);
  if (stream != the_stream() || extra != nullptr || grid_x == 0 || grid_y == 0 || grid_z == 0 || grid_y > 65535 ||
      grid_z > 65535) {
    return invalid_value;
  }
  if (static_cast<int>(shared) > called.most_shared) return invalid_value;
  int block[3];
  library<decltype(acuity_kernel_block)>("acuity_kernel_block")(called.kernel, block);
  int wants_shared = library<decltype(acuity_kernel_shared)>("acuity_kernel_shared")(called.kernel);
  if (called.hopper) {
    if (block_x % 128 != 0 || block_y != 1 || block_z != 1 || grid_y != 1 || grid_z != 1) return invalid_value;
  } else if (block_x != static_cast<unsigned>(block[0]) || block_y != static_cast<unsigned>(block[1]) ||
             block_z != static_cast<unsigned>(block[2]) || static_cast<int>(shared) != wants_shared) {
    return invalid_value;
  }
  Launch launch{&called, {grid_x, grid_y, grid_z}, {}};
  for (size_t i = 0; i < called.signature.size(); ++i) {
    uint64_t value = 0;
    std::memcpy(&value, parameters[i], size_of(called.signature[i]));
    launch.values.push_back(value);
  }
  return add([launch] { return launch.run(); });
}
