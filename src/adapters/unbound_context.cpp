#include "adapters/unbound_context.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <system_error>
#include <unbound.h>
#include <unistd.h>

#include "dns/name.hpp"

namespace crest::adapters {
namespace {

constexpr int class_in = 1, rcode_ok = 0, rcode_no_such_name = 3;
constexpr std::size_t why_chars_max = 200;

std::string rcode_word(int rcode) {
  switch (rcode) {
    case 1: return "FORMERR";
    case 2: return "SERVFAIL";
    case 4: return "NOTIMP";
    case 5: return "REFUSED";
    default: return "RCODE " + std::to_string(rcode);
  }
}

std::string without_dot(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return dns::folded(text);
}

Error bogus(const ub_result& result, const std::string& name) {
  const std::string why = result.why_bogus ? Untrusted(result.why_bogus).printable(why_chars_max) : "no reason given";
  return make_error(ErrorKind::dns,
                    "the answer is bogus: it fails DNSSEC validation (" + why +
                        "); mend the zone's signatures, or declare a private zone insecure or give its trust anchor",
                    name);
}

Result<dns::Answer> answer_of(const ub_result& result, const std::string& name, dns::RecordType type) {
  if (result.bogus) return bogus(result, name);
  if (result.rcode != rcode_ok && result.rcode != rcode_no_such_name) {
    return make_error(ErrorKind::dns,
                      "the name servers answer " + rcode_word(result.rcode) +
                          ", or none answers; check that they are up and serve the zone, then try again",
                      name);
  }
  dns::Answer answer;
  answer.final_name = without_dot(result.canonname && *result.canonname ? result.canonname : name);
  answer.outcome =
      result.nxdomain || result.rcode == rcode_no_such_name ? dns::Outcome::no_such_name : dns::Outcome::no_data;
  if (!result.havedata) return answer;
  answer.outcome = dns::Outcome::answer;
  const auto ttl = static_cast<std::uint32_t>(std::max(result.ttl, 0));
  for (int i = 0; result.data[i] && answer.records.size() < UnboundContext::records_max; ++i) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(result.data[i]);
    answer.records.push_back({answer.final_name, type, ttl, Bytes(data, data + result.len[i])});
  }
  return answer;
}

Error unusable(const std::string& what, int code) {
  return make_error(ErrorKind::config, "the DNS resolver does not start: " + what + " (" + ub_strerror(code) +
                                           "); check the trust anchors and the name servers");
}

// libunbound reads settings from files only, and its parser is one for the whole process.
Result<void> load(ub_ctx* context, const std::string& settings) {
  static std::mutex parser;
  const Descriptor file(::memfd_create("unbound.conf", MFD_CLOEXEC));
  if (!file || ::write(file.get(), settings.data(), settings.size()) != static_cast<ssize_t>(settings.size())) {
    return make_error(ErrorKind::config,
                      "no memory file for the resolver's settings: " + std::generic_category().message(errno));
  }
  const std::lock_guard lock(parser);
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  if (const int code = ub_ctx_config(context, path.c_str()); code != 0) return unusable("its settings", code);
  return {};
}

}  // namespace

struct UnboundContext::Ticket {
  UnboundContext& owner;
  std::string name;
  dns::RecordType type;
  int id = 0;
  bool abandoned = false;
  std::optional<Result<dns::Answer>> answer = {};
};

void UnboundContext::ReleaseContext::operator()(ub_ctx* context) const { ub_ctx_delete(context); }

Result<std::unique_ptr<UnboundContext>> UnboundContext::make(const std::string& settings) {
  std::unique_ptr<UnboundContext> made(new UnboundContext);
  made->context_.reset(ub_ctx_create());
  made->bell_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!made->context_ || !made->bell_) {
    return make_error(ErrorKind::config, "the DNS resolver does not start; raise the limit of open files (ulimit -n)");
  }
  ub_ctx* context = made->context_.get();
  ub_ctx_debugout(context, nullptr);  // what it has to say is in the answers
  ub_ctx_async(context, 1);           // a thread of its own, no process
  TRY(load(context, settings));
  ub_result* probe = nullptr;  // answered from within; makes it read its trust anchors now
  const int code = ub_resolve(context, "localhost.", static_cast<int>(dns::RecordType::A), class_in, &probe);
  ub_resolve_free(probe);
  if (code != 0) return unusable("its settings", code);
  made->pump_ = std::jthread([self = made.get()](const std::stop_token& stop) { self->pump(stop); });
  return made;
}

UnboundContext::~UnboundContext() {
  pump_.request_stop();
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto rung = ::write(bell_.get(), &one, sizeof one);
  if (pump_.joinable()) pump_.join();
}

// Answers come over a pipe; whoever processes it runs the callbacks.
void UnboundContext::pump(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd set[2] = {{ub_fd(context_.get()), POLLIN, 0}, {bell_.get(), POLLIN, 0}};
    if (::poll(set, 2, -1) < 0 && errno != EINTR) return;
    if (set[0].revents != 0) ub_process(context_.get());
  }
}

void UnboundContext::on_answer(void* data, int error, ub_result* result) {
  auto& ticket = *static_cast<Ticket*>(data);
  ticket.owner.arrived(ticket, error, result);
  ub_resolve_free(result);
}

void UnboundContext::arrived(Ticket& ticket, int error, const ub_result* result) {
  const std::lock_guard lock(mutex_);
  if (ticket.abandoned) {
    tickets_.erase(&ticket);
    return;
  }
  try {
    ticket.answer =
        error == 0 && result
            ? answer_of(*result, ticket.name, ticket.type)
            : make_error(ErrorKind::dns, "the resolver failed: " + std::string(ub_strerror(error)) + "; try again",
                         ticket.name);
  } catch (const std::bad_alloc&) {  // C lies above this frame
    ticket.answer = Error{.kind = ErrorKind::internal};
  }
  changed_.notify_all();
}

void UnboundContext::give_up(Ticket& ticket) {
  const bool never_comes = ub_cancel(context_.get(), ticket.id) == 0;
  const std::lock_guard lock(mutex_);
  if (never_comes || ticket.answer) {
    tickets_.erase(&ticket);
  } else {
    ticket.abandoned = true;
  }
}

Result<dns::Answer> UnboundContext::query(const std::string& name, dns::RecordType type, const Call& call) {
  Ticket* ticket = nullptr;
  {
    auto made = std::make_unique<Ticket>(Ticket{.owner = *this, .name = name, .type = type});
    ticket = made.get();
    const std::lock_guard lock(mutex_);
    tickets_[ticket] = std::move(made);
  }
  const int code =
      ub_resolve_async(context_.get(), name.c_str(), static_cast<int>(type), class_in, ticket, on_answer, &ticket->id);
  std::unique_lock lock(mutex_);
  if (code != 0) {
    tickets_.erase(ticket);
    return make_error(ErrorKind::dns, "not a name that can be looked up: " + std::string(ub_strerror(code)), name);
  }
  if (changed_.wait_for(lock, call.stop, call.total, [&] { return ticket->answer.has_value(); })) {
    auto answer = *std::move(ticket->answer);
    tickets_.erase(ticket);
    return answer;
  }
  lock.unlock();
  give_up(*ticket);
  return make_error(ErrorKind::timeout,
                    call.stop.stop_requested() ? "stopped while looking up the name"
                                               : "no answer in time; check that the name servers are up and reachable",
                    name);
}

}  // namespace crest::adapters
