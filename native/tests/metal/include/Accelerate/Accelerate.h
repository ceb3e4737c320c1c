// Of BNNS Graph what native/nn/apple uses, declared anew so that Linux can type-check it.
#pragma once

#include <cstddef>
#include <cstdint>

enum BNNSDataType : uint32_t { BNNSDataTypeFloat32 = 0x10020 };
enum BNNSGraphArgumentType : uint32_t { BNNSGraphArgumentTypePointer = 0 };
enum BNNSGraphArgumentIntent : uint32_t {
  BNNSGraphArgumentIntentIn = 1,
  BNNSGraphArgumentIntentOut = 2,
  BNNSGraphArgumentIntentInOut = 3
};

typedef struct {
  void* data;
  size_t size;
} bnns_graph_t;
typedef struct {
  void* data;
  size_t size;
} bnns_graph_context_t;
typedef struct {
  void* data;
  size_t size;
} bnns_graph_compile_options_t;

typedef struct {
  BNNSDataType data_type;
  uint8_t rank;
  ptrdiff_t shape[8];
  ptrdiff_t stride[8];
  void* data;
  size_t data_size_in_bytes;
  char const* name;
} BNNSTensor;

typedef struct {
  union {
    BNNSTensor* tensor;
    void* data_ptr;
  };
  size_t data_ptr_size;
} bnns_graph_argument_t;

extern "C" {
bnns_graph_compile_options_t BNNSGraphCompileOptionsMakeDefault(void);
void BNNSGraphCompileOptionsDestroy(bnns_graph_compile_options_t options);
void BNNSGraphCompileOptionsSetTargetSingleThread(bnns_graph_compile_options_t options, bool value);
bnns_graph_t BNNSGraphCompileFromFile(const char* filename, const char* function,
                                      bnns_graph_compile_options_t options);
size_t BNNSGraphGetArgumentCount(bnns_graph_t graph, const char* function);
int BNNSGraphGetArgumentNames(bnns_graph_t graph, const char* function, size_t count,
                              char const** names);
int BNNSGraphGetArgumentIntents(bnns_graph_t graph, const char* function, size_t count,
                                BNNSGraphArgumentIntent* intents);
size_t BNNSGraphGetArgumentPosition(const bnns_graph_t graph, const char* function,
                                    const char* argument);
bnns_graph_context_t BNNSGraphContextMake(const bnns_graph_t graph);
bnns_graph_context_t BNNSGraphContextMakeStreaming(bnns_graph_t graph, const char* function,
                                                   size_t count, BNNSTensor const* states);
void BNNSGraphContextDestroy(bnns_graph_context_t context);
int BNNSGraphContextSetArgumentType(bnns_graph_context_t context, BNNSGraphArgumentType type);
size_t BNNSGraphContextGetWorkspaceSize(bnns_graph_context_t context, const char* function);
int BNNSGraphContextGetTensor(bnns_graph_context_t context, const char* function,
                              const char* argument, bool fill_known_dynamic_shapes,
                              BNNSTensor* tensor);
int BNNSGraphContextExecute(bnns_graph_context_t context, const char* function, size_t count,
                            bnns_graph_argument_t* arguments, size_t workspace_size,
                            char* workspace);
}
