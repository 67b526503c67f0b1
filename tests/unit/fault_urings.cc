// The same for registrations with io_uring.
#include "refuse.h"
#include "urings.h"

using namespace core;

CASE(fault_urings_undisturbed) { calls_of(os::fault::kAny, uring_scenario); }
CASE(fault_urings_map) { refuse_each(os::fault::kMap, ENOMEM, uring_scenario, 25); }
CASE(fault_urings_advise) { refuse_each(os::fault::kAdvise, EINVAL, uring_scenario, 25); }
CASE(fault_urings_dup) { refuse_each(os::fault::kDup, EMFILE, uring_scenario, 25); }
CASE(fault_urings_table_missing) { refuse_each(os::fault::kUringTable, EINVAL, uring_scenario, 25); }  // before Linux 5.13
CASE(fault_urings_table) { refuse_each(os::fault::kUringTable, ENOMEM, uring_scenario, 25); }
CASE(fault_urings_update) { refuse_each(os::fault::kUringUpdate, ENOMEM, uring_scenario, 25); }
CASE(fault_urings_update_elsewhere) { refuse_each(os::fault::kUringUpdate, EEXIST, uring_scenario, 25); }
CASE(fault_urings_clone_missing) { refuse_each(os::fault::kUringClone, EINVAL, uring_scenario, 25); }  // before Linux 6.12
CASE(fault_urings_group_missing) { refuse_each(os::fault::kUringGroup, EINVAL, uring_scenario, 25); }  // before Linux 5.19
CASE(fault_urings_group) { refuse_each(os::fault::kUringGroup, ENOMEM, uring_scenario, 25); }
CASE(fault_urings_forbidden) { refuse_each(os::fault::kUringSetup, EPERM, uring_scenario, 25); }
CASE(fault_urings_any) { refuse_each(os::fault::kAny, ENOMEM, uring_scenario, 60); }
