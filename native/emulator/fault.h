// Memory faults of kernels as reports. Tests put a guard page behind each buffer; a kernel that runs past its end then
// fails the launch, with kernel, block and thread named.
#pragma once

namespace emu {

// From now on SIGSEGV and SIGBUS raised by a kernel's thread end its launch. Those of other code go where they went
// before. x86-64 only; elsewhere the process ends as before.
void catch_faults();

}  // namespace emu
