// A ConnectionRegistry knows every connection of a listener that lives: for limits, deadlines and the end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>

#include "core/time.hpp"

namespace crest::adapters {

std::int64_t steady_ms();

// What others may know and do about a connection while its own thread is at work.
class ConnectionWatch {
 public:
  explicit ConnectionWatch(int socket) : socket_(socket) {}
  void set_deadline(Duration from_now) { deadline_.store(steady_ms() + from_now.count(), std::memory_order_relaxed); }
  void clear_deadline() { deadline_.store(INT64_MAX, std::memory_order_relaxed); }
  void set_idle(bool idle) { idle_.store(idle, std::memory_order_relaxed); }
  bool idle() const { return idle_.load(std::memory_order_relaxed); }  // nothing of a request has come yet
  bool overdue(std::int64_t now) const { return now > deadline_.load(std::memory_order_relaxed); }
  void shut() const;  // whoever waits for the socket wakes up and finds it closed

 private:
  int socket_;
  std::atomic<std::int64_t> deadline_{INT64_MAX};
  std::atomic<bool> idle_{true};
};

// Thread-safe; nothing here blocks but wait_until_empty().
class ConnectionRegistry {
 public:
  ConnectionRegistry(std::size_t connections_max, std::size_t per_key_max)
      : connections_max_(connections_max), per_key_max_(per_key_max) {}

  // While it lives, the watch is in the registry.
  class Entry {
   public:
    // `key`: whose connections count together.
    Entry(ConnectionRegistry& registry, ConnectionWatch& watch, std::string key);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    ConnectionRegistry& registry_;
    std::string key_;
    std::list<ConnectionWatch*>::iterator place_;
  };

  bool has_room(const std::string& key);
  bool shut_overdue(std::int64_t now);  // whether any connection is left
  void shut_idle();
  void shut_all();
  bool wait_until_empty(Duration at_most);

 private:
  const std::size_t connections_max_, per_key_max_;
  std::mutex mutex_;
  std::condition_variable emptied_;
  std::list<ConnectionWatch*> watches_;
  std::map<std::string, std::size_t> by_key_;
};

}  // namespace crest::adapters
