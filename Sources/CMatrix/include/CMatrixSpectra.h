/// Phase retrieval: projections of spectra onto those of signals and onto given magnitudes.
#pragma once
#include <stddef.h>

#if defined(__cplusplus)
extern "C" {
#endif

enum {
  /// The farthest bin that a tap may reach.
  CMATRIX_CONSISTENCY_REACH = 256,
};

/// result[m, k] = sum over |q| < shifts, |p| <= reach of
///     a[|q|][|p|] e^(-j pi (2k + p) q hop / N) source[(m + q) mod frames, k + p].
///
/// Spectra are [rows, 2, bins], rows = items * frames, bins = N / 2 + 1; they continue beyond both
/// ends by conjugate symmetry, and bins that are their own conjugates are read and written as real.
/// The phase is the product of a factor of k and the same factor of k + p: each row is turned, then
/// convolved with real numbers, then turned again.
typedef struct {
  /// `transform_size` is N; taps reach at most N / 2 and CMATRIX_CONSISTENCY_REACH bins far.
  ptrdiff_t frames, bins, transform_size, hop, shifts;
  /// [shifts, 2]: where the taps of a shift begin in `taps`, and how many there are.
  const float *_Nonnull places;
  /// a[q][0], a[q][1], ...
  const float *_Nonnull taps;
  /// [shifts, 2, bins]: cos and sin of pi k q hop / N.
  const float *_Nonnull turns;
  const float *_Nonnull source;
  float *_Nonnull result;
} CMatrixConsistency;

/// Computes one row; different rows may be computed at the same time.
void cmatrix_consistency_run_row(const CMatrixConsistency *_Nonnull consistency, ptrdiff_t row);

/// The same sums for taps that reach at most 6 bins and 7 frames, to the bit as
/// `consistency_block.comp` computes them from finite numbers and normal products.
typedef struct {
  /// `transform_size` is N; at most 8 shifts.
  ptrdiff_t frames, bins, transform_size, hop, shifts;
  /// [2048]: for each frame n + d in reach of four frames n ... n + 3 their taps [4, 8, 2], then
  /// turns [20, 2]; see the shader.
  const float *_Nonnull table;
  /// [N, 2]: cos and sin of 2 pi i / N.
  const float *_Nonnull circle;
  const float *_Nonnull source;
  float *_Nonnull result;
} CMatrixConsistencyBlocks;

/// Computes four frames of an item, or those that there are: block item * b + i, i < b =
/// ceil(frames / 4), frames 4i ... 4i + 3. Different blocks may be computed at the same time.
void cmatrix_consistency_run_block(
    const CMatrixConsistencyBlocks *_Nonnull consistency, ptrdiff_t block);

/// result = gain * A c / sqrt(|c|^2 + squared_softness * A^2), A where that root is 0, with
/// c = previous + step * (current - previous); complex rows [2, bins], `current` and `previous`
/// repeated after `period` rows.
typedef struct {
  ptrdiff_t bins, period;
  float step, gain, squared_softness;
  const float *_Nonnull magnitudes;
  const float *_Nonnull current;
  const float *_Nonnull previous;
  float *_Nonnull result;
} CMatrixMagnitudes;

/// Computes one row; different rows may be computed at the same time.
void cmatrix_project_magnitudes(const CMatrixMagnitudes *_Nonnull projection, ptrdiff_t row);

#if defined(__cplusplus)
}
#endif
