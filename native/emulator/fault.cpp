#include "fault.h"

#include <csignal>
#include <cstdint>

#if defined(__x86_64__)
#include <ucontext.h>
#endif

#include "thread.h"

namespace emu {
namespace {

struct sigaction previous_segv, previous_bus;

void pass_on(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = signal == SIGSEGV ? previous_segv : previous_bus;
  if (previous.sa_flags & SA_SIGINFO) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
    std::signal(signal, SIG_DFL);  // the instruction runs again, and ends the process
  } else {
    previous.sa_handler(signal);
  }
}

#if defined(__x86_64__)
// Where the faulting thread goes on, on its own stack and outside the handler.
[[noreturn]] void landing(uintptr_t address) {
  fail(current->site, "memory fault at address 0x%llx", static_cast<unsigned long long>(address));
}
#endif

void handle(int signal, siginfo_t* info, void* context) {
#if defined(__x86_64__)
  if (current != nullptr) {
    greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    auto stack = static_cast<uintptr_t>(registers[REG_RSP]);
    registers[REG_RSP] = static_cast<greg_t>(((stack - 128) & ~uintptr_t{15}) - 8);  // as after a call
    registers[REG_RDI] = reinterpret_cast<greg_t>(info->si_addr);
    registers[REG_RIP] = reinterpret_cast<greg_t>(&landing);
    return;
  }
#endif
  pass_on(signal, info, context);
}

}  // namespace

void catch_faults() {
  static const bool installed = [] {
    struct sigaction action = {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &previous_segv);
    sigaction(SIGBUS, &action, &previous_bus);
    return true;
  }();
  static_cast<void>(installed);
}

}  // namespace emu
