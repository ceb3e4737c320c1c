// libFuzzer: tracks of any bytes. Reads and writes stay inside, and peaks refreshed range by range
// equal those of the whole track.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "pcm/peaks.h"
#include "pcm/track.h"
#include "tests/fuzz/scratch_file.h"

namespace {

namespace pcm = stemwright::pcm;

constexpr std::size_t kMostFileBytes = 8192;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Reads and writes at hostile places; succeeds exactly inside the track.
void access(FuzzedDataProvider& data, const pcm::Track& track) {
  const auto frame = data.ConsumeBool() ? data.ConsumeIntegralInRange<std::size_t>(0, 99)
                                        : data.ConsumeIntegral<std::size_t>();
  std::vector<float> samples(data.ConsumeIntegralInRange<std::size_t>(0, 99), 0.5f);
  const std::size_t frames = samples.size() / track.channels();
  const bool inside = samples.size() % track.channels() == 0 && frame <= track.frames() &&
                      frames <= track.frames() - frame;
  require(track.read(frame, samples).ok() == inside);
  require(track.writeAt(frame, samples).ok() == inside);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  static const stemwright::testing::ScratchFile file;
  FuzzedDataProvider data(input, size);
  const auto channels = data.ConsumeIntegralInRange<std::size_t>(0, 66);
  const auto repeats = data.ConsumeIntegralInRange<std::size_t>(1, 64);
  const std::string piece = data.ConsumeRandomLengthString(kMostFileBytes / 8);
  std::string bytes;
  for (std::size_t i = 0; i < repeats; ++i) bytes += piece;
  file.write(bytes);

  auto track = pcm::Track::open(file.path(), channels, pcm::File::Access::kUpdate);
  const bool whole = channels >= 1 && channels <= pcm::kMostChannels &&
                     bytes.size() % (channels * sizeof(float)) == 0;
  require(track.ok() == whole);
  if (!whole) return 0;
  for (int i = 0; i < 4; ++i) access(data, track.value());

  auto peaks = pcm::PeakWriter::create(track.value());
  require(peaks.ok());
  for (int i = 0; i < 4; ++i) {
    const auto begin = data.ConsumeIntegral<std::size_t>();
    const auto end = data.ConsumeIntegral<std::size_t>();
    require(peaks.value().refresh(track.value(), begin, end).ok());
  }
  const std::size_t middle = track.value().frames() / 3;
  require(peaks.value().refresh(track.value(), middle, track.value().frames()).ok());
  require(peaks.value().refresh(track.value(), 0, middle).ok());
  const std::string inPieces = contents(pcm::peaksPath(file.path()));
  require(pcm::writePeaks(track.value()).ok());
  require(contents(pcm::peaksPath(file.path())) == inPieces);
  return 0;
}
