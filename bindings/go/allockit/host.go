package allockit

// #include <allockit.h>
import "C"

import "unsafe"

// The functions of <allockit/host.h> have the shapes in which C libraries ask
// for an allocator. Go hands over their addresses; the context that goes with
// them is [Tiered.Pointer], and the heap must stay open as long as the C library
// uses it.

// HostLua is the address of akit_host_lua, a lua_Alloc for lua_newstate.
func HostLua() unsafe.Pointer { return unsafe.Pointer(C.akit_host_lua) }

// HostZalloc is the address of akit_host_zalloc, zlib's alloc_func.
func HostZalloc() unsafe.Pointer { return unsafe.Pointer(C.akit_host_zalloc) }

// HostZfree is the address of akit_host_zfree, zlib's free_func.
func HostZfree() unsafe.Pointer { return unsafe.Pointer(C.akit_host_zfree) }
