// The C interface of libacuity, as Java binds it: kernels by name, their launch, memory, threads, the machine's peak.
//
// Functions that can fail return 0, or another value after setting the text of acuity_last_error. No exception or abort
// crosses this interface. Every function may be called from any thread.
#pragma once

#include <stdint.h>

#define ACUITY_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

// The text of the calling thread's last failure; valid until its next failing call.
ACUITY_API const char* acuity_last_error(void);

// Kernels are numbered 0 .. count - 1 in order of their names. A number out of range gives null, or zeros.
ACUITY_API int acuity_kernel_count(void);
ACUITY_API const char* acuity_kernel_name(int kernel);
// The file it was compiled from, relative to the source tree: "kernels/conv3x3.cu".
ACUITY_API const char* acuity_kernel_file(int kernel);
// One letter an argument: P pointer, H pointer to bf16, I int32, L int64, F float.
ACUITY_API const char* acuity_kernel_signature(int kernel);
// Threads in a block along x, y, z.
ACUITY_API void acuity_kernel_block(int kernel, int block[3]);
// Items that a block covers along x, y, z: its threads, unless the kernel says otherwise.
ACUITY_API void acuity_kernel_covers(int kernel, int items[3]);
// Bytes of dynamic shared memory a block needs.
ACUITY_API int acuity_kernel_shared(int kernel);
// 1 when a fast CPU function of the same name exists, else 0.
ACUITY_API int acuity_kernel_has_twin(int kernel);
// The list at once: for each kernel, in order, a line of name, signature and 1 or 0 for the twin, with blanks between.
ACUITY_API const char* acuity_kernels(void);

// Runs a kernel over items_x * items_y * items_z items, batch times along z, and returns when it is done. args[i]
// points to argument i. emulate = 0 calls the CPU twin; 1 runs the CUDA source thread by thread, in ceil(items /
// covers) blocks, times batch along z: no block covers items of two of a batch.
ACUITY_API int acuity_launch(int kernel, int emulate, int64_t items_x, int64_t items_y, int64_t items_z, int64_t batch,
                             void** args);

// Real Fourier transforms in two dimensions. inverse = 0: planes float[batch][height][width] to half spectra
// float[batch][height][width / 2 + 1][2] of real and imaginary parts; 1: back. Neither divides by anything. Sizes are
// products of 2, 3, 5, 7, 11 and 13; from and to may not overlap.
ACUITY_API int acuity_fft(int inverse, int batch, int height, int width, const float* from, float* to);

// The order in which emulated threads run (0 forward, 1 reversed, 2 shuffled by seed, 3 one warp as far as it can).
// Results must not depend on it. At start it is read from ACUITY_EMULATOR_ORDER and ACUITY_EMULATOR_SEED, else 0.
ACUITY_API int acuity_emulator_order(int order, uint64_t seed);

// Memory aligned to 64 bytes, from 1 MB on to 2 MB and in huge pages where the system has them; contents undefined.
// Null after a failure.
ACUITY_API void* acuity_allocate(int64_t bytes);
ACUITY_API void acuity_release(void* memory, int64_t bytes);
// Writes count copies of a 32-bit word.
ACUITY_API int acuity_fill(void* memory, int word, int64_t count);

// c = alpha a b + beta c for each matrix of a batch, row-major floats: element (i, j) of matrix x of a lies at
// a[x * step_a + i * stride_a + j]. a is m x k (k x m when transposed), b k x n (n x k), c m x n; beta is 0 or 1.
ACUITY_API int acuity_gemm(int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float* a,
                           int64_t stride_a, int64_t step_a, const float* b, int64_t stride_b, int64_t step_b,
                           float beta, float* c, int64_t stride_c, int64_t step_c, int batch);

// Sets the number of host threads when positive; returns the number in use.
ACUITY_API int acuity_threads(int threads);
// Chooses the instruction set of the CPU twins ("avx512", "avx2", "plain") unless null; returns the one in use, or null
// when the wanted one is unknown or this processor lacks it.
ACUITY_API const char* acuity_isa(const char* wanted);

// Measures this machine: fp32 fused multiply-add rate in GFLOP/s and copy bandwidth (bytes read plus bytes written) in
// GB/s, with the given number of threads. Takes about half a second.
ACUITY_API int acuity_measure_peak(int threads, double* gflops, double* copy_gb_per_s);

// Functions of this interface by number, arguments and result as 64-bit words (pointers as addresses, what is not used
// 0). A caller that pays for each shape of function it binds, as Java does at every start, binds this one alone.
enum acuity_function {
  ACUITY_LAST_ERROR,
  ACUITY_KERNELS,
  ACUITY_LAUNCH,
  ACUITY_ALLOCATE,
  ACUITY_RELEASE,
  ACUITY_FILL,
  ACUITY_THREADS,
  ACUITY_ISA,
};
// An unknown number gives -1 and sets the text of acuity_last_error.
ACUITY_API int64_t acuity_call(int64_t function, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f,
                               int64_t g);

#ifdef __cplusplus
}
#endif
