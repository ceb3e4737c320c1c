// Our matrix product, whose right side is packed beforehand as weights are, and OpenBLAS's sgemm,
// in turn, in one process: `products THREADS`. Prints one JSON object a line, as `stemwright bench
// --json`.
#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/signals.h"
#include "core/aligned.h"
#include "core/thread_pool.h"
#include "in_turn.h"
#include "nn/conv.h"

namespace {

using stemwright::core::AlignedBuffer;

/// "OpenBLAS 0.3.21" of "OpenBLAS 0.3.21 NO_AFFINITY …".
std::string peerName() {
  const std::string version = openblas_get_config();
  return version.substr(0, version.find(' ', version.find(' ') + 1));
}

/// [rows, size] times [size, size].
void compare(std::size_t rows, std::size_t size, unsigned threads) {
  namespace nn = stemwright::nn;
  const std::vector<float> weight = stemwright::bench::noise(size * size);
  const std::vector<float> x = stemwright::bench::noise(rows * size, 2);
  const nn::Conv layer(stemwright::kernels::kernels(), {.in = size, .out = size}, false,
                       weight.data(), nullptr);
  stemwright::core::ThreadPool pool(threads);
  AlignedBuffer<float> ours(rows * size), theirs(rows * size);
  const int m = static_cast<int>(rows), n = static_cast<int>(size);
  const auto [mine, peer] =
      stemwright::peers::inTurn([&] { layer.forward(x.data(), 1, rows, ours.data(), {}, pool); },
                                [&] {
                                  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, n, 1,
                                              x.data(), n, weight.data(), n, 0, theirs.data(), n);
                                },
                                1.0);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (std::abs(ours[i] - theirs[i]) > 1e-2f) {
      std::fprintf(stderr, "the two products differ at %zu\n", i);
      std::exit(1);
    }
  }
  const double work = 2e-9 * static_cast<double>(rows * size * size);
  // Of times, so that less is better as everywhere.
  stemwright::peers::print("matrix product " + std::to_string(rows) + " x " + std::to_string(size) +
                               " x " + std::to_string(size),
                           "GFLOP/s", {work / mine.median, work / mine.high, work / mine.low},
                           mine.median / peer.median, peerName());
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1;
  openblas_set_num_threads(threads);
  for (const std::size_t rows : {1, 8, 64}) compare(rows, 256, static_cast<unsigned>(threads));
  for (const std::size_t size : {256, 512, 1024})
    compare(size, size, static_cast<unsigned>(threads));
  return 0;
}
