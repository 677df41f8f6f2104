// Every shipped kernel in the emulator: right where a truth is at hand, the same bits in all orders, no access outside
// its buffers. Built a second time with the race check.
#include <memory>
#include <set>

#include "cases.h"
#include "check.h"
#include "fault.h"
#include "guarded.h"
#include "launcher.h"
#include "race.h"

namespace {

// Runs a case with each buffer ending at a guard page; the buffers afterwards, or a report.
std::string run(const cases::Case& c, std::vector<std::vector<char>>& result) {
  std::vector<std::unique_ptr<Guarded>> memory;
  std::vector<void*> addresses;
  for (const auto& bytes : c.buffers) {
    memory.push_back(std::make_unique<Guarded>(bytes.size()));
    if (!bytes.empty()) std::memcpy(memory.back()->data(), bytes.data(), bytes.size());
    addresses.push_back(memory.back()->data());
  }
  cases::link(c, addresses);
  for (const auto& launch : c.launches) {
    const emu::Kernel* kernel = emu::find_kernel(launch.kernel);
    if (kernel == nullptr) return "no kernel " + launch.kernel;
    std::string kinds;
    for (const auto& argument : launch.arguments) kinds += argument.kind;
    if (kinds != kernel->signature) return launch.kernel + " takes " + kernel->signature + ", was given " + kinds;
    dim3 grid, block;
    unsigned* blocks[] = {&grid.x, &grid.y, &grid.z};
    unsigned* threads[] = {&block.x, &block.y, &block.z};
    for (int i = 0; i < 3; ++i) {
      *threads[i] = static_cast<unsigned>(kernel->block[i]);
      *blocks[i] = static_cast<unsigned>((launch.items[i] + kernel->covers[i] - 1) / kernel->covers[i]);
    }
    grid.z *= static_cast<unsigned>(launch.batch);
    cases::Arguments arguments(launch, addresses);
    std::string report = emu::launch(*kernel, grid, block, arguments.pointers());
    if (!report.empty()) return report;
  }
  result.clear();
  for (auto& buffer : memory) {
    auto* begin = static_cast<char*>(buffer->data());
    result.emplace_back(begin, begin + buffer->bytes());
  }
  cases::unlink(c, result);
  return {};
}

TEST(every_kernel_has_a_case) {
  std::set<std::string> covered;
  for (const auto& c : cases::all()) {
    for (const auto& launch : c.launches) covered.insert(launch.kernel);
  }
  for (const auto& kernel : emu::kernels()) {
    if (!covered.count(kernel.name)) check::fail(__FILE__, __LINE__, std::string("no case for ") + kernel.name);
  }
  CHECK_EQUAL(covered.size(), emu::kernels().size());
}

TEST(results_are_right_and_the_same_in_every_order) {
  emu::catch_faults();
  for (const auto& c : cases::all()) {
    std::vector<std::vector<char>> first, again;
    std::string report = run(c, first);
    if (!report.empty()) {
      check::fail(__FILE__, __LINE__, c.name + ": " + report);
      continue;
    }
    for (const auto& output : c.outputs) {
      std::string text = difference_from_truth(output, first[static_cast<size_t>(output.buffer)]);
      if (!text.empty()) check::fail(__FILE__, __LINE__, c.name + ": " + text);
    }
    for (const auto& order : all_orders()) {
      emu::set_order(order);
      report = run(c, again);
      if (report.empty() && again != first) report = "other bits than in forward order";
      if (!report.empty()) {
        check::fail(__FILE__, __LINE__, c.name + ", order " + std::to_string(order.kind) + ": " + report);
      }
    }
    emu::set_order({});
  }
}

}  // namespace

int main() {
  std::printf("race check %s\n", emu::race_check ? "on" : "off");
  return check::run_all();
}
