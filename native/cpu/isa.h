// What each instruction set offers: tables of functions compiled three times from isa/*.h.
#pragma once

namespace acuity::cpu {

/// An image [n][h][w][channels] as the convolutions walk it. Behind a pixel shuffle by r a convolution's pixel is r
/// runs of `run` = r * (channels of the large image) floats, one in each of r rows of the large image; otherwise phases
/// = 1 and the run is the pixel. Channels are counted run after run ("packed order").
struct Picture {
  float* data;
  int height;
  int width;
  int phases;
  int run;
};

/// One convolution: forward, or backward to the input.
struct ConvolutionJob {
  Picture from;
  Picture to;
  int channels_from;
  int channels_to;
  const float* packed;    // Winograd: blocks of 64 output channels, each [36] and what multiply_plane wants
  const float* bias;      // [ceil16(channels_to)] in packed order, or null
  const float* residual;  // shaped as `to`, or null
  const float* mask;      // shaped as `to`, or null
  const float* zeros;     // at least from.run + 16 zeros
  float low;              // 0 for ReLU, -infinity for none
  float scale;
  bool accumulate;
  int tiles_x;
  int tiles_y;
};

/// The gradient of the weights: channel blocks of at most 64 x 64 are tasks of their own.
struct WeightJob {
  Picture x;
  Picture dy;
  int in;
  int out;
  const float* zeros;  // at least max(x.run, dy.run) + 16 zeros
  int tiles_x;
  int tiles_y;
};

/// The gradient of the weights of a 3 x 3 convolution with at most 4 channels on one side.
struct NarrowWeightJob {
  const float* few;
  const float* wide;
  int few_channels;
  int wide_channels;
  int height;
  int width;
};

/// 3 x 3 convolutions with at most 4 channels on one side, no pixel shuffle. A job's rows are those of all images, one
/// after the other. Scratch and partial sizes are in floats.
struct Narrow {
  /// packed [u][v][input][ceil16(outputs)]
  void (*few_in_rows)(const ConvolutionJob& job, long first, long last, float* scratch);
  long (*few_in_scratch)(int width, int channels_from);
  /// packed [input][ceil16(9 * outputs)], a column being (u, v, output)
  void (*few_out_rows)(const ConvolutionJob& job, long first, long last, float* scratch);
  long (*few_out_scratch)(int width, int channels_to);
  /// [u][v][few][ceil16(wide)], then the sums of the wide channels [ceil16(wide)], then of the few
  void (*weight_part)(const NarrowWeightJob& job, long first, long last, float* partial, float* scratch);
  long (*partial_size)(int few, int wide);
  long (*weight_scratch)(int width, int few, int wide);
};

/// Where the points of tiles lie, for each block of 64 channels: [point][tile][row], planes apart by `plane`.
struct PointRows {
  float* data;
  long block;  // floats of a block of channels
  long plane;
  int row;

  float* at(int channel_block, int tile) const { return data + channel_block * block + static_cast<long>(tile) * row; }
};

/// How the gradient of a convolution's weights is summed: tiles become points, and over all tiles the points of x and
/// dy that share a weight are multiplied. Blocks are at most 64 x 64 channels.
struct WeightScheme {
  int step;  // pixels of dy of a tile, each way
  int points;
  int weights;
  int (*first_point)(int weight);
  int (*point_count)(int weight);
  /// The points of tiles [first, first + count), as rows 0 .. count - 1; the pixels of dy are added to `bias`.
  void (*tiles)(const WeightJob& job, long first, int count, const PointRows& v, const PointRows& d, float* bias);
  /// sums[inputs][width] (+)= transpose(v[points][tiles][inputs of ldv]) * d[points][tiles][width of ldd]
  void (*products)(const float* v, long plane_v, int ldv, const float* d, long plane_d, int ldd, int points, int tiles,
                   int inputs, int width, float* sums, bool add);
  /// Writes the weights of inputs [first, last) of one channel block from its sums [weights][inputs][ceil16(outputs)].
  void (*finish)(const WeightJob& job, const float* sums, int in_block, int out_block, int first, int last,
                 float* dweight, int shuffle, float scale, bool accumulate);
};

/// How one convolution size runs on one instruction set. Scratch sizes are in floats.
struct Winograd {
  int step;         // output pixels of a tile, each way
  int block_tiles;  // tiles of a block, at most
  /// Transforms weights [out][in][k][k] into rows [first, last) of `packed`: rows are input channels, or, with
  /// `backward`, which flips and swaps the weights, packed output channels.
  void (*pack)(const float* weight, float* packed, int in, int out, int shuffle, bool backward, int first, int last);
  long (*block_scratch)(int channels_from, int channels_to);
  void (*block)(const ConvolutionJob& job, long first_tile, int tiles, float* scratch);

  WeightScheme weights;
};

/// One strided convolution: forward, or backward to the input.
struct StridedJob {
  Picture from;
  Picture to;
  int channels_from;
  int channels_to;
  const float* packed;  // blocks of 64 output channels, each [25] and what multiply_plane wants
  const float* zeros;   // at least channels_from + 16 zeros
  bool accumulate;
  int tiles_x;  // of 3 x 3 pixels of the small image
  int tiles_y;
};

/// The 3 x 3 convolution of stride 2 on one instruction set. Scratch sizes are in floats.
struct Strided {
  int block_tiles;  // tiles of a block, at most
  /// As Winograd's.
  void (*pack)(const float* weight, float* packed, int in, int out, bool backward, int first, int last);
  long (*scratch)(int channels_from, int channels_to);
  void (*forward)(const StridedJob& job, long first_tile, int tiles, float* scratch);
  void (*backward)(const StridedJob& job, long first_tile, int tiles, float* scratch);
  WeightScheme weights;
};

/// A set's constants of batch normalisation, an array of ceil16(channels) each: z = factor (x - mean) + bias with
/// factor = weight / deviation, y = z > 0 ? z : slope z; backward, dx = factor g + flat - tilt (x - mean).
struct NormConstants {
  const float* mean;
  const float* factor;
  const float* bias;
  const float* flat;
  const float* tilt;
  float slope;
};

/// Batch normalisation of [pixels][channels]; sums are [2][channels].
struct Norm {
  /// Adds x - shift and its square.
  void (*sums)(const float* x, const float* shift, float* sums, long pixels, int channels);
  void (*forward)(const float* x, const NormConstants& c, float* y, long pixels, int channels);
  /// Adds g = (z > 0 ? dy : slope dy) and g (x - mean).
  void (*backward_sums)(const float* x, const float* dy, const NormConstants& c, float* sums, long pixels,
                        int channels);
  void (*backward_input)(const float* x, const float* dy, const NormConstants& c, float* dx, long pixels, int channels,
                         bool accumulate);
};

/// Products of small matrices, rows by columns, for the 1 x 1 convolution. Widths are multiples of 16.
struct Products {
  /// c[rows][width] = a[rows][depth] * b[depth][width]
  void (*rows)(const float* a, long lda, const float* b, float* c, int rows, int depth, int width);
  /// c[rows][width] += transpose(a[depth][rows]) * b[depth][width]
  void (*outer)(const float* a, long lda, const float* b, float* c, int rows, int depth, int width);
};

/// Rows of RGB pixels through the bank of filters. Counts are in floats. Products and sums are never fused, so all
/// instruction sets give the same bits; "rounds" is to 8-bit levels after a clamp to 0 .. 1.
struct BankRows {
  /// to = x - S over `width` pixels, at least 3, S the weighted 3x3 mean; 0 in the first and the last pixel. `sums` is
  /// room for a row.
  void (*detail)(const float* up, const float* x, const float* down, float* sums, float* to, int width);
  /// Rounds x.
  void (*levels)(const float* x, float* to, long count);
  /// Rounds x + gain * detail.
  void (*sharpen)(const float* x, const float* detail, float gain, float* to, long count);
  /// to = weight[0] * rows[0] + sum over k of weight[k] * (rows[2 k - 1] + rows[2 k]), k = 1 .. radius
  void (*blur_down)(const float* const* rows, const float* weight, int radius, float* to, long count);
  /// The same along a row whose pixels beyond both ends are there; rounds.
  void (*blur_across)(const float* x, const float* weight, int radius, float* to, long count);
  /// to = sum over k of weight[k] * rows[k], k = 0 .. 3
  void (*enlarge_down)(const float* const* rows, const float* weight, float* to, long count);
  /// Pixel i of `to` is the sum over k of weight[4 i + k] * pixel index[4 i + k] of x, clamped to 0 .. 1. One float
  /// beyond x's last pixel may be read.
  void (*enlarge_across)(const float* x, const int* index, const float* weight, float* to, int width);
  /// Three bands of 9 channels from two rows of 2 * width pixels. One float beyond the rows may be read. `streams` says
  /// that the result is better not kept in the caches.
  void (*haar)(const float* upper, const float* lower, float* to, int width, bool streams);
};

/// One stage of a Fourier transform in Stockham's order: `done` is the product of the radices before it, `rest` that of
/// those after it.
struct FftStage {
  int radix;
  int rest;
  int done;
  const float* twiddles;  // cos, sin of -2 pi p j / (radix * rest), p < rest, j = 1 .. radix - 1
  const float* roots;     // cos, sin of 2 pi k / radix
};

/// The stages of transforms of one length.
struct FftAxis {
  int n;
  int stages;
  const FftStage* stage;
};

/// Blocks of `lanes` columns or 2 * lanes rows of a plane; see isa/fft.h. Scratch sizes are in floats.
struct Fft {
  int lanes;
  long (*scratch)(int n);
  void (*rows_forward)(const FftAxis& axis, const float* plane, int first, int count, float* re, float* im, long ld,
                       float* scratch);
  void (*rows_inverse)(const FftAxis& axis, const float* re, const float* im, long ld, int first, int count,
                       float* plane, float* scratch);
  void (*columns_forward)(const FftAxis& axis, float* re, float* im, long ld, int lanes, float* to, long row,
                          float* scratch);
  void (*columns_inverse)(const FftAxis& axis, const float* from, long row, int lanes, float* re, float* im, long ld,
                          float* scratch);
};

/// Feature maps [pixels][channels], all images' pixels one after the other, and those of `sets` samples.
struct SimilarityJob {
  const float* sr;
  const float* samples;  // a set starts every set_stride numbers
  float* terms;          // [pixels][2 * sets + 1], see kernels/info_nce_loss.cu
  float* dsr;
  long set_stride;
  int channels;
  int sets;
  bool accumulate;
};

/// Pixels [first, last) of one image. sums has room for the sum of each set; slope is that of the image and set 0, with
/// `images` numbers between sets; factors is room for `sets` numbers.
struct Similarity {
  void (*cosines)(const SimilarityJob& job, long first, long last, double* sums);
  void (*distances)(const SimilarityJob& job, long first, long last, double* sums);
  void (*cosine_gradient)(const SimilarityJob& job, const float* slope, long images, float rate, float* factors,
                          long first, long last);
  void (*distance_gradient)(const SimilarityJob& job, const float* slope, long images, float rate, long first,
                            long last);
};

struct Isa {
  const char* name;
  Winograd winograd3;
  Winograd winograd5;
  Narrow narrow3;
  Products products;
  BankRows bank;
  Similarity similarity;
  Norm norm;
  Fft fft;
  Strided strided;
};

#if defined(__x86_64__)
extern const Isa isa_avx512;
extern const Isa isa_avx2;
#endif
extern const Isa isa_plain;

/// The instruction set in use.
const Isa& active();

constexpr int ceil16(int channels) { return (channels + 15) / 16 * 16; }

}  // namespace acuity::cpu
