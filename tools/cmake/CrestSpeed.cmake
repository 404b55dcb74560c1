# ccache and mold make builds quicker where they are; nothing depends on them.
find_program(CREST_CCACHE ccache)
if(CREST_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CREST_CCACHE})
endif()
find_program(CREST_MOLD mold)
if(CREST_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
