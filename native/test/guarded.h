// An array that ends where a page begins that may not be touched: reading or writing past its end faults.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <new>

class Guarded {
 public:
  explicit Guarded(size_t bytes) : bytes_(bytes) {
    size_t room = (bytes + 15) / 16 * 16;  // the end may be up to 15 bytes off, so that vectors stay aligned
    mapped_ = (room + page - 1) / page * page + page;
    void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<char*>(memory);
    mprotect(base_ + mapped_ - page, page, PROT_NONE);
    data_ = base_ + mapped_ - page - room;
    std::memset(base_, 0xff, mapped_ - page);
  }
  ~Guarded() { munmap(base_, mapped_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  void* data() { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  static constexpr size_t page = 4096;
  size_t bytes_, mapped_;
  char *base_, *data_;
};
