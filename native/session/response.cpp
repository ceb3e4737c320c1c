#include "session/response.h"

#include <algorithm>
#include <utility>

#include "pcm/track.h"

namespace stemwright::session {
namespace {

using core::Error;
using core::ErrorCode;

std::vector<float> peaksOf(const std::vector<float>& samples, std::size_t columns) {
  std::vector<float> peaks;
  peaks.reserve(2 * columns);
  for (std::size_t column = 0; column < columns; ++column) {
    const std::size_t from = column * samples.size() / columns;
    const std::size_t to = std::max(from + 1, (column + 1) * samples.size() / columns);
    const auto [low, high] =
        std::minmax_element(samples.begin() + static_cast<std::ptrdiff_t>(from),
                            samples.begin() + static_cast<std::ptrdiff_t>(to));
    peaks.push_back(*low);
    peaks.push_back(*high);
  }
  return peaks;
}

}  // namespace

core::Result<dsp::ImpulseResponse> readResponse(const std::string& path, std::size_t channels,
                                                double rate) {
  const auto track = pcm::Track::open(path, channels);
  if (!track.ok()) return track.error();
  const std::size_t frames = track.value().frames();
  if (frames == 0 || frames > kMostResponseFrames) {
    return Error{ErrorCode::kInput, path + ": an impulse response of " + std::to_string(frames) +
                                        " frames cannot be used"};
  }
  std::vector<float> interleaved(frames * channels);
  STEMWRIGHT_TRY(track.value().read(0, interleaved));
  dsp::ImpulseResponse response{rate, {channels, std::vector<float>(frames)}};
  for (std::size_t i = 0; i < interleaved.size(); ++i) {
    response.channels[i % channels][i / channels] = interleaved[i];
  }
  return response;
}

core::Result<double> responseGain(const std::string& track, std::size_t channels, double rate) {
  const auto response = readResponse(track, channels, rate);
  if (!response.ok()) return response.error();
  return dsp::loudnessGain(response.value());
}

core::Result<ResponseFacts> describeResponse(const ResponseQuestion& question) {
  const auto read = readResponse(question.track, question.channels, question.rate);
  if (!read.ok()) return read.error();
  auto edited = dsp::editResponse(read.value(), question.edit);
  if (!edited.ok()) return edited.error();
  const dsp::ImpulseResponse& response = edited.value().response;
  ResponseFacts facts;
  facts.frames = response.frames();
  facts.loudnessGain = dsp::loudnessGain(response);
  for (const auto& channel : response.channels) {
    facts.peaks.push_back(peaksOf(channel, question.columns));
  }
  facts.decay = dsp::decayByOctave(response);
  return facts;
}

}  // namespace stemwright::session
