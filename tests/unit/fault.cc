// Every system call the scenario makes is refused once, and for ever from then on, one run of a
// fresh process each: no crash, no leak, no lost byte, and refusals are NULL with ENOMEM.
#include "../check.h"
#include "arenas.h"
#include "nodes.h"
#include "pools.h"
#include "refuse.h"
#include "regions.h"
#include "rings.h"

using namespace core;

CASE(fault_undisturbed) { calls_of(os::fault::kAny, scenario); }
CASE(fault_map) { refuse_each(os::fault::kMap, ENOMEM); }
CASE(fault_unmap) { refuse_each(os::fault::kUnmap, ENOMEM); }
CASE(fault_move) { refuse_each(os::fault::kMove, ENOMEM); }
CASE(fault_advise) { refuse_each(os::fault::kAdvise, EINVAL); }
CASE(fault_discard) { refuse_each(os::fault::kDiscard, EAGAIN); }
CASE(fault_protect) { refuse_each(os::fault::kProtect, ENOMEM); }
CASE(fault_membarrier) { refuse_each(os::fault::kMembarrier, EPERM); }
CASE(fault_thread) { refuse_each(os::fault::kThread, EAGAIN); }
CASE(fault_any) { refuse_each(os::fault::kAny, ENOMEM); }

CASE(fault_regions_map) { refuse_each(os::fault::kMap, ENOMEM, region_scenario, 25); }
CASE(fault_regions_unmap) { refuse_each(os::fault::kUnmap, ENOMEM, region_scenario, 25); }
CASE(fault_regions_move) { refuse_each(os::fault::kMove, ENOMEM, region_scenario, 25); }
CASE(fault_regions_advise) { refuse_each(os::fault::kAdvise, EINVAL, region_scenario, 25); }  // also: populate of old kernels
CASE(fault_regions_discard) { refuse_each(os::fault::kDiscard, EAGAIN, region_scenario, 25); }
CASE(fault_regions_guard_missing) { refuse_each(os::fault::kGuard, EINVAL, region_scenario, 25); }  // before Linux 6.13
CASE(fault_regions_guard) { refuse_each(os::fault::kGuard, ENOMEM, region_scenario, 25); }
CASE(fault_regions_protect) { refuse_each(os::fault::kProtect, ENOMEM, region_scenario, 25); }
CASE(fault_regions_any) { refuse_each(os::fault::kAny, ENOMEM, region_scenario, 50); }

CASE(fault_pools_map) { refuse_each(os::fault::kMap, ENOMEM, pool_scenario, 25); }
CASE(fault_pools_unmap) { refuse_each(os::fault::kUnmap, ENOMEM, pool_scenario, 25); }
CASE(fault_pools_advise) { refuse_each(os::fault::kAdvise, EINVAL, pool_scenario, 25); }  // also: populate of old kernels
CASE(fault_pools_discard) { refuse_each(os::fault::kDiscard, EAGAIN, pool_scenario, 25); }
CASE(fault_pools_bind) { refuse_each(os::fault::kBind, ENOSYS, pool_scenario, 25); }
CASE(fault_pools_membarrier) { refuse_each(os::fault::kMembarrier, EPERM, pool_scenario, 25); }
CASE(fault_pools_thread) { refuse_each(os::fault::kThread, EAGAIN, pool_scenario, 25); }
CASE(fault_pools_any) { refuse_each(os::fault::kAny, ENOMEM, pool_scenario, 50); }

CASE(fault_arenas_map) { refuse_each(os::fault::kMap, ENOMEM, arena_scenario, 25); }
CASE(fault_arenas_unmap) { refuse_each(os::fault::kUnmap, ENOMEM, arena_scenario, 25); }
CASE(fault_arenas_advise) { refuse_each(os::fault::kAdvise, EINVAL, arena_scenario, 25); }  // also: populate of old kernels
CASE(fault_arenas_discard) { refuse_each(os::fault::kDiscard, EAGAIN, arena_scenario, 25); }
CASE(fault_arenas_bind) { refuse_each(os::fault::kBind, ENOSYS, arena_scenario, 25); }
CASE(fault_arenas_any) { refuse_each(os::fault::kAny, ENOMEM, arena_scenario, 50); }

CASE(fault_rings_map) { refuse_each(os::fault::kMap, ENOMEM, ring_scenario, 25); }
CASE(fault_rings_unmap) { refuse_each(os::fault::kUnmap, ENOMEM, ring_scenario, 25); }
CASE(fault_rings_advise) { refuse_each(os::fault::kAdvise, EINVAL, ring_scenario, 25); }  // also: populate of old kernels
CASE(fault_rings_discard) { refuse_each(os::fault::kDiscard, EAGAIN, ring_scenario, 25); }
CASE(fault_rings_bind) { refuse_each(os::fault::kBind, ENOSYS, ring_scenario, 25); }
CASE(fault_rings_membarrier) { refuse_each(os::fault::kMembarrier, EPERM, ring_scenario, 25); }
CASE(fault_rings_any) { refuse_each(os::fault::kAny, ENOMEM, ring_scenario, 50); }

CASE(fault_nodes_map) { refuse_each(os::fault::kMap, ENOMEM, nodes_scenario, 25); }
CASE(fault_nodes_unmap) { refuse_each(os::fault::kUnmap, ENOMEM, nodes_scenario, 25); }
CASE(fault_nodes_advise) { refuse_each(os::fault::kAdvise, EINVAL, nodes_scenario, 25); }  // also: populate of old kernels
CASE(fault_nodes_discard) { refuse_each(os::fault::kDiscard, EAGAIN, nodes_scenario, 25); }
CASE(fault_nodes_any) { refuse_each(os::fault::kAny, ENOMEM, nodes_scenario, 50); }
