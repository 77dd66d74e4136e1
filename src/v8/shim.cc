// The V8 calls behind shim.h, each on its own. Decides nothing.
//
// Only functions whose mangled names are the same in Node 18 to 26 are linked:
// the addon is bound when it loads, and one missing name would keep it from
// loading at all. What varies between versions is looked up by name.
#include "shim.h"

#include <string.h>

#include <v8-profiler.h>
#include <v8.h>

#include "system.h"

namespace {

using v8::HeapGraphEdge;
using v8::HeapGraphNode;
using v8::HeapProfiler;
using v8::HeapSnapshot;
using v8::Isolate;

static_assert(sizeof(v8::Local<v8::Value>) == sizeof(void*),
              "a Local must be one pointer, as a napi_value is");
static_assert(sizeof(v8::HeapStatistics) <= 512, "the statistics buffer is too small");
static_assert(static_cast<int>(v8::kGCTypeScavenge) == 1, "GC types moved");
static_assert(static_cast<int>(v8::kGCTypeMarkSweepCompact) == 4, "GC types moved");
static_assert(static_cast<int>(HeapGraphNode::kObject) == 3, "node types moved");
static_assert(static_cast<int>(HeapGraphEdge::kInternal) == 3, "edge types moved");

const HeapSnapshot* As(const void* snapshot) {
  return static_cast<const HeapSnapshot*>(snapshot);
}

// The object that V8 fills differs in size between versions (112 bytes up to
// Node 25, 120 in 26); its first fields do not. So it gets a buffer larger than
// any of them, and the fields are read by offset.
void ReadStatistics(Isolate* isolate, uint64_t* out) {
  alignas(16) unsigned char buffer[512];
  memset(buffer, 0, sizeof buffer);
  isolate->GetHeapStatistics(reinterpret_cast<v8::HeapStatistics*>(buffer));
  memcpy(out, buffer, MW_STATISTICS_FIELDS * sizeof(uint64_t));
}

void OnPrologue(Isolate*, v8::GCType type, v8::GCCallbackFlags, void* data) {
  auto* hook = static_cast<mw_gc_hook*>(data);
  hook->callback(hook->data, 0, static_cast<uint32_t>(type), nullptr);
}

void OnEpilogue(Isolate* isolate, v8::GCType type, v8::GCCallbackFlags, void* data) {
  auto* hook = static_cast<mw_gc_hook*>(data);
  if (type != v8::kGCTypeMarkSweepCompact) {
    hook->callback(hook->data, 1, static_cast<uint32_t>(type), nullptr);
    return;
  }
  uint64_t statistics[MW_STATISTICS_FIELDS];
  ReadStatistics(isolate, statistics);
  hook->callback(hook->data, 1, static_cast<uint32_t>(type), statistics);
}

class Progress final : public v8::ActivityControl {
 public:
  Progress(mw_progress_callback callback, void* data) : callback_(callback), data_(data) {}
  ControlOption ReportProgressValue(uint32_t done, uint32_t total) override {
    return callback_(data_, done, total) != 0 ? kContinue : kAbort;
  }

 private:
  mw_progress_callback callback_;
  void* data_;
};

class Writer final : public v8::OutputStream {
 public:
  Writer(mw_write_callback callback, void* data) : callback_(callback), data_(data) {}
  // V8's own default of 1024 bytes costs a call each.
  int GetChunkSize() override { return 1 << 18; }
  void EndOfStream() override {}
  WriteResult WriteAsciiChunk(char* bytes, int count) override {
    const auto* start = reinterpret_cast<const uint8_t*>(bytes);
    return callback_(data_, start, static_cast<size_t>(count)) != 0 ? kContinue : kAbort;
  }

 private:
  mw_write_callback callback_;
  void* data_;
};

// v8::HeapProfiler::HeapSnapshotOptions is 24 bytes in Node 20 and 32 from 22,
// and missing in 18. Its first field is the ActivityControl; zero is the default
// of all others.
struct alignas(16) SnapshotOptions {
  v8::ActivityControl* control;
  unsigned char rest[248];
};

using TakeWithOptions = const HeapSnapshot* (*)(HeapProfiler*, const SnapshotOptions&);
using TakeWithArguments = const HeapSnapshot* (*)(HeapProfiler*, v8::ActivityControl*, void*, bool,
                                                  bool);

template <typename Function>
Function LookUp(const char* mangled) {
  return reinterpret_cast<Function>(FindFunction(mangled));
}

}  // namespace

void* mw_isolate_current(void) { return Isolate::TryGetCurrent(); }

void mw_heap_statistics(void* isolate, uint64_t* statistics) {
  ReadStatistics(static_cast<Isolate*>(isolate), statistics);
}

void mw_collect(void* isolate) { static_cast<Isolate*>(isolate)->LowMemoryNotification(); }

uint64_t mw_thread_cpu_ns(void) { return ThreadCpuNs(); }

void mw_memory_pressure(void* isolate, uint32_t is_moderate) {
  static_cast<Isolate*>(isolate)->MemoryPressureNotification(
      is_moderate != 0 ? v8::MemoryPressureLevel::kModerate : v8::MemoryPressureLevel::kNone);
}

void mw_gc_hook_add(void* isolate, mw_gc_hook* hook) {
  auto* v8_isolate = static_cast<Isolate*>(isolate);
  v8_isolate->AddGCPrologueCallback(OnPrologue, hook, v8::kGCTypeAll);
  v8_isolate->AddGCEpilogueCallback(OnEpilogue, hook, v8::kGCTypeAll);
}

void mw_gc_hook_remove(void* isolate, mw_gc_hook* hook) {
  auto* v8_isolate = static_cast<Isolate*>(isolate);
  v8_isolate->RemoveGCPrologueCallback(OnPrologue, hook);
  v8_isolate->RemoveGCEpilogueCallback(OnEpilogue, hook);
}

const void* mw_snapshot_take(void* isolate, mw_progress_callback progress, void* data) {
  static const auto with_options = LookUp<TakeWithOptions>(
      MW_NAME("_ZN2v812HeapProfiler16TakeHeapSnapshotERKNS0_19HeapSnapshotOptionsE",
              "?TakeHeapSnapshot@HeapProfiler@v8@@QEAAPEBVHeapSnapshot@2@"
              "AEBUHeapSnapshotOptions@12@@Z"));
  static const auto with_arguments = LookUp<TakeWithArguments>(
      MW_NAME("_ZN2v812HeapProfiler16TakeHeapSnapshotEPNS_15ActivityControlEPNS0_18ObjectNameResolverEbb",
              "?TakeHeapSnapshot@HeapProfiler@v8@@QEAAPEBVHeapSnapshot@2@"
              "PEAVActivityControl@2@PEAVObjectNameResolver@12@_N2@Z"));
  HeapProfiler* profiler = static_cast<Isolate*>(isolate)->GetHeapProfiler();
  Progress reporting(progress, data);
  v8::ActivityControl* control = progress != nullptr ? &reporting : nullptr;
  if (with_options != nullptr) {
    SnapshotOptions options = {};
    options.control = control;
    return with_options(profiler, options);
  }
  if (with_arguments != nullptr) return with_arguments(profiler, control, nullptr, true, false);
  return nullptr;
}

void mw_snapshot_delete(const void* snapshot) { const_cast<HeapSnapshot*>(As(snapshot))->Delete(); }

uint32_t mw_snapshot_node_count(const void* snapshot) {
  return static_cast<uint32_t>(As(snapshot)->GetNodesCount());
}

uint32_t mw_snapshot_root_id(const void* snapshot) { return As(snapshot)->GetRoot()->GetId(); }

uint32_t mw_snapshot_read(const void* snapshot, uint32_t first, uint32_t count, mw_node* nodes,
                          uint32_t* to_ids, uint8_t* edge_types, size_t room) {
  size_t written = 0;
  for (uint32_t i = 0; i < count; i++) {
    const HeapGraphNode* node = As(snapshot)->GetNode(static_cast<int>(first + i));
    const int children = node->GetChildrenCount();
    if (room - written < static_cast<size_t>(children)) return i;
    nodes[i] = {node->GetShallowSize(), node->GetId(), static_cast<uint32_t>(children),
                static_cast<uint32_t>(node->GetType()), 0};
    for (int k = 0; k < children; k++, written++) {
      const HeapGraphEdge* edge = node->GetChild(k);
      to_ids[written] = edge->GetToNode()->GetId();
      edge_types[written] = static_cast<uint8_t>(edge->GetType());
    }
  }
  return count;
}

void mw_snapshot_serialize(const void* snapshot, mw_write_callback write, void* data) {
  Writer writer(write, data);
  As(snapshot)->Serialize(&writer, HeapSnapshot::kJSON);
}

void* mw_snapshot_node_name(const void* snapshot, uint32_t ordinal) {
  v8::Local<v8::String> name = As(snapshot)->GetNode(static_cast<int>(ordinal))->GetName();
  void* value;
  memcpy(&value, &name, sizeof value);
  return value;
}

uint32_t mw_object_id(void* isolate, void* napi_value) {
  v8::Local<v8::Value> value;
  memcpy(static_cast<void*>(&value), &napi_value, sizeof value);
  return static_cast<Isolate*>(isolate)->GetHeapProfiler()->GetObjectId(value);
}

uint32_t mw_object_ids_any(void* isolate) {
  auto* v8_isolate = static_cast<Isolate*>(isolate);
  // As old as the isolate, and in no program's hands.
  return v8_isolate->GetHeapProfiler()->GetObjectId(v8::Symbol::GetIterator(v8_isolate)) != 0;
}

void mw_object_ids_clear(void* isolate) {
  static_cast<Isolate*>(isolate)->GetHeapProfiler()->ClearObjectIds();
}
