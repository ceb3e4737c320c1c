// Between the encoders and the decoders: the cross-domain transformer. Private to models/.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/cancel.h"
#include "core/thread_pool.h"
#include "models/htdemucs.h"
#include "models/htdemucs_graph.h"
#include "models/htdemucs_workspace.h"

namespace stemwright::models {

/// Reads the deepest skips of both branches and adds what the transformer makes of them.
/// Tokens keep the layout of the branches, frequency row by row: attention does not mind the
/// order as long as the position embedding follows it.
class Bottleneck {
 public:
  Bottleneck(const HTDemucs& model, const Dimensions& dims, bool full);
  /// Bytes of the position embeddings that it makes.
  static std::size_t plannedBytes(const HTDemucs& model, const Dimensions& dims, bool full);

  /// Uses the weights of another model of the same configuration.
  void rebind(const HTDemucs& model) { model_ = &model; }

  void run(const Workspace& work, core::ThreadPool& pool, const core::CancelFlag& cancel,
           const HTDemucsRunner::Observer& observer) const;

 private:
  void enter(const Workspace& work, core::ThreadPool& pool) const;
  void layer(std::size_t index, const Workspace& work, core::ThreadPool& pool) const;
  void attend(const TransformerLayer& layer, float* tokens, std::size_t count, const float* memory,
              std::size_t memoryCount, const Workspace& work, core::ThreadPool& pool) const;
  void leave(const Workspace& work, core::ThreadPool& pool) const;

  const HTDemucs* model_;
  std::size_t count_ = 0;      ///< tokens of the frequency branch
  std::size_t timeCount_ = 0;  ///< tokens of the time branch
  core::Tensor positions_;     ///< [count, dim], weighted
  core::Tensor timePositions_;
};

}  // namespace stemwright::models
