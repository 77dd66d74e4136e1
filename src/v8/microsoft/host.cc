// The functions behind host.h: a pointer for each, under the name by which the shim's objects ask for an imported one.
// What the linker misses here is missing in the list; `npm run test:symbols` checks the list against each node.exe.
#include "host.h"

#include "../system.h"

// Of V8, by the names of Microsoft's compiler. The shim reaches them through the pointers alone.
#define MW_V8_FUNCTIONS(X)                                                                                   \
  X(add_epilogue,                                                                                            \
    "?AddGCEpilogueCallback@Isolate@v8@@QEAAXP6AXPEAV12@W4GCType@2@W4GCCallbackFlags@2@PEAX@Z31@Z")          \
  X(add_prologue,                                                                                            \
    "?AddGCPrologueCallback@Isolate@v8@@QEAAXP6AXPEAV12@W4GCType@2@W4GCCallbackFlags@2@PEAX@Z31@Z")          \
  X(add_near_limit, "?AddNearHeapLimitCallback@Isolate@v8@@QEAAXP6A_KPEAX_K1@Z0@Z")                          \
  X(restore_limit, "?AutomaticallyRestoreInitialHeapLimit@Isolate@v8@@QEAAXN@Z")                             \
  X(clear_ids, "?ClearObjectIds@HeapProfiler@v8@@QEAAXXZ")                                                   \
  X(snapshot_delete, "?Delete@HeapSnapshot@v8@@QEAAXXZ")                                                     \
  X(get_profile, "?GetAllocationProfile@HeapProfiler@v8@@QEAAPEAVAllocationProfile@2@XZ")                    \
  X(bound_function, "?GetBoundFunction@Function@v8@@QEBA?AV?$Local@VValue@v8@@@2@XZ")                        \
  X(node_child, "?GetChild@HeapGraphNode@v8@@QEBAPEBVHeapGraphEdge@2@H@Z")                                   \
  X(node_children, "?GetChildrenCount@HeapGraphNode@v8@@QEBAHXZ")                                            \
  X(get_profiler, "?GetHeapProfiler@Isolate@v8@@QEAAPEAVHeapProfiler@2@XZ")                                  \
  X(get_statistics, "?GetHeapStatistics@Isolate@v8@@QEAAXPEAVHeapStatistics@2@@Z")                           \
  X(node_id, "?GetId@HeapGraphNode@v8@@QEBAIXZ")                                                             \
  X(get_iterator, "?GetIterator@Symbol@v8@@SA?AV?$Local@VSymbol@v8@@@2@PEAVIsolate@2@@Z")                    \
  X(node_name, "?GetName@HeapGraphNode@v8@@QEBA?AV?$Local@VString@v8@@@2@XZ")                                \
  X(snapshot_node, "?GetNode@HeapSnapshot@v8@@QEBAPEBVHeapGraphNode@2@H@Z")                                  \
  X(snapshot_count, "?GetNodesCount@HeapSnapshot@v8@@QEBAHXZ")                                               \
  X(object_id, "?GetObjectId@HeapProfiler@v8@@QEAAIV?$Local@VValue@v8@@@2@@Z")                               \
  X(snapshot_root, "?GetRoot@HeapSnapshot@v8@@QEBAPEBVHeapGraphNode@2@XZ")                                   \
  X(script_column, "?GetScriptColumnNumber@Function@v8@@QEBAHXZ")                                            \
  X(script_line, "?GetScriptLineNumber@Function@v8@@QEBAHXZ")                                                \
  X(node_size, "?GetShallowSize@HeapGraphNode@v8@@QEBA_KXZ")                                                 \
  X(edge_to, "?GetToNode@HeapGraphEdge@v8@@QEBAPEBVHeapGraphNode@2@XZ")                                      \
  X(edge_type, "?GetType@HeapGraphEdge@v8@@QEBA?AW4Type@12@XZ")                                              \
  X(node_type, "?GetType@HeapGraphNode@v8@@QEBA?AW4Type@12@XZ")                                              \
  X(get_version, "?GetVersion@V8@v8@@SAPEBDXZ")                                                              \
  X(is_terminating, "?IsExecutionTerminating@Isolate@v8@@QEAA_NXZ")                                          \
  X(low_memory, "?LowMemoryNotification@Isolate@v8@@QEAAXXZ")                                                \
  X(memory_pressure, "?MemoryPressureNotification@Isolate@v8@@QEAAXW4MemoryPressureLevel@2@@Z")              \
  X(remove_epilogue,                                                                                         \
    "?RemoveGCEpilogueCallback@Isolate@v8@@QEAAXP6AXPEAV12@W4GCType@2@W4GCCallbackFlags@2@PEAX@Z3@Z")        \
  X(remove_prologue,                                                                                         \
    "?RemoveGCPrologueCallback@Isolate@v8@@QEAAXP6AXPEAV12@W4GCType@2@W4GCCallbackFlags@2@PEAX@Z3@Z")        \
  X(remove_near_limit, "?RemoveNearHeapLimitCallback@Isolate@v8@@QEAAXP6A_KPEAX_K1@Z1@Z")                    \
  X(request_interrupt, "?RequestInterrupt@Isolate@v8@@QEAAXP6AXPEAV12@PEAX@Z1@Z")                            \
  X(script_id, "?ScriptId@Function@v8@@QEBAHXZ")                                                             \
  X(serialize, "?Serialize@HeapSnapshot@v8@@QEBAXPEAVOutputStream@2@W4SerializationFormat@12@@Z")            \
  X(start_sampling, "?StartSamplingHeapProfiler@HeapProfiler@v8@@QEAA_N_KHW4SamplingFlags@12@@Z")            \
  X(stop_sampling, "?StopSamplingHeapProfiler@HeapProfiler@v8@@QEAAXXZ")                                     \
  X(isolate_current, "?TryGetCurrent@Isolate@v8@@SAPEAV12@XZ")

// Of libuv. Rust calls them by their own names (src/v8/signal.rs), so each has a jump, too.
#define MW_UV_FUNCTIONS(X) \
  X(uv_close)              \
  X(uv_handle_get_data)    \
  X(uv_handle_set_data)    \
  X(uv_handle_size)        \
  X(uv_signal_init)        \
  X(uv_signal_start)       \
  X(uv_unref)

#define MW_POINTER(id, name) extern "C" void* mw_v8_##id __asm__("__imp_" name);
MW_V8_FUNCTIONS(MW_POINTER)
#undef MW_POINTER

#define MW_POINTER(id, name) void* mw_v8_##id = nullptr;
MW_V8_FUNCTIONS(MW_POINTER)
#undef MW_POINTER

#define MW_JUMP(name)               \
  extern "C" {                      \
  extern void* mw_host_##name;      \
  void* mw_host_##name = nullptr;   \
  }                                 \
  __asm__(".globl " #name "\n" #name ":\n\tjmpq *mw_host_" #name "(%rip)\n");
MW_UV_FUNCTIONS(MW_JUMP)
#undef MW_JUMP

namespace {

struct HostFunction {
  const char* name;
  void** pointer;
};

const HostFunction kFunctions[] = {
#define MW_ENTRY(id, name) {name, &mw_v8_##id},
    MW_V8_FUNCTIONS(MW_ENTRY)
#undef MW_ENTRY
#define MW_ENTRY(name) {#name, &mw_host_##name},
        MW_UV_FUNCTIONS(MW_ENTRY)
#undef MW_ENTRY
};

}  // namespace

const char* mw_host_bind(void) {
  for (const HostFunction& function : kFunctions) {
    void* found = FindFunction(function.name);
    if (found == nullptr) return function.name;
    // Every thread finds the same one.
    *function.pointer = found;
  }
  return nullptr;
}

// What the compiler asks a C++ library for. The shim's own classes live on the stack, so the deleting destructors
// that their tables of virtual functions hold are never called.
void operator delete(void*) noexcept {}
void operator delete(void*, size_t) noexcept {}

// A mark of Microsoft's C runtime that floating point is used; nothing reads it.
extern "C" int _fltused = 0x9875;
