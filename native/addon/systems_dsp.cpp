#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "addon/arguments.h"
#include "addon/errors.h"
#include "addon/handle.h"
#include "addon/systems.h"
#include "session/guard.h"
#include "session/systems.h"

namespace stemwright::addon {
namespace {

using core::Error;
using core::ErrorCode;
namespace dsp = session::dsp;
using Info = Napi::CallbackInfo;

Error misuse(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

Napi::Float32Array newFloats(Napi::Env env, std::size_t count) {
  return Napi::Float32Array::New(env, count);
}

/// Makes a thing where nothing may throw.
template <typename Make>
auto made(Napi::Env env, Make make) {
  return valueOrThrow(env, session::guarded(make));
}

struct Fft {
  dsp::RealFft fft;
  core::ThreadPool pool;
  core::AlignedBuffer<float> scratch;

  Fft(dsp::RealFft made, unsigned threads)
      : fft(std::move(made)), pool(threads), scratch(fft.batchScratchSize(threads)) {}
};

Napi::Value createFft(const Info& info) {
  const Napi::Env env = info.Env();
  const std::size_t size = Argument::of(info, 0, "size").size();
  const auto threads = static_cast<unsigned>(Argument::of(info, 1, "threads").whole(256));
  auto thing = made(env, [&]() -> core::Result<std::shared_ptr<Fft>> {
    if (threads == 0) return misuse("an FFT needs a thread");
    auto fft = dsp::RealFft::create(size);
    STEMWRIGHT_TRY(fft);
    return std::make_shared<Fft>(std::move(fft).value(), threads);
  });
  const std::size_t bins = thing->fft.bins();
  Handle<Fft> handle(env, "the FFT", std::move(thing));
  handle.value("size", static_cast<double>(size)).value("bins", static_cast<double>(bins));
  handle.method("forward", [](const auto& it, const Info& call) -> Napi::Value {
    const auto x = Argument::of(call, 0, "signal").floats(it->fft.size());
    auto out = newFloats(call.Env(), 2 * it->fft.bins());
    it->fft.forward(x.data(), out.Data(), it->scratch.data());
    return out;
  });
  handle.method("inverse", [](const auto& it, const Info& call) -> Napi::Value {
    const auto spectrum = Argument::of(call, 0, "spectrum").floats(2 * it->fft.bins());
    auto out = newFloats(call.Env(), it->fft.size());
    it->fft.inverse(spectrum.data(), out.Data(), it->scratch.data());
    return out;
  });
  const auto batch = [](const auto& it, const Info& call, const char* name, std::size_t from,
                        std::size_t to, auto run) -> Napi::Value {
    const Argument given = Argument::of(call, 0, name);
    const auto x = given.floats();
    if (x.empty() || x.size() % from != 0) {
      throw toJs(call.Env(), misuse(std::string(name) + " must hold a number of rows of " +
                                    std::to_string(from) + " values, not " +
                                    std::to_string(x.size()) + " values"));
    }
    const std::size_t count = x.size() / from;
    auto out = newFloats(call.Env(), count * to);
    run(*it, count, x.data(), out.Data());
    return out;
  };
  handle.method("forwardBatch", [batch](const auto& it, const Info& call) -> Napi::Value {
    const std::size_t to = 2 * it->fft.bins();
    return batch(it, call, "signals", it->fft.size(), to,
                 [to](Fft& on, std::size_t count, const float* x, float* out) {
                   on.fft.forwardBatch(count, x, on.fft.size(), out, to, on.scratch.data(),
                                       on.pool);
                 });
  });
  handle.method("inverseBatch", [batch](const auto& it, const Info& call) -> Napi::Value {
    const std::size_t from = 2 * it->fft.bins();
    return batch(it, call, "spectra", from, it->fft.size(),
                 [from](Fft& on, std::size_t count, const float* x, float* out) {
                   on.fft.inverseBatch(count, x, from, out, on.fft.size(), on.scratch.data(),
                                       on.pool);
                 });
  });
  return handle.object();
}

Napi::Value fastFftSize(const Info& info) {
  constexpr std::uint64_t kMost = 1 << 24;
  const auto n = static_cast<std::size_t>(Argument::of(info, 0, "size").whole(kMost));
  return Napi::Number::New(info.Env(), static_cast<double>(dsp::fastFftSize(n)));
}

Napi::Value toPolar(const Info& info) {
  const auto spectrum = Argument::of(info, 0, "spectrum").floats();
  if (spectrum.size() % 2 != 0) {
    throw toJs(info.Env(), misuse("a spectrum holds pairs, not " + std::to_string(spectrum.size()) +
                                  " values"));
  }
  auto magnitudes = newFloats(info.Env(), spectrum.size() / 2);
  auto phases = newFloats(info.Env(), spectrum.size() / 2);
  dsp::toPolar(spectrum.data(), spectrum.size() / 2, magnitudes.Data(), phases.Data());
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("magnitudes", magnitudes);
  object.Set("phases", phases);
  return object;
}

/// 'hann', 'hamming' or 'blackman' of `size` values, or a window of one's own.
std::vector<float> readWindow(const Argument& window, std::size_t size) {
  if (!window.isText()) {
    const auto values = window.floats(size);
    return {values.begin(), values.end()};
  }
  constexpr std::size_t kMostWindow = std::size_t{1} << 24;
  const std::string name = window.text();
  size = std::min(size, kMostWindow);
  if (name == "hann") return dsp::hannWindow(size);
  if (name == "hamming") return dsp::hammingWindow(size);
  if (name != "blackman") window.refuse("'hann', 'hamming', 'blackman' or a Float32Array");
  return dsp::blackmanWindow(size);
}

Napi::Value makeWindow(const Info& info) {
  constexpr std::uint64_t kMostWindow = 1 << 24;
  const auto size = static_cast<std::size_t>(Argument::of(info, 1, "size").whole(kMostWindow));
  const std::vector<float> window = readWindow(Argument::of(info, 0, "window"), size);
  auto out = newFloats(info.Env(), window.size());
  std::copy(window.begin(), window.end(), out.Data());
  return out;
}

Napi::Value compliantHops(const Info& info) {
  const Napi::Env env = info.Env();
  const auto window = Argument::of(info, 0, "window").floats();
  const int power = static_cast<int>(Argument::of(info, 1, "power").whole(2));
  const auto hops = dsp::compliantHops(window, power);
  Napi::Array list = Napi::Array::New(env, hops.size());
  for (std::uint32_t i = 0; i < hops.size(); ++i) list.Set(i, static_cast<double>(hops[i]));
  return list;
}

struct Stft {
  dsp::Stft stft;
  core::AlignedBuffer<float> scratch;

  explicit Stft(dsp::Stft made) : stft(std::move(made)), scratch(stft.scratchSize()) {}
};

Napi::Value createStft(const Info& info) {
  const Napi::Env env = info.Env();
  const Argument spec = Argument::of(info, 0, "spec");
  dsp::StftOptions options;
  options.nFft = spec["size"].size();
  options.hop = spec["hop"].size();
  options.window = readWindow(spec["window"], options.nFft);
  options.centre = spec["isCentred"].flag();
  auto thing = made(env, [&]() -> core::Result<std::shared_ptr<Stft>> {
    auto stft = dsp::Stft::create(options);
    STEMWRIGHT_TRY(stft);
    return std::make_shared<Stft>(std::move(stft).value());
  });
  const bool addsUp = dsp::addsUp(thing->stft.window(), thing->stft.hop(), 2);
  const double bins = static_cast<double>(thing->stft.bins());
  Handle<Stft> handle(env, "the STFT", std::move(thing));
  handle.value("bins", bins).value("addsUp", addsUp);
  handle.method("frames", [](const auto& it, const Info& call) -> Napi::Value {
    const std::size_t samples = Argument::of(call, 0, "samples").size();
    return Napi::Number::New(call.Env(), static_cast<double>(it->stft.frames(samples)));
  });
  handle.method("forward", [](const auto& it, const Info& call) -> Napi::Value {
    const auto x = Argument::of(call, 0, "signal").floats();
    auto out = newFloats(call.Env(), it->stft.frames(x.size()) * it->stft.bins() * 2);
    const core::Status status = it->stft.forward(x, out.Data(), it->scratch.data());
    if (!status.ok()) throw toJs(call.Env(), status.error());
    return out;
  });
  handle.method("inverse", [](const auto& it, const Info& call) -> Napi::Value {
    const auto spectra = Argument::of(call, 0, "spectra").floats();
    const std::size_t frame = 2 * it->stft.bins();
    if (spectra.empty() || spectra.size() % frame != 0) {
      throw toJs(call.Env(), misuse("spectra must hold whole frames of " + std::to_string(frame) +
                                    " values, not " + std::to_string(spectra.size()) + " values"));
    }
    const auto samples =
        static_cast<std::size_t>(Argument::of(call, 1, "samples").whole(std::uint64_t{1} << 32));
    auto out = newFloats(call.Env(), samples);
    const core::Status status = it->stft.inverse(spectra.data(), spectra.size() / frame,
                                                 {out.Data(), samples}, it->scratch.data());
    if (!status.ok()) throw toJs(call.Env(), status.error());
    return out;
  });
  return handle.object();
}

dsp::FilterDesign readFilter(const Argument& filter) {
  constexpr std::array<const char*, 7> kKinds{"low-pass", "high-pass", "band-pass", "notch",
                                              "peak",     "low-shelf", "high-shelf"};
  const std::string name = filter["kind"].text();
  const auto* const found = std::find(kKinds.begin(), kKinds.end(), name);
  if (found == kKinds.end()) filter["kind"].refuse("a filter's kind");
  return {static_cast<dsp::FilterKind>(found - kKinds.begin()), filter["frequency"].number(),
          filter["q"].number(), filter["gainDb"].number()};
}

Napi::Value designBiquad(const Info& info) {
  const Napi::Env env = info.Env();
  const auto biquad =
      valueOrThrow(env, dsp::designBiquad(readFilter(Argument::of(info, 0, "filter")),
                                          Argument::of(info, 1, "rate").number()));
  Napi::Object object = Napi::Object::New(env);
  object.Set("b0", biquad.b0);
  object.Set("b1", biquad.b1);
  object.Set("b2", biquad.b2);
  object.Set("a1", biquad.a1);
  object.Set("a2", biquad.a2);
  return object;
}

Napi::Value isStable(const Info& info) {
  const Argument biquad = Argument::of(info, 0, "biquad");
  dsp::Biquad poles;
  poles.a1 = biquad["a1"].number();
  poles.a2 = biquad["a2"].number();
  return Napi::Boolean::New(info.Env(), poles.isStable());
}

Napi::Value createFilterBank(const Info& info) {
  const Napi::Env env = info.Env();
  const Argument spec = Argument::of(info, 0, "spec");
  const auto channels = static_cast<std::size_t>(spec["channels"].whole(1 << 16));
  const double rate = spec["rate"].number();
  const std::vector<Argument> sections = spec["filters"].elements();
  auto bank = made(env, [&]() -> core::Result<std::shared_ptr<dsp::FilterBank>> {
    if (channels == 0 || sections.empty())
      return misuse("a filter bank needs a channel and a filter");
    return std::make_shared<dsp::FilterBank>(channels, sections.size());
  });
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto biquad = valueOrThrow(env, dsp::designBiquad(readFilter(sections[i]), rate));
    bank->set(i, dsp::StateVariable::of(biquad));
  }
  Handle<dsp::FilterBank> handle(env, "the filter bank", std::move(bank));
  handle.method("process", [](const auto& it, const Info& call) -> Napi::Value {
    const auto x = Argument::of(call, 0, "signals").floats();
    if (x.size() % it->channels() != 0) {
      throw toJs(call.Env(), misuse("signals must hold " + std::to_string(it->channels()) +
                                    " channels of one length"));
    }
    const std::size_t frames = x.size() / it->channels();
    auto out = newFloats(call.Env(), x.size());
    std::vector<const float*> from;
    std::vector<float*> to;
    for (std::size_t c = 0; c < it->channels(); ++c) {
      from.push_back(x.data() + c * frames);
      to.push_back(out.Data() + c * frames);
    }
    it->process(from.data(), to.data(), frames);
    return out;
  });
  handle.method("reset", [](const auto& it, const Info& call) -> Napi::Value {
    it->reset();
    return call.Env().Undefined();
  });
  return handle.object();
}

const std::array<std::pair<const char*, dsp::ConvolutionMode>, 4> kModes{{
    {"direct", dsp::ConvolutionMode::kDirect},
    {"fft", dsp::ConvolutionMode::kFft},
    {"partitioned", dsp::ConvolutionMode::kPartitioned},
    {"auto", dsp::ConvolutionMode::kAuto},
}};

Napi::Value createConvolver(const Info& info) {
  const Napi::Env env = info.Env();
  const Argument spec = Argument::of(info, 0, "spec");
  dsp::ConvolverOptions options;
  const std::string name = spec["mode"].text();
  const auto* const mode = std::find_if(kModes.begin(), kModes.end(),
                                        [&](const auto& each) { return name == each.first; });
  if (mode == kModes.end()) spec["mode"].refuse("'direct', 'fft', 'partitioned' or 'auto'");
  options.mode = mode->second;
  options.channels = spec["channels"].size();
  options.blockSize = spec["blockSize"].size();
  options.inputFrames = spec["inputFrames"].size();
  if (const Argument rule = spec["rule"]; !rule.isAbsent()) {
    options.rule = {rule["directBelow"].size(), rule["fftFromRatio"].number()};
  }
  std::vector<std::span<const float>> response;
  for (const Argument& channel : spec["response"].elements()) response.push_back(channel.floats());
  auto convolver = made(env, [&]() -> core::Result<std::shared_ptr<dsp::Convolver>> {
    auto made = dsp::Convolver::create(response, options);
    STEMWRIGHT_TRY(made);
    return std::shared_ptr<dsp::Convolver>(std::move(made).value());
  });
  const auto* const became = std::find_if(kModes.begin(), kModes.end(), [&](const auto& each) {
    return each.second == convolver->mode();
  });
  Handle<dsp::Convolver> handle(env, "the convolver", convolver);
  handle.value("mode", became == kModes.end() ? "" : became->first)
      .value("latency", static_cast<double>(convolver->latency()))
      .value("tailFrames", static_cast<double>(convolver->tailFrames()))
      .value("outputs", static_cast<double>(convolver->outputs()))
      .value("memoryBytes", static_cast<double>(convolver->bytes()));
  handle.method("process", [](const auto& it, const Info& call) -> Napi::Value {
    const auto x = Argument::of(call, 0, "block").floats();
    if (x.size() % it->inputs() != 0) {
      throw toJs(call.Env(), misuse("a block must hold " + std::to_string(it->inputs()) +
                                    " channels of one length"));
    }
    const std::size_t frames = x.size() / it->inputs();
    auto out = newFloats(call.Env(), frames * it->outputs());
    std::array<const float*, 2> from{};
    std::array<float*, 2> to{};
    for (std::size_t c = 0; c < it->inputs(); ++c) from[c] = x.data() + c * frames;
    for (std::size_t c = 0; c < it->outputs(); ++c) to[c] = out.Data() + c * frames;
    it->process(from.data(), to.data(), frames);
    return out;
  });
  handle.method("warmUp", [](const auto& it, const Info& call) -> Napi::Value {
    it->warmUp();
    return call.Env().Undefined();
  });
  handle.method("reset", [](const auto& it, const Info& call) -> Napi::Value {
    it->reset();
    return call.Env().Undefined();
  });
  return handle.object();
}

Napi::Value measureConvolutionRule(const Info& info) {
  const dsp::ConvolutionRule& rule = dsp::measuredRule();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("directBelow", static_cast<double>(rule.directBelow));
  object.Set("fftFromRatio", rule.fftFromRatio);
  return object;
}

}  // namespace

void defineDspSystems(Napi::Object systems) {
  const Napi::Env env = systems.Env();
  const auto define = [&](const char* name, Napi::Value (*function)(const Info&)) {
    systems.Set(name, Napi::Function::New(env, function, name));
  };
  define("createFft", createFft);
  define("fastFftSize", fastFftSize);
  define("toPolar", toPolar);
  define("makeWindow", makeWindow);
  define("compliantHops", compliantHops);
  define("createStft", createStft);
  define("designBiquad", designBiquad);
  define("isStable", isStable);
  define("createFilterBank", createFilterBank);
  define("createConvolver", createConvolver);
  define("measureConvolutionRule", measureConvolutionRule);
}

Napi::Object makeSystems(Napi::Env env) {
  Napi::Object systems = Napi::Object::New(env);
  defineDspSystems(systems);
  defineNetworkSystems(systems);
  defineGpuSystems(systems);
  return systems;
}

}  // namespace stemwright::addon
