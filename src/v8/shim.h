// The C face of the V8 calls that memwatch makes. Fixed-width integers, function
// pointers and void pointers only, so that ffi.rs can mirror it line by line.
//
// It decides nothing, keeps nothing and never throws. Who owns a pointer, on
// which thread it may be used and until when is said in the safe Rust face.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// How many fields of v8::HeapStatistics are read; the same in Node 18 to 26.
#define MW_STATISTICS_FIELDS 14

// phase is 0 before a collection and 1 after it; type is v8::GCType. statistics
// has MW_STATISTICS_FIELDS values after a mark-sweep and is null otherwise.
typedef void (*mw_gc_callback)(void* data, uint32_t phase, uint32_t type,
                               const uint64_t* statistics);

// What V8 is given as the callback's data. Owned by the caller.
typedef struct mw_gc_hook {
  mw_gc_callback callback;
  void* data;
} mw_gc_hook;

typedef struct mw_node {
  uint64_t shallow_size;
  uint32_t id;
  uint32_t edge_count;
  uint32_t type;
  uint32_t reserved;
} mw_node;

// Returns 0 to give the snapshot up.
typedef uint32_t (*mw_progress_callback)(void* data, uint32_t done, uint32_t total);

// Takes the next bytes of a snapshot's JSON. Returns 0 to have no more of them.
typedef uint32_t (*mw_write_callback)(void* data, const uint8_t* bytes, size_t count);

void* mw_isolate_current(void);
void mw_heap_statistics(void* isolate, uint64_t* statistics);
void mw_collect(void* isolate);
// Processor time of the calling thread in nanoseconds; 0 where it is not known.
uint64_t mw_thread_cpu_ns(void);
// From 0 to 1 V8 begins to mark beside the program, to end in a mark-sweep.
void mw_memory_pressure(void* isolate, uint32_t is_moderate);

void mw_gc_hook_add(void* isolate, mw_gc_hook* hook);
void mw_gc_hook_remove(void* isolate, mw_gc_hook* hook);

// Without a callback V8 does not count the objects first, which costs some versions
// a tenth of the whole. Null when this V8 has no known way to take a snapshot, or it
// was given up.
const void* mw_snapshot_take(void* isolate, mw_progress_callback progress, void* data);
void mw_snapshot_delete(const void* snapshot);
uint32_t mw_snapshot_node_count(const void* snapshot);
uint32_t mw_snapshot_root_id(const void* snapshot);
// Reads at most `count` nodes from `first` on, each with all of its edges, one node's
// after another's; stops before the node whose edges would not fit into `room`.
// Returns how many nodes were read. to_ids and edge_types have room for `room` edges.
uint32_t mw_snapshot_read(const void* snapshot, uint32_t first, uint32_t count, mw_node* nodes,
                          uint32_t* to_ids, uint8_t* edge_types, size_t room);
// Writes the snapshot as JSON, in pieces.
void mw_snapshot_serialize(const void* snapshot, mw_write_callback write, void* data);
// A napi_value, good in the handle scope that is open.
void* mw_snapshot_node_name(const void* snapshot, uint32_t ordinal);
// The id that snapshots give to the object behind a napi_value; 0 if none did.
uint32_t mw_object_id(void* isolate, void* napi_value);
// Whether V8 has numbered this heap's objects. In the handle scope that is open.
uint32_t mw_object_ids_any(void* isolate);
// Frees V8's table of these ids: the next snapshot numbers all objects anew.
void mw_object_ids_clear(void* isolate);

#ifdef __cplusplus
}
#endif
