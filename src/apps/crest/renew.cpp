// crest renew [NAME]: what is due, or at once with --force; says for each what was decided and why.
#include "apps/crest/terminal.hpp"
#include "apps/crest/verb.hpp"
#include "core/result.hpp"

namespace crest::apps {
namespace {

std::string_view word_of(RenewOutcome::Decision decision) {
  switch (decision) {
    case RenewOutcome::Decision::not_due: return "not_due";
    case RenewOutcome::Decision::renewed: return "renewed";
    case RenewOutcome::Decision::failed: return "failed";
    case RenewOutcome::Decision::waiting: return "waiting";
  }
  return "failed";
}

Result<std::vector<RenewOutcome>> renew(const Renew& flags, std::stop_token interrupted) {
  const Waiting how_long = TRY(waiting(flags.output, std::move(interrupted)));
  const ClientOptions options = TRY(client_options(flags.ca));
  Client client = TRY(open_client(options, flags.output));
  const std::unique_ptr<Http01Solver> solver = TRY(open_solver(flags.solver));
  const std::optional<std::string> name = flags.name.empty() ? std::nullopt : std::optional(flags.name);
  return solver ? client.renew(name, flags.force, *solver, how_long) : client.renew(name, flags.force, how_long);
}

// One that a person must see to decides; then one that may be tried later; then whether anything was done.
int exit_code_of(const std::vector<RenewOutcome>& outcomes, bool detailed) {
  bool later = false, done = false;
  for (const RenewOutcome& outcome : outcomes) {
    if (outcome.error && outcome.error->needs_operator()) return 2;
    later = later || outcome.error || outcome.decision == RenewOutcome::Decision::waiting;
    done = done || outcome.decision == RenewOutcome::Decision::renewed;
  }
  if (later) return 75;
  return detailed && !done ? 1 : 0;
}

std::string_view class_of(const std::vector<RenewOutcome>& outcomes) {
  const RenewOutcome* later = nullptr;  // the outcome that decides the exit code decides the class
  bool done = false, waiting = false;
  for (const RenewOutcome& outcome : outcomes) {
    if (outcome.error && outcome.error->needs_operator()) return to_string(outcome.error->kind);
    if (outcome.error && !later) later = &outcome;
    waiting = waiting || outcome.decision == RenewOutcome::Decision::waiting;
    done = done || outcome.decision == RenewOutcome::Decision::renewed;
  }
  if (later) return to_string(later->error->kind);
  if (waiting) return to_string(ErrorKind::order_failed);
  return done ? "ok" : "nothing_due";
}

encoding::Json to_json(const RenewOutcome& outcome) {
  encoding::Json json = encoding::Json::object();
  json.set("name", outcome.name).set("decision", word_of(outcome.decision)).set("why", outcome.why);
  if (outcome.certificate) json.set("certificate", apps::to_json(*outcome.certificate));
  if (outcome.error) json.set("error", apps::to_json(*outcome.error));
  return json;
}

}  // namespace

int run(const Renew& flags, std::stop_token interrupted) {
  const Result<std::vector<RenewOutcome>> outcomes = renew(flags, std::move(interrupted));
  if (!outcomes) return report(outcomes.error(), flags.output.json);
  if (flags.output.json) {
    encoding::Json list = encoding::Json::array();
    for (const RenewOutcome& outcome : *outcomes) list.push(to_json(outcome));
    encoding::Json result = encoding::Json::object();
    result.set("class", class_of(*outcomes)).set("certificates", std::move(list));
    print_json(result);
  } else {
    for (const RenewOutcome& outcome : *outcomes) {
      const std::string line = outcome.name + ": " + std::string(word_of(outcome.decision)) + ", " + outcome.why;
      outcome.error ? show_error(line) : print_line(line);
    }
    if (outcomes->empty()) print_line("no certificate is kept in " + flags.ca.options.state_dir + "; see crest obtain");
  }
  return exit_code_of(*outcomes, flags.output.detailed_exit_code);
}

}  // namespace crest::apps
