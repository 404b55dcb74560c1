// An UnboundContext is one libunbound: its settings never change, its queries run side by side.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "adapters/descriptor.hpp"
#include "core/call.hpp"
#include "dns/record.hpp"

struct ub_ctx;  // libunbound's
struct ub_result;

namespace crest::adapters {

class UnboundContext {
 public:
  static constexpr std::size_t records_max = 1000;  // of one answer; more are passed over

  // `settings` is the text of an unbound.conf. Nothing is asked. Error: config, when libunbound does not take them.
  static Result<std::unique_ptr<UnboundContext>> make(const std::string& settings);
  ~UnboundContext();
  UnboundContext(const UnboundContext&) = delete;
  UnboundContext& operator=(const UnboundContext&) = delete;

  // Errors: dns, timeout. Blocks for at most call.total, and ends at once with call.stop; thread-safe.
  Result<dns::Answer> query(const std::string& name, dns::RecordType type, const Call& call);

 private:
  struct Ticket;  // a query under way
  UnboundContext() = default;
  void pump(const std::stop_token& stop);
  void arrived(Ticket& ticket, int error, const ub_result* result);
  void give_up(Ticket& ticket);
  static void on_answer(void* ticket, int error, ub_result* result);

  struct ReleaseContext {
    void operator()(ub_ctx* context) const;
  };
  std::unique_ptr<ub_ctx, ReleaseContext> context_;
  Descriptor bell_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<const Ticket*, std::unique_ptr<Ticket>> tickets_;
  std::jthread pump_;  // last: it uses all the others
};

}  // namespace crest::adapters
