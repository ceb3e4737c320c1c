#include "addon/model_spec.h"

#include <limits>
#include <string>

namespace stemwright::addon {
namespace {

session::DType readDType(const Argument& dtype) {
  const std::string name = dtype.text();
  if (name == "F16") return session::DType::kF16;
  if (name == "BF16") return session::DType::kBF16;
  if (name != "F32") dtype.refuse("'F32', 'F16' or 'BF16'");
  return session::DType::kF32;
}

core::Error unsupported(const char* key) {
  return {core::ErrorCode::kModel,
          std::string("the engine does not compute this value of the model's argument ") + key};
}

/// Arguments that the engine computes at Demucs' default alone.
core::Status checkFixed(const Argument& config) {
  for (const char* key :
       {"embSmooth", "rewrite", "tNormIn", "tNormOut", "tNormFirst", "tLayerScale", "tGelu"}) {
    if (!config[key].flag()) return unsupported(key);
  }
  const struct {
    const char* key;
    double value;
  } numbers[] = {{"normStarts", 4}, {"normGroups", 4}, {"context", 1}, {"contextEnc", 0}};
  for (const auto& [key, value] : numbers) {
    if (config[key].number() != value) return unsupported(key);
  }
  for (const char* key : {"growth", "dconvComp"}) {
    const double value = config[key].number();
    if (value < 1 || value != static_cast<double>(static_cast<std::size_t>(value))) {
      return unsupported(key);
    }
  }
  return {};
}

}  // namespace

session::Mode readMode(const Argument& mode) {
  const std::string name = mode.text();
  if (name == "time-only") return session::Mode::kTimeOnly;
  if (name != "full") mode.refuse("'full' or 'time-only'");
  return session::Mode::kFull;
}

std::vector<session::TensorEntry> readTensors(const Argument& tensors) {
  std::vector<session::TensorEntry> entries;
  for (const Argument& tensor : tensors.elements()) {
    session::TensorEntry entry;
    entry.name = tensor["name"].text();
    entry.dtype = readDType(tensor["dtype"]);
    for (const Argument& dimension : tensor["shape"].elements()) {
      entry.shape.push_back(dimension.size());
    }
    entry.offset = tensor["offset"].whole();
    entry.byteLength = tensor["byteLength"].whole();
    entries.push_back(std::move(entry));
  }
  return entries;
}

core::Result<session::HTDemucsConfig> readConfig(const Argument& config) {
  STEMWRIGHT_TRY(checkFixed(config));
  session::HTDemucsConfig read;
  for (const Argument& source : config["sources"].elements()) {
    read.sources.push_back(source.text());
  }
  const std::vector<Argument> segment = config["segment"].elements();
  if (segment.size() != 2) config["segment"].refuse("[numerator, denominator]");
  read.segmentNumerator = segment[0].size();
  read.segmentDenominator = segment[1].size();
  read.audioChannels = config["audioChannels"].size();
  read.sampleRate = config["sampleRate"].number();
  read.channels = config["channels"].size();
  read.growth = config["growth"].size();
  read.depth = config["depth"].size();
  read.nfft = config["nfft"].size();
  read.kernelSize = config["kernelSize"].size();
  read.stride = config["stride"].size();
  read.bottomChannels = config["bottomChannels"].size();
  read.dconvMode = static_cast<unsigned>(config["dconvMode"].whole(3));
  read.dconvDepth = config["dconvDepth"].size();
  read.dconvCompression = config["dconvComp"].size();
  read.frequencyEmbedding = config["freqEmb"].number();
  read.embeddingScale = config["embScale"].number();
  read.transformerLayers = config["tLayers"].size();
  read.transformerHeads = config["tHeads"].size();
  read.transformerHiddenScale = config["tHiddenScale"].number();
  read.transformerMaxPeriod = config["tMaxPeriod"].number();
  read.transformerPositionWeight = config["tWeightPosEmbed"].number();
  read.transformerCrossFirst = config["tCrossFirst"].flag();
  return read;
}

}  // namespace stemwright::addon
