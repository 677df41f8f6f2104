#include "race.h"

namespace emu {

bool race_check = false;

void Race::start(int threads) {
  bytes_[0] = bytes_[1] = 0;
  warps_.assign(static_cast<size_t>((threads + 31) / 32), Clock{});
  epoch_ = 1;
}

void Race::watch(const char* begin1, size_t bytes1, const char* begin2, size_t bytes2) {
  begin_[0] = begin1;
  bytes_[0] = bytes1;
  begin_[1] = begin2;
  bytes_[1] = bytes2;
  for (int i = 0; i < 2; ++i) cells_[i].assign((bytes_[i] + 1) / 2, Cell{});
}

void Race::met(int warp, uint32_t mask) {
  Clock& clock = warps_[static_cast<size_t>(warp)];
  for (int i = 0; i < 32; ++i) {
    if (!(mask >> i & 1)) continue;
    for (int j = 0; j < 32; ++j) {
      if (mask >> j & 1) clock.met[i][j] = clock.now;
    }
  }
  ++clock.now;
}

bool Race::ordered(const Access& before, int thread) const {
  if (before.thread < 0 || before.thread == thread || before.epoch != epoch_) return true;
  if (before.thread / 32 != thread / 32) return false;
  return warps_[static_cast<size_t>(thread / 32)].met[before.thread % 32][thread % 32] >= before.clock;
}

Race::Conflict Race::visit(Cell& cell, int thread, bool write) {
  if (!ordered(cell.writer, thread)) return {"written", cell.writer.thread};
  if (write && !ordered(cell.reader, thread)) return {"read", cell.reader.thread};
  if (write && !ordered(cell.other_reader, thread)) return {"read", cell.other_reader.thread};
  Access access{thread, epoch_, warps_[static_cast<size_t>(thread / 32)].now};
  if (write) {
    cell.writer = access;
  } else if (cell.reader.thread != thread) {
    // Of several readers, keep one of another warp rather than one of this: __syncwarp does not order it.
    bool keep = cell.other_reader.epoch == epoch_ && cell.other_reader.thread >= 0 &&
                cell.other_reader.thread / 32 != thread / 32 && cell.reader.thread / 32 == thread / 32;
    if (!keep) cell.other_reader = cell.reader;
    cell.reader = access;
  } else {
    cell.reader = access;
  }
  return {};
}

Race::Conflict Race::access(int thread, const void* address, size_t bytes, bool write) {
  const char* at = static_cast<const char*>(address);
  for (int i = 0; i < 2; ++i) {
    if (at < begin_[i] || at >= begin_[i] + bytes_[i]) continue;
    size_t offset = static_cast<size_t>(at - begin_[i]);
    for (size_t cell = offset / 2; cell <= (offset + bytes - 1) / 2 && cell < cells_[i].size(); ++cell) {
      Conflict conflict = visit(cells_[i][cell], thread, write);
      if (conflict.earlier == nullptr) continue;
      conflict.region = i == 0 ? "static" : "dynamic";
      conflict.offset = offset;
      return conflict;
    }
    return {};
  }
  return {};
}

}  // namespace emu
