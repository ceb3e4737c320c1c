#include <Accelerate/Accelerate.h>

#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "nn/inference.h"

namespace stemwright::nn {
namespace {

constexpr std::size_t kPage = 16384;  ///< of Apple silicon; a multiple of Intel's

core::Error unfit(const std::string& path, const std::string& what) {
  return {core::ErrorCode::kModel, path + ": " + what};
}

/// What one argument of the graph is for.
struct Port {
  std::size_t position = 0;
  SequenceShape shape;
};

class BnnsNetwork final : public Inference {
 public:
  /// Takes both over, whatever they hold.
  BnnsNetwork(bnns_graph_t graph, bool isStreaming) : graph_(graph), isStreaming_(isStreaming) {}
  BnnsNetwork(const BnnsNetwork&) = delete;
  BnnsNetwork& operator=(const BnnsNetwork&) = delete;
  ~BnnsNetwork() override {
    if (context_.data != nullptr) BNNSGraphContextDestroy(context_);
    std::free(workspace_);
    std::free(graph_.data);
  }

  core::Status open(const std::string& path, const char* input, const char* output) {
    if (!makeContext()) return unfit(path, "BNNS makes no context of it");
    arguments_.resize(BNNSGraphGetArgumentCount(graph_, nullptr));
    STEMWRIGHT_TRY(findPort(path, input, input_));
    STEMWRIGHT_TRY(findPort(path, output, output_));
    workspaceBytes_ = BNNSGraphContextGetWorkspaceSize(context_, nullptr);
    if (workspaceBytes_ == SIZE_MAX) return unfit(path, "its sizes are not known beforehand");
    return allocate() ? core::okStatus() : core::Status(noRoom());
  }

  SequenceShape input() const noexcept override { return input_.shape; }
  core::Result<SequenceShape> outputFor(std::size_t steps) const override {
    if (steps == input_.shape.steps) return output_.shape;
    return core::Error{core::ErrorCode::kInvalidArgument, "network: " + std::to_string(steps) +
                                                              " steps, made for " +
                                                              std::to_string(input_.shape.steps)};
  }
  std::size_t weightBytes() const noexcept override { return graph_.size; }
  std::size_t workspaceBytes() const noexcept override {
    return workspace_ == nullptr ? 0 : workspaceBytes_;
  }

  core::Status predict(const float* x, std::size_t steps, float* out) override {
    STEMWRIGHT_TRY(outputFor(steps));
    if (context_.data == nullptr || !allocate()) return noRoom();
    put(input_, const_cast<float*>(x));
    put(output_, out);
    const int fault = BNNSGraphContextExecute(context_, nullptr, arguments_.size(),
                                              arguments_.data(), workspaceBytes_, workspace_);
    if (fault == 0) return core::okStatus();
    return core::Error{core::ErrorCode::kInternal,
                       "BNNSGraphContextExecute failed with " + std::to_string(fault)};
  }

  /// A new context has states of zeros. Allocates.
  void resetState() override {
    if (!isStreaming_) return;
    BNNSGraphContextDestroy(std::exchange(context_, {}));
    makeContext();
  }

 private:
  static core::Error noRoom() {
    return {core::ErrorCode::kNoRoom, "there is not enough memory for the network"};
  }

  bool makeContext() {
    context_ = isStreaming_ ? BNNSGraphContextMakeStreaming(graph_, nullptr, 0, nullptr)
                            : BNNSGraphContextMake(graph_);
    return context_.data != nullptr &&
           BNNSGraphContextSetArgumentType(context_, BNNSGraphArgumentTypePointer) == 0;
  }

  core::Status findPort(const std::string& path, const char* name, Port& port) const {
    BNNSTensor tensor = {};
    port.position = BNNSGraphGetArgumentPosition(graph_, nullptr, name);
    if (port.position >= arguments_.size() ||
        BNNSGraphContextGetTensor(context_, nullptr, name, true, &tensor) != 0) {
      return unfit(path, std::string("nothing is known of its argument ") + name);
    }
    if (tensor.data_type != BNNSDataTypeFloat32) {
      return unfit(path, std::string(name) + " is not in 32-bit float");
    }
    std::size_t sizes[2] = {1, 1};
    for (std::size_t i = 0; i < tensor.rank; ++i) {
      const bool isInner = i + 2 >= tensor.rank;
      if (tensor.shape[i] < 1 || (!isInner && tensor.shape[i] != 1)) {
        return unfit(path, std::string(name) + " is not [steps, channels] of known size");
      }
      if (isInner) sizes[i + 2 - tensor.rank] = static_cast<std::size_t>(tensor.shape[i]);
    }
    port.shape = {sizes[0], sizes[1]};
    return core::okStatus();
  }

  void put(const Port& port, float* values) {
    arguments_[port.position].data_ptr = values;
    arguments_[port.position].data_ptr_size = port.shape.size() * sizeof(float);
  }

  /// BNNS wants whole pages.
  bool allocate() {
    if (workspace_ != nullptr) return true;
    const std::size_t bytes = (workspaceBytes_ + kPage) / kPage * kPage;
    workspace_ = static_cast<char*>(std::aligned_alloc(kPage, bytes));
    claim_.resize(graph_.size + (workspace_ == nullptr ? 0 : bytes));
    return workspace_ != nullptr;
  }

  void releaseWorkspace() noexcept override {
    std::free(std::exchange(workspace_, nullptr));
    claim_.resize(graph_.size);
  }

  bnns_graph_t graph_;
  bnns_graph_context_t context_ = {};
  bool isStreaming_;
  Port input_, output_;
  std::vector<bnns_graph_argument_t> arguments_;
  char* workspace_ = nullptr;
  std::size_t workspaceBytes_ = 0;
  core::MemoryClaim claim_{core::MemoryOwner::kNetworks, 0};
};

}  // namespace

core::Result<std::unique_ptr<Inference>> openCoreMl(const std::string& path,
                                                    const InferenceOptions& options) {
  if (__builtin_available(macOS 15.0, *)) {
    const bnns_graph_compile_options_t how = BNNSGraphCompileOptionsMakeDefault();
    BNNSGraphCompileOptionsSetTargetSingleThread(how, options.threads == 1);
    const bnns_graph_t graph = BNNSGraphCompileFromFile(path.c_str(), nullptr, how);
    BNNSGraphCompileOptionsDestroy(how);
    if (graph.data == nullptr) return unfit(path, "BNNS does not compile it");

    const std::size_t count = BNNSGraphGetArgumentCount(graph, nullptr);
    std::vector<const char*> names(count == SIZE_MAX ? 0 : count);
    std::vector<BNNSGraphArgumentIntent> intents(names.size());
    const bool isKnown =
        BNNSGraphGetArgumentNames(graph, nullptr, names.size(), names.data()) == 0 &&
        BNNSGraphGetArgumentIntents(graph, nullptr, intents.size(), intents.data()) == 0;
    const char* ports[4] = {};  // by intent; states are BNNS' own
    std::size_t states = 0;
    for (std::size_t i = 0; i < names.size() && isKnown; ++i) {
      if (intents[i] == BNNSGraphArgumentIntentInOut) ++states;
      ports[intents[i] & 3u] = names[i];
    }
    const char* const input = ports[BNNSGraphArgumentIntentIn];
    const char* const output = ports[BNNSGraphArgumentIntentOut];
    auto network = std::make_unique<BnnsNetwork>(graph, states != 0);
    if (input == nullptr || output == nullptr || names.size() != states + 2) {
      return unfit(path, "must have one input and one output");
    }
    STEMWRIGHT_TRY(network->open(path, input, output));
    return std::unique_ptr<Inference>(std::move(network));
  }
  return unfit(path, "Core ML models run on macOS 15 and later, not on this system");
}

}  // namespace stemwright::nn
