# shaders/*.comp -> SPIR-V and MSL -> one C++ file of the target.
function(stemwright_shaders target)
  find_program(NODE_PROGRAM node REQUIRED)
  foreach(tool glslangValidator spirv-val spirv-cross)
    find_program(SHADER_TOOL_${tool} ${tool} HINTS $ENV{VULKAN_SDK}/Bin)
    if(NOT SHADER_TOOL_${tool})
      message(FATAL_ERROR "${tool} is missing: apt-get install glslang-tools spirv-tools spirv-cross "
                          "(macOS: brew install glslang spirv-tools spirv-cross)")
    endif()
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/shaders/*)
  set(scripts ${CMAKE_SOURCE_DIR}/scripts/shaders)
  set(folder ${CMAKE_BINARY_DIR}/shaders)
  add_custom_command(
    OUTPUT ${folder}/shaders.cpp
    COMMAND ${NODE_PROGRAM} ${scripts}/build.mjs ${folder}
    DEPENDS ${sources} ${scripts}/build.mjs ${scripts}/variants.mjs
    COMMENT "Shaders"
    VERBATIM)
  target_sources(${target} PRIVATE ${folder}/shaders.cpp)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  if(NOT APPLE)
    find_path(VULKAN_INCLUDE vulkan/vulkan.h HINTS $ENV{VULKAN_SDK}/Include)
    if(NOT VULKAN_INCLUDE)
      message(FATAL_ERROR "Vulkan's headers are missing: apt-get install libvulkan-dev")
    endif()
    target_include_directories(${target} SYSTEM PRIVATE ${VULKAN_INCLUDE})
  else()
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:OBJCXX>:-fobjc-arc>)
    target_link_libraries(${target} PUBLIC "-framework Foundation" "-framework Metal")
  endif()
endfunction()
