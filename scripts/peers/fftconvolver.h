#pragma once

#include <TwoStageFFTConvolver.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

/// FFTConvolver in every way that it may be used without latency.
namespace stemwright::peers {

/// Its tail on a thread of its own, as its header suggests.
class BackgroundTail final : public fftconvolver::TwoStageFFTConvolver {
 public:
  ~BackgroundTail() override {
    isEnding_ = true;
    start_.release();
  }

 protected:
  void startBackgroundProcessing() override { start_.release(); }
  void waitForBackgroundProcessing() override { done_.acquire(); }

 private:
  void run() {
    for (start_.acquire(); !isEnding_; start_.acquire()) {
      doBackgroundProcessing();
      done_.release();
    }
  }

  bool isEnding_ = false;  ///< handed over by start_
  std::binary_semaphore start_{0};
  std::binary_semaphore done_{1};
  std::jthread thread_{[this] { run(); }};
};

template <typename Convolver, typename... Sizes>
std::function<void(const float*, float*)> makeFftConvolver(const std::vector<float>& response,
                                                           std::size_t block, Sizes... sizes) {
  const auto convolver = std::make_shared<Convolver>();
  if (!convolver->init(block, sizes..., response.data(), response.size())) std::abort();
  return [convolver, block](const float* in, float* out) { convolver->process(in, out, block); };
}

/// One size of partitions; two, the larger ones all at once; and those on another thread.
inline std::vector<std::function<void(const float*, float*)>> makeFftConvolvers(
    const std::vector<float>& response, std::size_t block) {
  using fftconvolver::FFTConvolver;
  using fftconvolver::TwoStageFFTConvolver;
  std::vector<std::function<void(const float*, float*)>> all;
  all.push_back(makeFftConvolver<FFTConvolver>(response, block));
  for (const std::size_t tail : {2048u, 4096u, 8192u, 16'384u}) {
    all.push_back(makeFftConvolver<TwoStageFFTConvolver>(response, block, tail));
    all.push_back(makeFftConvolver<BackgroundTail>(response, block, tail));
  }
  return all;
}

}  // namespace stemwright::peers
