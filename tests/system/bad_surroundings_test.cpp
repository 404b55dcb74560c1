// What is no CA, what a person typed, what the machine does and what is damaged on disk, for the real `crest`: each ends
// with one clear line, its exit code and class, and what was live before stays as it was, octet for octet.
#include <sys/file.h>

#include "slow_server.hpp"
#include "stage.hpp"

namespace crest::testing {
namespace {

// ---- What stands at the other end of the URL.

// Words for a run that reaches for `url` and knows nothing of it yet.
std::vector<std::string> obtain_from(const std::string& url, const std::string& state = "STATE",
                                     const std::string& timeout = soon) {
  return {"obtain", "--directory", url,     "--trust",       "TRUST",  "--state",
          state,    "--timeout",   timeout, "--http-listen", "LISTEN", "NAME"};
}

Attempt attempt_with(std::vector<std::string> words) {
  Attempt attempt;
  attempt.replaced = std::move(words);
  attempt.at_most = 3'000ms + slack;
  return attempt;
}

TEST_F(BadInput, CF8_ADirectoryWithoutTlsIsWrongUse) {
  for (const char* url : {"http://localhost:9000/acme/corp/directory", "ftp://localhost/directory", "localhost:9000",
                          "https://", "file:///etc/passwd"})
    attempt_with(obtain_from(url)).ends_with({"usage", 64, "directory"});
  const auto secret = attempt_with(obtain_from("https://user:secret@localhost/\x1b[2J"));
  secret.ends_with({"usage", 64, "@localhost/[2J"});
  EXPECT_EQ(secret.one(json_host, true).ended.out.find("secret"), std::string::npos);
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF40_AnUntrustedCa) {
  attempt_with({"obtain", "--directory", at_directory, "--state", "STATE", "--key-type", "ec-p384", "--http-listen",
                "LISTEN", "NAME"})
      .ends_with({"tls", 2, at_directory, "--trust"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF64_ATrustFileThatIsNone) {
  const adapters::TemporaryFolder folder;
  put(folder / "empty.pem", "");
  put(folder / "key.pem", private_key_block());
  put(folder / "rubbish.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  for (const char* name : {"empty.pem", "key.pem", "rubbish.pem", "absent.pem"}) {
    const std::string file = folder / name;
    attempt_with({"obtain", "--directory", at_directory, "--trust", file, "--state", "STATE", "NAME"})
        .ends_with({"config", 2, file});
  }
}

TEST_F(BadInput, CF38_NobodyListens) {
  attempt_with(obtain_from("https://localhost:9/directory"))
      .ends_with({"connect", 75, "https://localhost:9/directory", "firewall"});
}

TEST_F(BadInput, CF82_ANameWithoutAddress) {
  attempt_with(obtain_from("https://ca.invalid/directory")).ends_with({"dns", 75, "ca.invalid", "name servers"});
}

TEST_F(BadInput, CF8_AServerWithoutTls) {
  NullLog log;
  const auto server = adapters::BeastServer::open({.address = "127.0.0.1:9080"}, log).value();
  server->start(ca()).value();
  attempt_with(obtain_from("https://localhost:9080/directory"))
      .ends_with({"tls", 2, "https://localhost:9080/directory", "does not speak TLS"});
  server->stop();
}

struct Slow : BadInput, ::testing::WithParamInterface<std::pair<const char*, SlowServer::Way>> {};

TEST_P(Slow, EndsWithItsDeadline) {
  const auto identity = ca().identity();
  const SlowServer server(GetParam().second, identity.chain_pem, identity.key_pem);
  Attempt attempt = attempt_with(obtain_from(server.url(), "STATE", "5s"));
  attempt.at_most = 10s;
  attempt.ends_with({"timeout", 75, server.url(), "nothing is lost"});
}

INSTANTIATE_TEST_SUITE_P(Ca, Slow,
                         ::testing::Values(std::pair("CF2_NoHandshake", SlowServer::Way::no_handshake),
                                           std::pair("CF2_NoAnswer", SlowServer::Way::no_answer),
                                           std::pair("CF2_DripOfHeaders", SlowServer::Way::drip_headers),
                                           std::pair("CF2_DripOfBody", SlowServer::Way::drip_body)),
                         [](const auto& row) { return std::string(row.param.first); });

// ---- What a person typed.

TEST_F(BadInput, CF18b_ANameThatIsNone) {
  const std::string long_name(300, 'a');
  for (const std::string& name : {std::string("a b"), long_name, std::string("../x"), std::string("a..test"),
                                  std::string("\xf0\x9f\x98\x80.test"), std::string("a_b.test"), std::string("*"),
                                  std::string("10.0.0.300"), std::string("a\x1b[2J.test"), std::string("a\nb.test"),
                                  std::string("\xff\xfe.test"), std::string("host.test/../x")}) {
    std::vector<std::string> words = obtain_from(at_directory);
    words.back() = name;
    attempt_with(words).ends_with({"usage", 64, "host name"});
  }
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF18b_AFlagInANamesPlace) {
  std::vector<std::string> words = obtain_from(at_directory);
  words.push_back("-x");
  attempt_with(words).ends_with({"usage", 64, "-x", "crest obtain --help"});
  words.insert(words.end() - 2, "--");
  attempt_with(words).ends_with({"usage", 64, "-x", "host name"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, AWordThatNobodyKnows) {
  const std::vector<std::string> rows[] = {
      {"obtain", "--state", "STATE"},
      {"obtain", "NAME", "--state", "STATE"},
      {"obtain", "NAME", "--state", "STATE", "--directory", at_directory, "--timeout", "soon"},
      {"obtain", "NAME", "--state", "STATE", "--directory", at_directory, "--trust", "TRUST", "--key-type", "rsa-17"},
      {"obtain", "NAME", "--state", "STATE", "--directory", at_directory, "--http-listen", "everywhere"},
      {"show", "nobody.test", "--state", "STATE"},
      {"revoke", "../../etc", "--state", "STATE"},
      {"revoke", "NAME", "--reason", "boredom", "--state", "STATE"},
      {"renew", "nobody.test", "--state", "STATE"},
  };
  for (const auto& row : rows) attempt_with(row).ends_with({"usage", 64, ""});
  attempt_with({"obtian", "NAME"}).ends_with({"usage", 64, "obtian", "crest --help"});
  EXPECT_EQ(ca().requests(), 0);
}

// ---- What this machine does.

TEST_F(BadInput, CF67_ThePortIsTaken) {
  const auto held = adapters::listen_on({json_host.address, 80}).value();
  const auto other = adapters::listen_on({text_host.address, 80}).value();
  const Attempt attempt;
  attempt.ends_with({"port_in_use", 2, ":80", "system_bad_sur"});  // the holder, as the kernel cuts its name
  EXPECT_EQ(ca().requests(), 0);                                   // nobody was asked before
}

TEST_F(BadInput, CF58_AnotherRunHasIt) {
  std::vector<adapters::Descriptor> held;
  std::mutex mutex;
  Attempt attempt;
  attempt.prepare = [&](const Host& host, const fs::path& state) {
    const int file = ::open((state / "locks" / host.name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    EXPECT_EQ(::flock(file, LOCK_EX), 0);
    const std::scoped_lock lock(mutex);
    held.emplace_back(file);
  };
  attempt.ends_with({"locked", 75, own_name});
  EXPECT_EQ(ca().requests(), 0);
}

// Mounts that live as long as the test; both runs prepare at a time.
class Mounts {
 public:
  void add(Mount mount) {
    EXPECT_TRUE(mount.ok()) << std::strerror(errno);
    const std::scoped_lock lock(mutex_);
    all_.push_back(std::move(mount));
  }

 private:
  std::mutex mutex_;
  std::vector<Mount> all_;
};

TEST_F(BadInput, CF55_TheStateFolderIsReadOnly) {
  Mounts mounts;
  Attempt attempt;
  attempt.prepare = [&](const Host&, const fs::path& state) { mounts.add(Mount::read_only(state)); };
  attempt.ends_with({"storage", 2, "/state", "mount it writable"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF55_TheStateFolderCannotBeMade) {
  const adapters::TemporaryFolder folder;
  const Mount mount = Mount::read_only(folder.path());
  const std::string fresh = folder / "new", file = Stage::get().trust(), nowhere = "/proc/nothing/here";
  attempt_with(obtain_from(at_directory, fresh)).ends_with({"storage", 2, fresh, "mount it writable"});
  attempt_with(obtain_from(at_directory, file)).ends_with({"storage", 2, file});
  attempt_with(obtain_from(at_directory, nowhere)).ends_with({"storage", 2, "/proc/nothing"});
  EXPECT_EQ(ca().requests(), 0);
}

// A file system of `bytes` in the state folder's place, with the same in it.
void move_to_small_disk(Mounts& mounts, const fs::path& state, std::size_t bytes) {
  const fs::path aside = state.string() + ".aside";
  fs::rename(state, aside);
  fs::create_directory(state);
  mounts.add(Mount::small(state, bytes));
  fs::copy(aside, state, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

void fill(const fs::path& folder) {
  std::ofstream filler(folder / "filler", std::ios::binary);
  const std::string block(4096, 'f');
  while (filler.write(block.data(), 4096).flush()) {
  }
}

TEST_F(BadInput, CF53_TheDiskIsFull) {
  Mounts mounts;
  Attempt attempt;
  attempt.prepare = [&](const Host&, const fs::path& state) {
    move_to_small_disk(mounts, state, 4u << 20);
    fill(state);
  };
  attempt.ends_with({"storage", 2, "/state", "try again"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF53_FilesMayNotGrow) {
  for (const rlim_t most : {rlim_t{0}, rlim_t{100}, rlim_t{1000}}) {
    Attempt attempt;
    attempt.file_bytes_max = most;
    attempt.ends_with({"storage", 2, "/state", "ulimit -f"});
  }
}

// The disk fills up when the CA has issued already: nothing is lost, and the next run fetches that certificate.
TEST_F(BadInput, CF53_TheDiskFillsUpBeforeTheCertificateIsThere) {
  for (const Host* host : {&json_host, &text_host}) {
    const adapters::TemporaryFolder scratch;
    const fs::path state = scratch / "state";
    Stage::get().copy_state(*host, state);
    Mounts mounts;
    move_to_small_disk(mounts, state, 4u << 20);
    const auto before = contents_of(state / "certificates");
    ca().behave();
    ca().change(At::certificate, [&](http::Response&) { fill(state); });

    Command command{.words = Stage::get().obtain(*host, state, "20s")};
    const bool json = host == &json_host;
    if (json) command.words.push_back("--json");
    const Wanted wanted{"storage", 2, state.string() + "/certificates", "free some space"};
    const Ended ended = run(command);
    json ? check_json(ended, wanted) : check_text(ended, wanted);
    EXPECT_EQ(contents_of(state / "certificates"), before) << "something was left behind";

    fs::remove(state / "filler");
    ca().behave();
    EXPECT_EQ(run(command).code, 0);
    EXPECT_EQ(ca().requests(At::new_order), 0) << "the order was made anew";
    EXPECT_NE(contents_of(state / "certificates"), before);
  }
}

TEST_F(BadInput, CF56_OthersMayWriteToTheStateFolder) {
  Attempt attempt;
  attempt.prepare = [](const Host&, const fs::path& state) { fs::permissions(state, fs::perms::all); };
  attempt.ends_with({"storage", 2, "/state", "chmod go-w"});
}

TEST_F(BadInput, CF56_KeysArePrivateWhateverTheMask) {
  for (const mode_t mask : {0, 0022, 0277, 0777}) {
    const adapters::TemporaryFolder scratch;
    Command command{.words = Stage::get().obtain(json_host, scratch / "state", "20s")};
    command.file_mode_mask = mask;
    const Ended ended = run(command);
    EXPECT_EQ(ended.code, 0) << ended.err;
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(scratch / "state")) {
      const auto mode = entry.symlink_status().permissions() & fs::perms::mask;
      if (entry.is_symlink()) continue;
      const auto wanted = entry.is_directory() ? fs::perms::owner_all : fs::perms::owner_read | fs::perms::owner_write;
      EXPECT_EQ(mode, wanted) << entry.path();
      files += entry.is_regular_file() ? 1 : 0;
    }
    EXPECT_GE(files, 7);
  }
}

TEST_F(BadInput, CF57_ALinkInTheAccountsPlace) {
  const adapters::TemporaryFolder elsewhere;
  Attempt attempt;
  attempt.prepare = [&](const Host&, const fs::path& state) {
    fs::remove_all(state / "accounts");
    fs::create_directory_symlink(elsewhere.path(), state / "accounts");
  };
  attempt.ends_with({"storage", 2, "/state/accounts", "remove it"});
  EXPECT_TRUE(fs::is_empty(elsewhere.path()));
}

// ---- What a record says.

fs::path only_file(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) return entry.path();
  return folder / "record.json";
}

void halve(const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }

TEST_F(BadInput, CF59_ADamagedAccountIsNotNoAccount) {
  const std::function<void(const fs::path&)> ways[] = {
      halve,
      [](const fs::path& file) { fs::resize_file(file, 0); },
      [](const fs::path& file) { put(file, std::string(100'000, '[')); },
      [](const fs::path& file) {
        std::string text = text_of(file);
        text[text.find("PRIVATE")] = 'Q';
        put(file, text);
      },
      [](const fs::path& file) { put(file, std::string(3u << 20, ' ')); },
  };
  for (const auto& damage : ways) {
    Attempt attempt;
    attempt.prepare = [&](const Host&, const fs::path& state) { damage(only_file(state / "accounts")); };
    attempt.ends_with({"storage", 2, "/state/accounts/"});
    EXPECT_EQ(ca().requests(At::new_account), 0) << "another account was made";
  }
}

TEST_F(BadInput, CF59_ADamagedOrder) {
  Attempt attempt;
  attempt.prepare = [](const Host& host, const fs::path& state) {
    put(state / "orders" / (host.name + ".json"), R"({"version":1,"sha256":"00","record":{"phase":)");
  };
  attempt.ends_with({"storage", 2, "/state/orders/", "restore it"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF59_WhatWasKnownOfItsCaIsDamaged) {
  Attempt attempt = attempt_with({"renew", "--force", "NAME", "--state", "STATE", "--http-listen", "LISTEN"});
  attempt.prepare = [](const Host&, const fs::path& state) { halve(only_file(state / "cas")); };
  attempt.ends_with({"storage", 2, "/state/cas/", "restore it"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF59_TheLiveSetIsDamaged) {
  for (const char* file : {"meta.json", "privkey.pem", "fullchain.pem"}) {
    Attempt attempt = attempt_with({"show", "NAME", "--state", "STATE"});
    attempt.prepare = [&](const Host& host, const fs::path& state) {
      halve(state / "certificates" / host.name / "live" / file);
    };
    attempt.ends_with({"storage", 2, "/state/certificates/", "crest obtain"});
  }
}

TEST_F(BadInput, CF59_AFormatOfTheFuture) {
  const auto envelope = [](const encoding::Json& record, int version) {
    encoding::Json json = encoding::Json::object();
    json.set("version", version).set("sha256", encoding::hex(crypto::sha256(record.dump()))).set("record", record);
    return json.dump() + "\n";
  };
  Attempt attempt;
  attempt.prepare = [&](const Host&, const fs::path& state) {
    put(state / "format", envelope(encoding::Json::object().set("layout", 99), 1));
  };
  attempt.ends_with({"storage", 2, "/state/format", "newer Crest"});
  attempt.prepare = [&](const Host&, const fs::path& state) {
    put(only_file(state / "accounts"), envelope(encoding::Json::object(), 99));
  };
  attempt.ends_with({"storage", 2, "/state/accounts/", "newer Crest"});
  attempt.prepare = [&](const Host&, const fs::path& state) { halve(state / "format"); };
  attempt.ends_with({"storage", 2, "/state/format", "delete that one file"});
  EXPECT_EQ(ca().requests(), 0);
}

}  // namespace
}  // namespace crest::testing

int main(int count, char** words) { return crest::testing::run_in_sandbox(count, words); }
