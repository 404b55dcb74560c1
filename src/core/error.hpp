#pragma once
#include <crest/error.hpp>
