#include "adapters/pkcs11_signer.hpp"

#include <atomic>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/pkcs11_module.hpp"
#include "adapters/temporary_folder.hpp"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace crest::adapters {
namespace {

// SoftHSM 2.6.1 itself loses the parameters of an Ed25519 key.
struct LeaksAllowed {
#ifdef __SANITIZE_ADDRESS__
  LeaksAllowed() { __lsan_disable(); }
  ~LeaksAllowed() { __lsan_enable(); }
#else
  LeaksAllowed() {}
#endif
};

constexpr const char* softhsm = "/usr/lib/softhsm/libsofthsm2.so";

int run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(126);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// A SoftHSM with the tokens "ca" and "other"; the PIN is 1234.
class Pkcs11Test : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    const std::string file = *folder_ / "softhsm.conf";
    std::ofstream(file) << "directories.tokendir = " << folder_->path() << "\nobjectstore.backend = file\n";
    ::setenv("SOFTHSM2_CONF", file.c_str(), 1);
    for (const char* label : {"ca", "other"}) {
      ASSERT_EQ(run({"softhsm2-util", "--init-token", "--free", "--label", label, "--pin", "1234", "--so-pin", "5678"}),
                0)
          << "SoftHSM is needed: the package softhsm2";
    }
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static Pkcs11Options options(const std::string& uri, const char* pin = "1234") {
    return {.module = softhsm, .uri = uri, .pin = Secret(pin)};
  }
  static Error refused(Pkcs11Options wanted) {
    const auto signer = open_pkcs11_signer(std::move(wanted));
    return signer ? make_error(ErrorKind::internal, "it was opened") : signer.error();
  }

  static std::unique_ptr<TemporaryFolder> folder_;
};
std::unique_ptr<TemporaryFolder> Pkcs11Test::folder_;

TEST_F(Pkcs11Test, EveryTypeOfKeySigns) {
  for (const auto type : {crypto::KeyType::ec_p256, crypto::KeyType::ec_p384, crypto::KeyType::ec_p521,
                          crypto::KeyType::rsa_2048, crypto::KeyType::ed25519}) {
    const std::string uri = "pkcs11:token=ca;object=" + std::string(crypto::to_string(type));
    std::optional<LeaksAllowed> allowed;
    if (type == crypto::KeyType::ed25519) allowed.emplace();
    const auto made = generate_pkcs11_key(options(uri), type);
    ASSERT_TRUE(made) << uri << " " << made.error().describe();
    EXPECT_EQ(made->type(), type);
    const auto signer = open_pkcs11_signer(options(uri));
    ASSERT_TRUE(signer) << signer.error().describe();
    EXPECT_EQ((*signer)->public_key(), *made);
    for (const std::string& message : {std::string("to be signed"), std::string(100'000, 'x')}) {
      const auto signature = (*signer)->sign(as_bytes(message));
      ASSERT_TRUE(signature) << signature.error().describe();
      EXPECT_TRUE(made->verify(as_bytes(message), *signature)) << uri;
      EXPECT_FALSE(made->verify(as_bytes("another"), *signature)) << uri;
    }
    EXPECT_EQ(generate_pkcs11_key(options(uri), type).error().kind, ErrorKind::config);  // there is one already
  }
}

TEST_F(Pkcs11Test, SF85_SaysWhatAnOperatorHasToChange) {
  const std::string uri = "pkcs11:token=other;object=inter";
  ASSERT_TRUE(generate_pkcs11_key(options(uri), crypto::KeyType::ec_p256));
  struct Row {
    Pkcs11Options options;
    const char* said;
  };
  Pkcs11Options no_module = options(uri);
  no_module.module = "/nonexistent/token.so";
  const Row rows[] = {
      {options(uri, "4321"), "give the right PIN"},
      {options("pkcs11:token=absent;object=inter"), "there are: "},
      {options("pkcs11:object=inter"), "several tokens fit"},
      {options("pkcs11:token=other;object=absent"), "no such private key"},
      {options("pkcs11:token=other"), "add object=LABEL"},
      {options("token=other"), "no PKCS#11 URI"},
      {options("pkcs11:token=other;object=inter?pin-value=1234"), "take pin-value out"},
      {no_module, "path of the token's library"},
  };
  for (const Row& row : rows) {
    const Error error = refused(row.options);
    EXPECT_EQ(error.kind, ErrorKind::config) << error.describe();
    EXPECT_NE(error.describe().find(row.said), std::string::npos) << error.describe();
    EXPECT_EQ(error.describe().find("4321"), std::string::npos);
  }
}

// What a token that is restarted does to everybody who had a session with it.
void end_all_sessions() {
  void* library = ::dlopen(softhsm, RTLD_NOW);
  ASSERT_NE(library, nullptr);
  const auto get_functions = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  ASSERT_NE(get_functions, nullptr);
  CK_FUNCTION_LIST* functions = nullptr;
  ASSERT_EQ(get_functions(&functions), CKR_OK);
  CK_SLOT_ID slots[8];
  CK_ULONG count = 8;
  ASSERT_EQ(functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
  for (CK_ULONG i = 0; i < count; ++i) EXPECT_EQ(functions->C_CloseAllSessions(slots[i]), CKR_OK);
  ::dlclose(library);
}

TEST_F(Pkcs11Test, SF86_ATokenThatForgotItsSessionsIsLoggedIntoAgain) {
  const std::string uri = "pkcs11:token=ca;object=forgetful";
  ASSERT_TRUE(generate_pkcs11_key(options(uri), crypto::KeyType::ec_p256));
  const auto signer = open_pkcs11_signer(options(uri)).value();
  for (int round = 0; round < 3; ++round) {
    const auto signature = signer->sign(as_bytes("message"));
    ASSERT_TRUE(signature) << signature.error().describe();
    EXPECT_TRUE(signer->public_key().verify(as_bytes("message"), *signature));
    end_all_sessions();
  }
}

TEST_F(Pkcs11Test, SF86_ManyThreadsShareAFewSessions) {
  const std::string uri = "pkcs11:token=other;object=shared";
  ASSERT_TRUE(generate_pkcs11_key(options(uri), crypto::KeyType::ec_p256));
  Pkcs11Options few = options(uri);
  few.sessions_max = 2;
  const auto signer = open_pkcs11_signer(few).value();
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 10; ++k) {
          const auto signature = signer->sign(as_bytes("message"));
          if (signature && signer->public_key().verify(as_bytes("message"), *signature)) ++good;
        }
      });
    }
  }
  EXPECT_EQ(good, 80);
}

}  // namespace
}  // namespace crest::adapters
