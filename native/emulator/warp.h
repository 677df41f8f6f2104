// Warp operations for emulated kernels: __syncwarp, shuffles, votes. Included by cuda_emu.h.
#pragma once

namespace emu {

template <class T>
struct Shuffle {
  T value;
  int source;  // lane to read
  T result;
};

// Every lane of the mask leaves its operand on its stack; the last one computes for all, so that no lane can move on
// and overwrite what another still reads.
template <class Operand>
void meet(const char* name, uint32_t mask, Site site, Operand& operand,
          void (*compute)(void* const operands[32], uint32_t mask)) {
  collective({name, mask, site, &operand, compute});
}

template <class T>
T shuffle(const char* name, uint32_t mask, T value, int source, Site site) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8);
  Shuffle<T> operand{value, source, {}};
  meet(name, mask, site, operand, [](void* const operands[32], uint32_t members) {
    for (int lane = 0; lane < 32; ++lane) {
      if (!(members >> lane & 1)) continue;
      auto* own = static_cast<Shuffle<T>*>(operands[lane]);
      if (members >> own->source & 1) {
        own->result = static_cast<Shuffle<T>*>(operands[own->source])->value;
      } else {
        std::memset(&own->result, 0xff, sizeof(T));  // undefined on a GPU: NaN bits here
      }
    }
  });
  return operand.result;
}

// The source lane of a shuffle inside segments of width lanes; own when it would leave the segment.
inline int in_segment(int own, int wanted, int width) {
  int first = own & ~(width - 1);
  return wanted < first || wanted >= first + width ? own : wanted;
}

inline unsigned ballot(const char* name, uint32_t mask, bool predicate, Site site) {
  struct Vote {
    bool predicate;
    uint32_t result;
  } operand{predicate, 0};
  meet(name, mask, site, operand, [](void* const operands[32], uint32_t members) {
    uint32_t votes = 0;
    for (int lane = 0; lane < 32; ++lane) {
      if (members >> lane & 1 && static_cast<Vote*>(operands[lane])->predicate) votes |= 1u << lane;
    }
    for (int lane = 0; lane < 32; ++lane) {
      if (members >> lane & 1) static_cast<Vote*>(operands[lane])->result = votes;
    }
  });
  return operand.result;
}

inline int lane() { return current->lane; }

}  // namespace emu

constexpr const char* emu_syncwarp = "__syncwarp";

inline void __syncwarp(unsigned mask = 0xffffffffu, EMU_SITE) {
  emu::collective({emu_syncwarp, mask, {file, line}, nullptr, nullptr});
}
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, EMU_SITE) {
  int wanted = (emu::lane() & ~(width - 1)) + (source & (width - 1));
  return emu::shuffle("__shfl_sync", mask, value, wanted, {file, line});
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, EMU_SITE) {
  int wanted = emu::in_segment(emu::lane(), emu::lane() - static_cast<int>(delta), width);
  return emu::shuffle("__shfl_up_sync", mask, value, wanted, {file, line});
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, EMU_SITE) {
  int wanted = emu::in_segment(emu::lane(), emu::lane() + static_cast<int>(delta), width);
  return emu::shuffle("__shfl_down_sync", mask, value, wanted, {file, line});
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, EMU_SITE) {
  int wanted = emu::in_segment(emu::lane(), emu::lane() ^ bits, width);
  return emu::shuffle("__shfl_xor_sync", mask, value, wanted, {file, line});
}
inline unsigned __ballot_sync(unsigned mask, int predicate, EMU_SITE) {
  return emu::ballot("__ballot_sync", mask, predicate != 0, {file, line});
}
inline int __any_sync(unsigned mask, int predicate, EMU_SITE) {
  return emu::ballot("__any_sync", mask, predicate != 0, {file, line}) != 0;
}
inline int __all_sync(unsigned mask, int predicate, EMU_SITE) {
  return emu::ballot("__all_sync", mask, predicate == 0, {file, line}) == 0;
}
