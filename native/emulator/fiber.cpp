#include "fiber.h"

#include <sys/mman.h>

#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__x86_64__) && !defined(EMU_UCONTEXT)
// emu_switch(void** save, void* next): keeps the registers a callee must keep, and exchanges the stack.
extern "C" __attribute__((visibility("hidden"))) void emu_switch(void** save, void* next);
asm(R"(
    .text
    .p2align 4
    .globl emu_switch
    .hidden emu_switch
    .type emu_switch, @function
emu_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size emu_switch, . - emu_switch
)");
#endif

namespace emu {
namespace {

constexpr size_t page = 4096;
// Only pages that are touched cost memory.
constexpr size_t stack_bytes = 256 * 1024;

}  // namespace

Fiber::Fiber() {
#if defined(__SANITIZE_ADDRESS__)
  pthread_attr_t attributes;
  void* low = nullptr;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &low, &size_);
  pthread_attr_destroy(&attributes);
  host_base_ = static_cast<char*>(low);
#endif
}

std::unique_ptr<Fiber> Fiber::make(int number) {
  void* memory = mmap(nullptr, stack_bytes + page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  mprotect(memory, page, PROT_NONE);
  auto fiber = std::make_unique<Fiber>();
  fiber->base_ = static_cast<char*>(memory) + page;
  fiber->size_ = stack_bytes;
  fiber->stagger_ = static_cast<size_t>(number % 64) * 320;
  return fiber;
}

Fiber::~Fiber() {
  if (base_ != nullptr) munmap(base_ - page, size_ + page);
}

void Fiber::prepare(void (*start)()) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(base_, size_);
#endif
#if defined(__x86_64__) && !defined(EMU_UCONTEXT)
  auto top = (reinterpret_cast<uintptr_t>(base_ + size_) - stagger_) & ~uintptr_t{15};
  auto* words = reinterpret_cast<void**>(top);
  *--words = nullptr;                         // where start would return to: 8 modulo 16 at its entry
  *--words = reinterpret_cast<void*>(start);  // popped by ret
  for (int i = 0; i < 6; ++i) *--words = nullptr;
  stack_pointer_ = words;
#else
  getcontext(&context_);
  context_.uc_stack.ss_sp = base_;
  context_.uc_stack.ss_size = size_ - stagger_;
  context_.uc_link = nullptr;
  makecontext(&context_, start, 0);
#endif
}

void Fiber::change(Fiber& from, Fiber& to, [[maybe_unused]] bool last) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(last ? nullptr : &from.fake_stack_, to.base_ == nullptr ? to.host_base_ : to.base_,
                                 to.size_);
#endif
#if defined(__x86_64__) && !defined(EMU_UCONTEXT)
  emu_switch(&from.stack_pointer_, to.stack_pointer_);
#else
  swapcontext(&from.context_, &to.context_);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(from.fake_stack_, nullptr, nullptr);
#endif
}

void Fiber::entered() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
}

}  // namespace emu
