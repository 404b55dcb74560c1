// The responses of the web edge, and the one place where an Error becomes a problem document.
#pragma once

#include "acme/problem.hpp"
#include "core/log.hpp"
#include "encoding/json.hpp"
#include "http/message.hpp"

namespace crest::ca::web {

http::Response json_response(int status, const encoding::Json& body);
http::Response problem_response(const Problem& problem);
// A rejection as it is; anything else is the CA's own trouble: logged, and told without detail.
http::Response error_response(const Error& error, const http::Request& request, Time now, Log& log);

}  // namespace crest::ca::web
