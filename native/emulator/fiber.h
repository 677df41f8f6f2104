// A stack and a place to continue on it. Switching is a few instructions on x86-64 and ucontext elsewhere, and is
// announced to AddressSanitizer.
#pragma once

#include <cstddef>
#include <memory>

#if !defined(__x86_64__) || defined(EMU_UCONTEXT)
#include <ucontext.h>
#endif

namespace emu {

class Fiber {
 public:
  // The calling host thread's own stack.
  Fiber();
  // A stack of its own, with a page below it that faults. number staggers the tops, so that the stacks of one block do
  // not share cache sets. Null without memory.
  static std::unique_ptr<Fiber> make(int number);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // The next switch to this fiber enters start, which never returns. Whatever was on the stack is abandoned.
  void prepare(void (*start)());
  // Continues to and returns when something switches back. With last, nothing ever will.
  static void change(Fiber& from, Fiber& to, bool last = false);
  // To be called first in start.
  static void entered();

 private:
  char* base_ = nullptr;       // lowest usable byte; null for a host thread's own stack
  char* host_base_ = nullptr;  // that of a host thread's stack; known to sanitizer builds only
  size_t size_ = 0;
  size_t stagger_ = 0;
#if defined(__x86_64__) && !defined(EMU_UCONTEXT)
  void* stack_pointer_ = nullptr;
#else
  ucontext_t context_;
#endif
  void* fake_stack_ = nullptr;  // AddressSanitizer's
};

}  // namespace emu
