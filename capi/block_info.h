// What is known about a block, as the ABI's struct.
#pragma once
#include <allockit/base.h>

#include "heap/api.h"

namespace akit::abi {

inline akit_block_info block_info(const heap::BlockInfo& b) noexcept {
  return {sizeof(akit_block_info), b.handle_id, b.handle_kind, b.base,   b.usable_bytes, b.state,
          b.backing,               b.reason,    b.numa_node,   b.zeroed, b.tag};
}

}  // namespace akit::abi
