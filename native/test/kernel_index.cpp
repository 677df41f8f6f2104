// Prints the table of kernels/README.md, from the list that the library has of itself.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "pair.h"

int main() {
  std::vector<acuity::Pair> list = acuity::pairs();
  std::stable_sort(list.begin(), list.end(), [](const acuity::Pair& a, const acuity::Pair& b) {
    return std::strcmp(a.kernel->file, b.kernel->file) < 0;
  });
  std::printf("| kernel | file | arguments | block | items a block | CPU twin |\n|---|---|---|---|---|---|\n");
  for (const auto& pair : list) {
    const emu::Kernel& k = *pair.kernel;
    const char* slash = std::strrchr(k.file, '/');
    const char* file = slash == nullptr ? k.file : slash + 1;
    std::printf("| `%s` | [%s](%s) | %s | %dx%dx%d | %dx%dx%d | %s |\n", k.name, file, file, k.signature, k.block[0],
                k.block[1], k.block[2], k.covers[0], k.covers[1], k.covers[2], pair.twin != nullptr ? "yes" : "no");
  }
}
