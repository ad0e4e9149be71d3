// Working memory of a thread: blocks that are handed out piece by piece and kept for the next call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tinyguard::layers {

class Scratch {
 public:
  // The calling thread's own. Everything handed out before is free again.
  static Scratch& of_thread() {
    static thread_local Scratch scratch;
    scratch.restart();
    return scratch;
  }

  // Uninitialized, aligned to 64 bytes, valid until the thread's next `of_thread`. Throws std::bad_alloc.
  template <typename T>
  T* take(size_t count) {
    const size_t bytes = (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment + kAlignment;
    if (blocks_.empty() || used_ + bytes > blocks_.back().size) grow(bytes);
    std::byte* start = blocks_.back().memory.get() + used_;
    used_ += bytes;
    const auto address = reinterpret_cast<std::uintptr_t>(start);
    return reinterpret_cast<T*>(start + (kAlignment - address % kAlignment) % kAlignment);
  }

 private:
  static constexpr size_t kAlignment = 64;
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    size_t size;
  };

  void grow(size_t bytes) {
    blocks_.push_back({std::unique_ptr<std::byte[]>(new std::byte[bytes]), bytes});
    used_ = 0;
  }

  // After a call that needed several blocks, one that holds them all: the next such call allocates nothing.
  void restart() {
    if (blocks_.size() > 1) {
      size_t total = 0;
      for (const Block& block : blocks_) total += block.size;
      blocks_.clear();
      grow(total);
    }
    used_ = 0;
  }

  std::vector<Block> blocks_;
  size_t used_ = 0;
};

}  // namespace tinyguard::layers
