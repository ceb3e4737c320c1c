// Loops over blocks of rows, for layers that run them on a pool or alone.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "kernels/norm/norm.h"

namespace stemwright::nn {

inline std::size_t blocksOf(std::size_t count, std::size_t block) {
  return (count + block - 1) / block;
}

/// Calls body(begin, end, worker) for each block of rows, the last one shorter.
/// @param loop runs loop(count, task(index, worker)), as ThreadPool::parallelFor does
template <typename Loop, typename Body>
void forBlocks(std::size_t rows, std::size_t block, Loop&& loop, Body&& body) {
  loop(blocksOf(rows, block), [&](std::size_t index, unsigned worker) {
    body(index * block, std::min(rows, (index + 1) * block), worker);
  });
}

/// The same with a body that returns the moments of its block; merges them. How blocks are merged
/// follows from the rows alone, so that the sum is the same whatever the number of threads.
template <typename Loop, typename Body>
kernels::Moments momentsOfBlocks(std::size_t rows, std::size_t block, Loop&& loop, Body&& body) {
  constexpr std::size_t kMostTasks = 128;  // what each finds lies on the stack
  const std::size_t blocks = blocksOf(rows, block);
  const std::size_t perTask = blocksOf(blocks, kMostTasks);
  const std::size_t tasks = blocks == 0 ? 0 : blocksOf(blocks, perTask);
  std::array<kernels::Moments, kMostTasks> parts;
  loop(tasks, [&](std::size_t task, unsigned worker) {
    const std::size_t last = std::min(blocks, (task + 1) * perTask);
    for (std::size_t index = task * perTask; index < last; ++index) {
      parts[task] = kernels::merge(
          parts[task], body(index * block, std::min(rows, (index + 1) * block), worker));
    }
  });
  kernels::Moments all;
  for (std::size_t task = 0; task < tasks; ++task) all = kernels::merge(all, parts[task]);
  return all;
}

}  // namespace stemwright::nn
