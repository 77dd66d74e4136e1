// The same for v8-profiler.h: snapshots, their nodes and edges, and the sampling heap profiler.
#pragma once

#include "v8.h"

namespace v8 {

class HeapGraphEdge {
 public:
  enum Type { kContextVariable, kElement, kProperty, kInternal, kHidden, kShortcut, kWeak };
  MW_IMPORT Type GetType() const;
  MW_IMPORT const HeapGraphNode* GetToNode() const;
};

class HeapGraphNode {
 public:
  enum Type { kHidden, kArray, kString, kObject, kCode };
  MW_IMPORT Type GetType() const;
  MW_IMPORT Local<String> GetName() const;
  MW_IMPORT uint32_t GetId() const;
  MW_IMPORT size_t GetShallowSize() const;
  MW_IMPORT int GetChildrenCount() const;
  MW_IMPORT const HeapGraphEdge* GetChild(int index) const;
};

class HeapSnapshot {
 public:
  enum SerializationFormat { kJSON = 0 };
  MW_IMPORT const HeapGraphNode* GetRoot() const;
  MW_IMPORT int GetNodesCount() const;
  MW_IMPORT const HeapGraphNode* GetNode(int index) const;
  MW_IMPORT void Delete();
  MW_IMPORT void Serialize(OutputStream* stream, SerializationFormat format = kJSON) const;
};

class HeapProfiler {
 public:
  enum SamplingFlags {
    kSamplingNoFlags = 0,
    kSamplingIncludeObjectsCollectedByMajorGC = 2,
    kSamplingIncludeObjectsCollectedByMinorGC = 4
  };
  MW_IMPORT uint32_t GetObjectId(Local<Value> value);
  MW_IMPORT void ClearObjectIds();
  MW_IMPORT bool StartSamplingHeapProfiler(uint64_t interval = 512 * 1024, int depth = 16,
                                           SamplingFlags flags = kSamplingNoFlags);
  MW_IMPORT void StopSamplingHeapProfiler();
  MW_IMPORT AllocationProfile* GetAllocationProfile();
};

class AllocationProfile {
 public:
  struct Allocation {
    size_t size;
    unsigned int count;
  };
  struct Node {
    Local<String> name;
    Local<String> script_name;
    int script_id;
    int start_position;
    int line_number;
    int column_number;
    uint32_t node_id;
    Vector<Node*> children;
    Vector<Allocation> allocations;
  };
  struct Sample {
    uint32_t node_id;
    size_t size;
    unsigned int count;
    uint64_t sample_id;
  };
  virtual Node* GetRootNode() = 0;
  virtual const Vector<Sample>& GetSamples() = 0;
  virtual ~AllocationProfile() = default;
};

}  // namespace v8
