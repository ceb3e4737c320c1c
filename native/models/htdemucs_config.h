#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace stemwright::models {

/// HTDemucs' constructor arguments as far as they change what is computed; Demucs' defaults.
/// Source: Rouard, Massa & Défossez 2023, "Hybrid Transformers for Music Source Separation".
struct HTDemucsConfig {
  std::vector<std::string> sources;
  std::size_t audioChannels = 2;
  double sampleRate = 44100;
  std::size_t segmentNumerator = 10;  ///< trained segment in seconds, as a fraction
  std::size_t segmentDenominator = 1;
  std::size_t channels = 48;
  std::size_t growth = 2;
  std::size_t depth = 4;
  std::size_t nfft = 4096;
  std::size_t kernelSize = 8;
  std::size_t stride = 4;
  std::size_t bottomChannels = 0;
  unsigned dconvMode = 1;  ///< bit 0: residual branches in the encoders, bit 1: in the decoders
  std::size_t dconvDepth = 2;
  std::size_t dconvCompression = 8;
  double frequencyEmbedding = 0.2;
  double embeddingScale = 10;
  std::size_t transformerLayers = 5;
  std::size_t transformerHeads = 8;
  double transformerHiddenScale = 4.0;
  double transformerMaxPeriod = 10000.0;
  double transformerPositionWeight = 1.0;
  bool transformerCrossFirst = false;

  friend bool operator==(const HTDemucsConfig&, const HTDemucsConfig&) = default;

  /// Frames that the network was trained on: int(segment * sampleRate), as Demucs computes it.
  std::size_t segmentFrames() const {
    return static_cast<std::size_t>(static_cast<double>(segmentNumerator) * sampleRate /
                                    static_cast<double>(segmentDenominator));
  }
};

}  // namespace stemwright::models
