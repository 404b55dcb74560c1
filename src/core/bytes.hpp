#pragma once
#include <crest/bytes.hpp>
